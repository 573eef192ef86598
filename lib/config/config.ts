/**
 * The resolved configuration: options with defaults, checked and parsed. Deeply frozen, nothing optional, never
 * logged.
 */
import type { JWK } from 'jose';

import type { GrantType } from '../oauth/token-request.js';
import type { ScopeAuthentications } from '../oauth/user-authentication.js';
import type { Brand } from '../pages/brand.js';
import type { Catalogue } from '../pages/texts/catalogue.js';
import type { Storage } from '../storage/storage.js';
import type { EventListener } from './events.js';
import type { Logger } from './logger.js';
import type { EnterpriseOptions } from './options.js';

/** Client authentication at Auth0's token endpoint. */
export type Auth0ClientAuthentication =
  | { readonly method: 'none' }
  | { readonly method: 'client_secret_post' | 'client_secret_basic'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly key: JWK };

/** The tenant, and the API that tokens are for. */
export interface TenantConfig {
  readonly discoveryUrl: URL;
  /** The issuer that the discovery document must have: origin of `discoveryUrl`, with a trailing slash. */
  readonly expectedIssuer: string;
  readonly audience: string;
  readonly timeoutMs: number;
}

/** The tenant and our application there. */
export interface ApplicationConfig extends TenantConfig {
  readonly clientId: string;
  readonly authentication: Auth0ClientAuthentication;
}

/** The tenant as the authorization server of clients. */
export interface AuthorizationServerConfig extends TenantConfig {
  /** The application that exchanges tokens of clients for those of other APIs. */
  readonly application: Pick<ApplicationConfig, 'clientId' | 'authentication'> | undefined;
}

/** The application as a login needs it. */
export interface Auth0Config extends ApplicationConfig {
  /** Additional `/authorize` parameters. */
  readonly authorizeParams: Readonly<Record<string, string>>;
}

/** Scopes that the guard requires, and that a first login requests. */
export interface GuardScopes {
  /** Every token has to have them. */
  readonly required: readonly string[];
  /** Those of a token without a user. */
  readonly requiredWithoutUser: readonly string[];
  /** `required` plus those that a first login requests; a token may lack the latter. */
  readonly initial: readonly string[];
  /** Tool name → scopes that a call of it needs. */
  readonly byTool: ReadonlyMap<string, readonly string[]>;
  /** Scope → scopes that it includes, transitively. */
  readonly implied: ReadonlyMap<string, readonly string[]>;
  /** How a user has to be authenticated for a scope. */
  readonly authentication: ScopeAuthentications;
}

export interface ScopeConfig extends GuardScopes {
  /** `initial` plus those that a client may request. Never `offline_access`. */
  readonly supported: readonly string[];
  /** Scope → description for the consent page. */
  readonly descriptions: ReadonlyMap<string, string>;
}

/** Grants that a client in `clients` can be given. */
export type ClientGrant = 'authorization_code' | 'client_credentials';

export interface PreRegisteredClient {
  readonly clientId: string;
  readonly name: string;
  /** Empty for a client of `enterprise` alone. */
  readonly grants: readonly ClientGrant[];
  /** Empty without the authorization code grant. */
  readonly redirectUris: readonly string[];
  /** Of tokens by client credentials; undefined for all that Auth0 grants the application. */
  readonly scopes: readonly string[] | undefined;
  /** At most one of the following four; none for a public client. */
  readonly clientSecret: string | undefined;
  /** A JWK Set, not checked. */
  readonly jwks: unknown;
  readonly jwksUri: string | undefined;
  /** Id and secret are those of an application of the tenant, and are checked there. */
  readonly isAuth0Application: boolean;
}

/** An identity provider whose assertions are accepted. */
export interface EnterpriseIssuer {
  readonly issuer: string;
  /** Client ids. */
  readonly clients: readonly string[];
  readonly subject: EnterpriseOptions['subject'];
  /** Undefined: every supported one. */
  readonly scopes: readonly string[] | undefined;
  /** Undefined: as in its discovery document. */
  readonly jwksUri: string | undefined;
}

/** A connection of which users can connect accounts. */
export interface ConnectionConfig {
  /** For users. */
  readonly name: string;
  /** None for those of the connection at Auth0. */
  readonly scopes: readonly string[];
}

/** All in seconds. */
export interface Lifetimes {
  readonly accessTokenSeconds: number;
  readonly refreshTokenIdleSeconds: number;
  readonly refreshTokenSeconds: number;
  /** Time in which a replaced refresh token still gets the same successor. */
  readonly refreshGraceSeconds: number;
}

