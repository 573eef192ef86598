/**
 * The resolved configuration: what the library uses. {@link Auth0McpOptions} is what people write.
 *
 * Resolved once in `auth0Mcp()` or `auth0McpResource()`, deeply frozen, nothing optional. Never logged.
 *
 * @module
 */
import type { JWK } from 'jose';

import type { Brand } from '../pages/brand.js';
import type { Catalogue } from '../pages/texts/catalogue.js';
import type { Storage } from '../storage/storage.js';
import type { EventListener } from './events.js';
import type { Logger } from './logger.js';

/** How we prove who we are at Auth0's token endpoint. */
export type Auth0ClientAuthentication =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_post' | 'client_secret_basic'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly key: JWK };

/** The tenant, and the API there that its tokens are for. */
export interface TenantConfig {
  readonly discoveryUrl: URL;
  /** The issuer that discovery has to name: scheme and host of `discoveryUrl`, with Auth0's slash. */
  readonly expectedIssuer: string;
  readonly audience: string;
  readonly timeoutMs: number;
}

/** The tenant and our application there. */
export interface Auth0Config extends TenantConfig {
  readonly clientId: string;
  readonly authentication: Auth0ClientAuthentication;
  /** Extra `/authorize` parameters, already checked against the ones we own. */
  readonly authorizeParams: Readonly<Record<string, string>>;
}

/** What the guard asks of tokens, and clients of a first login. */
export interface GuardScopes {
  /** Every token has them. */
  readonly required: readonly string[];
  /** `required` plus those a first login asks for; a token may lack the latter. */
  readonly initial: readonly string[];
  /** Tool name → scopes that `tools/call` of it needs. */
  readonly byTool: ReadonlyMap<string, readonly string[]>;
  /** Scope → scopes it includes, closed transitively. */
  readonly implied: ReadonlyMap<string, readonly string[]>;
}

/** Who may be asked for what. */
export interface ScopeConfig extends GuardScopes {
  /** `initial` plus those a client may ask for. Never holds `offline_access`. */
  readonly supported: readonly string[];
  /** Scope → what it allows, in words for the consent page. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** A client that registered by hand. */
export interface PreRegisteredClient {
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly redirectUris: readonly string[];
  readonly name: string;
}

/** All in seconds. */
export interface Lifetimes {
  readonly accessTokenSeconds: number;
  readonly refreshTokenIdleSeconds: number;
  readonly refreshTokenSeconds: number;
  /** How long a replaced refresh token still gets the same successor. */
  readonly refreshGraceSeconds: number;
}

/** JSON-RPC methods and tools callable without a token. */
export interface AnonymousAccess {
  readonly methods: ReadonlySet<string>;
  readonly tools: ReadonlySet<string>;
}

/** What a protected resource needs, whoever its authorization server is. */
export interface ResourceConfig {
  readonly auth0: TenantConfig;
  /** Public URL of the mount, no trailing slash: `https://host` or `https://host/api`. */
  readonly baseUrl: string;
  /** Path of `baseUrl`: `''` or `/api`. */
  readonly basePath: string;
  /** What a proxy cuts off the start of `basePath`, always; `''` for nothing. */
  readonly strippedPrefix: string;
  /** The protected resource, `resourceBaseUrl` + `resourcePath`: RFC 9728 `resource`. */
  readonly resource: string;
  /** Path of the guarded endpoint on its origin, prefix included: `/api/mcp`. */
  readonly resourcePath: string;
  /** False only for plain http on a loopback host: then cookies go without `Secure` and `__Host-`. */
  readonly isHttps: boolean;
  readonly scopes: GuardScopes;
  readonly anonymous: AnonymousAccess | undefined;
  /** Web origins that may call the guarded endpoint besides our own and this machine's; or any. */
  readonly allowedOrigins: readonly string[] | 'any';
  /** Largest JSON-RPC message that the guard reads. */
  readonly maxMessageBytes: number;
  readonly logger: Logger;
  readonly onEvent: EventListener;
}

/** All of it: protected resource and authorization server. */
export interface Config extends ResourceConfig {
  readonly auth0: Auth0Config;
  /** Our issuer: one string, used byte-identically everywhere (RFC 8414 §3.3, RFC 9207). */
  readonly issuer: string;
  /** What to register at Auth0 under "Allowed Callback URLs". */
  readonly callbackUrl: string;
  readonly scopes: ScopeConfig;
  readonly consent: 'always' | 'remember' | 'external';
  /** Patterns a redirect URI has to match besides being registered; undefined: any valid one. */
  readonly allowedClientRedirectUris: readonly string[] | undefined;
  readonly clientRegistration: boolean;
  readonly clientIdMetadataDocuments: boolean;
  /** Hosts whose documents are taken, `*.name` for all below one; undefined: any public one. */
  readonly allowedClientMetadataHosts: readonly string[] | undefined;
  readonly clients: readonly PreRegisteredClient[];
  /** How the pages look. */
  readonly brand: Brand;
  /** What the pages say, in every language at hand. */
  readonly catalogue: Catalogue;
  readonly lifetimes: Lifetimes;
  /** First signs, all verify; empty: ask the storage for its own secret. */
  readonly jwtSigningKeys: readonly Uint8Array[];
  /** First seals, all open; empty: derive from the signing keys. */
  readonly storageEncryptionKeys: readonly Uint8Array[];
  readonly storage: Storage;
}
