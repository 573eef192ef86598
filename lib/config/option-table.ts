/** Every option with its names in the environment. The compiler requires an entry for each option. */
import type { Auth0McpOptions } from './options.js';

/** Name of an option. */
export type OptionName = keyof Auth0McpOptions;

/** Unchecked values by option. */
export type RawOptions = Readonly<Partial<Record<OptionName, unknown>>>;

/** How the value is written in the environment. */
type EnvironmentForm = 'text' | 'list' | 'number' | 'switch';

interface OptionEntry {
  /** Name in the environment after the prefix. Undefined: settable in code only. */
  readonly suffix?: string;
  readonly form?: EnvironmentForm;
  /** For an option that is an object: field → name in the environment after the prefix. */
  readonly fields?: Readonly<Record<string, string>>;
  /** FastMCP's Auth0Provider has the same suffix after its own prefix. */
  readonly inFastMcp?: true;
  /** The value must never be shown. */
  readonly isSecret?: true;
}

export const PREFIX = 'AUTH0_MCP_';
/** Prefix of FastMCP's Auth0Provider. */
export const FASTMCP_PREFIX = 'FASTMCP_SERVER_AUTH_AUTH0_';

/** In documentation order. */
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
  scopeAuthentication: {},
  jwtSigningKey: { suffix: 'JWT_SIGNING_KEY', form: 'list', inFastMcp: true, isSecret: true },
  storage: { suffix: 'REDIS_URL', form: 'text', isSecret: true },
  storageEncryptionKey: { suffix: 'STORAGE_ENCRYPTION_KEY', form: 'list', isSecret: true },
  consent: { suffix: 'CONSENT', form: 'text' },
  offerToolScopes: { suffix: 'OFFER_TOOL_SCOPES', form: 'switch' },
  allowedClientRedirectUris: {
    suffix: 'ALLOWED_CLIENT_REDIRECT_URIS',
    form: 'list',
    inFastMcp: true,
  },
  clientRegistration: { suffix: 'CLIENT_REGISTRATION', form: 'switch' },
  clientIdMetadataDocuments: { suffix: 'CLIENT_ID_METADATA_DOCUMENTS', form: 'switch' },
  allowedClientMetadataHosts: { suffix: 'ALLOWED_CLIENT_METADATA_HOSTS', form: 'list' },
  clients: {},
  enterprise: {},
  anonymous: {},
  allowedOrigins: { suffix: 'ALLOWED_ORIGINS', form: 'list' },
  maxMessageBytes: { suffix: 'MAX_MESSAGE_BYTES', form: 'number' },
  upstreamTimeoutSeconds: { suffix: 'UPSTREAM_TIMEOUT_SECONDS', form: 'number' },
  authorizeParams: {},
  connections: {},
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

/** All options, in documentation order. */
export const OPTION_NAMES: readonly OptionName[] = Object.keys(OPTION_TABLE).filter(isOptionName);

export function isOptionName(name: string): name is OptionName {
  return Object.hasOwn(OPTION_TABLE, name);
}

/** Environment names of an option, in order of precedence; none for code-only options. */
export function environmentNames(option: OptionName): readonly string[] {
  const { suffix, inFastMcp, fields = {} } = OPTION_TABLE[option];
  if (suffix === undefined) return Object.values(fields).map((field) => PREFIX + field);
  return inFastMcp ? [PREFIX + suffix, FASTMCP_PREFIX + suffix] : [PREFIX + suffix];
}

/** Environment name of one field of an option that is an object; undefined if it has none. */
export function environmentNameOfField(option: OptionName, field: string): string | undefined {
  const { fields = {} } = OPTION_TABLE[option];
  return Object.hasOwn(fields, field) ? `${PREFIX}${fields[field]}` : undefined;
}