/** JSON-RPC methods and tools callable without a token. */
export interface AnonymousAccess {
  readonly methods: ReadonlySet<string>;
  readonly tools: ReadonlySet<string>;
}

/** A proxy that tunnels outbound connections. */
export interface ForwardProxy {
  /** The variable that names it. */
  readonly variable: string;
  /** Scheme, host and port, without credentials. */
  readonly url: string;
  /** Secret: the `Proxy-Authorization` header. */
  readonly authorization: string | undefined;
}

/** A host, and all below it, that is reached directly; `*` for every host. */
export interface ProxyException {
  readonly host: string;
  /** Undefined: any port. */
  readonly port: string | undefined;
}

/** Proxies for outbound requests to Auth0 and for client metadata documents, from the environment. */
export interface OutboundProxies {
  /** For `https` URLs. */
  readonly https: ForwardProxy | undefined;
  /** For `http` URLs. */
  readonly http: ForwardProxy | undefined;
  /** From `NO_PROXY`. */
  readonly exceptions: readonly ProxyException[];
  /** A variable that names a proxy although the process uses none. */
  readonly unusedVariable: string | undefined;
}

/** Configuration of a protected resource, with any authorization server. */
export interface ResourceConfig {
  readonly auth0: TenantConfig;
  readonly outboundProxies: OutboundProxies;
  /** Public URL of the mount, no trailing slash: `https://host` or `https://host/api`. */
  readonly baseUrl: string;
  /** Path of `baseUrl`: `''` or `/api`. */
  readonly basePath: string;
  /** Prefix of `basePath` that a proxy always strips; `''` for none. */
  readonly strippedPrefix: string;
  /** The protected resource, `resourceBaseUrl` + `resourcePath`: RFC 9728 `resource`. */
  readonly resource: string;
  /** Path of the guarded endpoint on its origin, prefix included: `/api/mcp`. */
  readonly resourcePath: string;
  /** False only for plain http on a loopback host: then cookies have no `Secure` and no `__Host-`. */
  readonly isHttps: boolean;
  readonly scopes: GuardScopes;
  readonly anonymous: AnonymousAccess | undefined;
  /** Web origins that may call the guarded endpoint, in addition to our own and those of the user's machine. */
  readonly allowedOrigins: readonly string[] | 'any';
  /** Largest JSON-RPC message that the guard reads. */
  readonly maxMessageBytes: number;
  readonly logger: Logger;
  readonly onEvent: EventListener | undefined;
}

/** Configuration of a protected resource of Auth0. */
export interface ResourceServerConfig extends ResourceConfig {
  readonly auth0: AuthorizationServerConfig;
}

/** Configuration of a protected resource with its own authorization server. */
export interface Config extends ResourceConfig {
  readonly auth0: Auth0Config;
  /** Clients compare it byte by byte (RFC 8414 §3.3, RFC 9207 §2.4). */
  readonly issuer: string;
  /** To be registered at Auth0 in "Allowed Callback URLs". */
  readonly callbackUrl: string;
  readonly scopes: ScopeConfig;
  readonly consent: 'always' | 'remember' | 'external';
  /** Whether the consent page offers scopes of tools that the client did not request. */
  readonly offerToolScopes: boolean;
  /** Patterns that a registered redirect URI has to match; undefined: any valid one. */
  readonly allowedClientRedirectUris: readonly string[] | undefined;
  readonly clientRegistration: boolean;
  readonly clientIdMetadataDocuments: boolean;
  /** Hosts whose documents are accepted, `*.name` for all below one; undefined: any public one. */
  readonly allowedClientMetadataHosts: readonly string[] | undefined;
  readonly clients: readonly PreRegisteredClient[];
  /** Grant types at the token endpoint. */
  readonly grantTypes: readonly GrantType[];
  readonly enterprise: readonly EnterpriseIssuer[];
  /** By the name of the connection; empty: users connect no accounts. */
  readonly connections: ReadonlyMap<string, ConnectionConfig>;
  readonly brand: Brand;
  /** Texts of the pages, by language. */
  readonly catalogue: Catalogue;
  readonly lifetimes: Lifetimes;
  /** The first signs, all verify; empty: the storage has a secret. */
  readonly jwtSigningKeys: readonly Uint8Array[];
  /** The first seals, all open; empty: derived from the signing keys. */
  readonly storageEncryptionKeys: readonly Uint8Array[];
  readonly storage: Storage;
}
