/**
 * Every option by name: what it is called in the environment and how its text is read there.
 *
 * The compiler keeps this table complete against `Auth0McpOptions`; `env.ts` and `errors.ts` read it.
 *
 * @module
 */
import type { Auth0McpOptions } from './options.js';
import type { Auth0McpResourceOptions } from './resource-options.js';

/** Name of an option. */
export type OptionName = keyof Auth0McpOptions;

/** Values by option as they were found, not yet checked. */
export type RawOptions = Readonly<Partial<Record<OptionName, unknown>>>;

/** How the environment writes a value. */
export type EnvironmentForm = 'text' | 'list' | 'number' | 'switch';

/** What the environment knows of one option. */
export interface OptionEntry {
  /** Follows the prefix in the environment. Undefined: settable in code only. */
  readonly suffix?: string;
  readonly form?: EnvironmentForm;
  /** For an option that is an object: its fields that the environment can set, each by a suffix. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Whether FastMCP's Auth0Provider reads the same suffix under its own prefix. */
  readonly inFastMcp?: true;
  /** Whether the value must never be shown. */
  readonly isSecret?: true;
}

/** Prefix of our own environment names. */
export const PREFIX = 'AUTH0_MCP_';
/** Prefix of the names that FastMCP's Auth0Provider reads. */
export const FASTMCP_PREFIX = 'FASTMCP_SERVER_AUTH_AUTH0_';

/** All options, in the order of their documentation. */
export const OPTION_TABLE: Readonly<Record<OptionName, OptionEntry>> = {
  configUrl: { suffix: 'CONFIG_URL', form: 'text', inFastMcp: true },
  domain: { suffix: 'DOMAIN', form: 'text' },
  clientId: { suffix: 'CLIENT_ID', form: 'text', inFastMcp: true },
  clientSecret: { suffix: 'CLIENT_SECRET', form: 'text', inFastMcp: true, isSecret: true },
  tokenEndpointAuthMethod: { suffix: 'TOKEN_ENDPOINT_AUTH_METHOD', form: 'text' },
  auth0PrivateKey: { suffix: 'AUTH0_PRIVATE_KEY', form: 'text', isSecret: true },
  audience: { suffix: 'AUDIENCE', form: 'text', inFastMcp: true },
  baseUrl: { suffix: 'BASE_URL', form: 'text', inFastMcp: true },
  issuerUrl: { suffix: 'ISSUER_URL', form: 'text', inFastMcp: true },
  resourcePath: { suffix: 'RESOURCE_PATH', form: 'text' },
  resourceBaseUrl: { suffix: 'RESOURCE_BASE_URL', form: 'text' },
  redirectPath: { suffix: 'REDIRECT_PATH', form: 'text', inFastMcp: true },
  strippedPrefix: { suffix: 'STRIPPED_PREFIX', form: 'text' },
  requiredScopes: { suffix: 'REQUIRED_SCOPES', form: 'list', inFastMcp: true },
  defaultScopes: { suffix: 'DEFAULT_SCOPES', form: 'list' },
  scopesSupported: { suffix: 'SCOPES_SUPPORTED', form: 'list' },
  toolScopes: {},
  impliedScopes: {},
  scopeDescriptions: {},
  jwtSigningKey: { suffix: 'JWT_SIGNING_KEY', form: 'list', inFastMcp: true, isSecret: true },
  storage: { suffix: 'REDIS_URL', form: 'text', isSecret: true },
  storageEncryptionKey: { suffix: 'STORAGE_ENCRYPTION_KEY', form: 'list', isSecret: true },
  consent: { suffix: 'CONSENT', form: 'text' },
  allowedClientRedirectUris: {
    suffix: 'ALLOWED_CLIENT_REDIRECT_URIS',
    form: 'list',
    inFastMcp: true,
  },
  clientRegistration: { suffix: 'CLIENT_REGISTRATION', form: 'switch' },
  clientIdMetadataDocuments: { suffix: 'CLIENT_ID_METADATA_DOCUMENTS', form: 'switch' },
  allowedClientMetadataHosts: { suffix: 'ALLOWED_CLIENT_METADATA_HOSTS', form: 'list' },
  clients: {},
  anonymous: {},
  allowedOrigins: { suffix: 'ALLOWED_ORIGINS', form: 'list' },
  maxMessageBytes: { suffix: 'MAX_MESSAGE_BYTES', form: 'number' },
  upstreamTimeoutSeconds: { suffix: 'UPSTREAM_TIMEOUT_SECONDS', form: 'number' },
  authorizeParams: {},
  branding: {
    fields: {
      name: 'BRANDING_NAME',
      logo: 'BRANDING_LOGO',
      accentColor: 'BRANDING_ACCENT_COLOR',
      policyUrl: 'BRANDING_POLICY_URL',
      termsUrl: 'BRANDING_TERMS_URL',
    },
  },
  texts: {},
  accessTokenTtlSeconds: { suffix: 'ACCESS_TOKEN_TTL_SECONDS', form: 'number' },
  refreshTokenIdleTtlSeconds: { suffix: 'REFRESH_TOKEN_IDLE_TTL_SECONDS', form: 'number' },
  refreshTokenTtlSeconds: { suffix: 'REFRESH_TOKEN_TTL_SECONDS', form: 'number' },
  refreshTokenGraceSeconds: { suffix: 'REFRESH_TOKEN_GRACE_SECONDS', form: 'number' },
  logger: {},
  onEvent: {},
};

/** Every option name, in documentation order. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(OPTION_TABLE).filter(isOptionName);

/** Which of them `auth0McpResource()` takes; the compiler keeps it complete. */
const OF_RESOURCE: Readonly<Record<keyof Auth0McpResourceOptions, true>> = {
  configUrl: true,
  domain: true,
  audience: true,
  baseUrl: true,
  resourcePath: true,
  resourceBaseUrl: true,
  strippedPrefix: true,
  requiredScopes: true,
  defaultScopes: true,
  toolScopes: true,
  impliedScopes: true,
  anonymous: true,
  allowedOrigins: true,
  maxMessageBytes: true,
  upstreamTimeoutSeconds: true,
  logger: true,
  onEvent: true,
};

/** The options of `auth0McpResource()`, in documentation order. */
export const RESOURCE_OPTION_NAMES: readonly OptionName[] = OPTION_NAMES.filter((name) =>
  Object.hasOwn(OF_RESOURCE, name),
);

/** Whether a word is the name of an option. */
export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTION_TABLE, name);
}

/** Environment names of an option, the one that wins first; none for code-only options. */
export function environmentNames(option: OptionName): readonly string[] {
  const { suffix, inFastMcp, fields = {} } = OPTION_TABLE[option];
  if (suffix === undefined) return Object.values(fields).map((field) => PREFIX + field);
  return inFastMcp ? [PREFIX + suffix, FASTMCP_PREFIX + suffix] : [PREFIX + suffix];
}

/** Environment name of one field of an option that is an object, where it has one. */
export function environmentNameOfField(option: OptionName, field: string): string | undefined {
  const { fields = {} } = OPTION_TABLE[option];
  return Object.hasOwn(fields, field) ? `${PREFIX}${fields[field]}` : undefined;
}
