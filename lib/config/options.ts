/**
 * The options of `auth0Mcp()`, as a user writes them.
 *
 * A value in code wins over the environment, option by option; `undefined` counts as absent. Lists in the
 * environment are separated by commas or spaces, or are a JSON array; switches are `true`, `on`, `yes`, `1` or
 * `false`, `off`, `no`, `0`.
 *
 * To add an option: write it here, give it a row in `option-table.ts` (a secret has `isSecret` there) and a field
 * in `config.ts`, resolve it in the file of its subject in `rules/`, which `resolve.ts` calls, and give it a row in
 * `spec/config/options.spec.ts`; for `auth0McpResource()` name it in `resource-options.ts` too. `npm run docs` writes
 * its first sentence, default and environment names into docs/configuration.md.
 */
import type { JsonWebKeyInput } from 'node:crypto';

import type { JWK } from 'jose';

import type { TextOverrides } from '../pages/texts/catalogue.js';
import type { Storage } from '../storage/storage.js';
import type { EventListener } from './events.js';
import type { Logger } from './logger.js';

/** A pre-registered client. */
export interface PreRegisteredClientOptions {
  /**
   * The `client_id` that the client sends. Not a URL, which is the id of a client with a metadata document;
   * with a secret, no `:` and `%` in it; with the grant `client_credentials`, no `|`, which user ids have.
   */
  readonly clientId: string;
  /** Shown to users on the consent page. */
  readonly name: string;
  /**
   * `authorization_code` for logins of users, `client_credentials` for a client that acts without a user, or both.
   * The latter needs `scopes`, and one of `clientSecret`, `jwks`, `jwksUri` and `auth0Application`. An empty list for a
   * client of `enterprise` alone. Default: `['authorization_code']`.
   */
  readonly grants?: readonly ('authorization_code' | 'client_credentials')[] | undefined;
  /**
   * For `authorization_code`, at least one: `https`, a loopback address (any port matches), or an app's own scheme.
   */
  readonly redirectUris?: readonly string[] | undefined;
  /**
   * For `client_credentials`: the scopes that its tokens may have. Default with `auth0Application`: those that Auth0
   * grants the application.
   */
  readonly scopes?: readonly string[] | undefined;
  /**
   * At least 32 characters, without space and `%`, which are ambiguous in HTTP Basic.
   * Absent for a public client, which uses PKCE alone.
   */
  readonly clientSecret?: string | undefined;
  /** Public keys (JWK Set) for `private_key_jwt`: RSA, P-256 or Ed25519. */
  readonly jwks?: { readonly keys: readonly JsonWebKeyInput['key'][] } | undefined;
  /** The same at an `https` URL on a public host, from which they are fetched. */
  readonly jwksUri?: string | undefined;
  /**
   * `clientId` is that of a machine-to-machine application of the Auth0 tenant. Its secret is checked at Auth0, at each
   * token request; it has to be authorized there for the API of `audience`.
   */
  readonly auth0Application?: true | undefined;
}

/** How a user has to be authenticated for a scope; at least one of the two. */
export interface ScopeAuthenticationOptions {
  /**
   * An authentication context class, sent as `acr_values`. That of Auth0 for multi-factor authentication:
   * `http://schemas.openid.net/pape/policies/2007/06/multi-factor`.
   */
  readonly acr?: string | undefined;
  /** Seconds since the user authenticated at Auth0, from 60. */
  readonly maxAgeSeconds?: number | undefined;
}

/** Verified claims of an identity assertion (ID-JAG): `email`, `auth_time`, `tenant` … besides those below. */
export interface IdentityAssertionClaims {
  /** The issuer that signed it. */
  readonly iss: string;
  /** The user, as the issuer identifies them: unique at this issuer only. */
  readonly sub: string;
  /** The client it was issued to. */
  readonly client_id: string;
  /** Any other claim. */
  readonly [claim: string]: unknown;
}

/** An identity provider whose assertions are accepted in place of a login. */
export interface EnterpriseOptions {
  /**
   * Its issuer identifier, exactly as in `iss`. `https`, or `http` on localhost. Its keys are those of its discovery
   * document (`/.well-known/openid-configuration`), unless `jwksUri` names them.
   */
  readonly issuer: string;
  /**
   * Ids of the clients that may present its assertions: the URL of a client metadata document, or an id of the option
   * `clients`. At least one.
   */
  readonly clients: readonly string[];
  /**
   * The Auth0 user id (`sub`) of the assertion's user; `undefined` or an error refuses the assertion.
   * `auth0EnterpriseSubject()` makes one for an Auth0 enterprise connection. An administrator of the issuer
   * can become each user that this function returns, so it must return users of this issuer only: an e-mail address
   * alone is no proof. An issuer that serves several tenants names the user's tenant in the claim `tenant`.
   */
  readonly subject: (
    claims: IdentityAssertionClaims,
  ) => string | undefined | Promise<string | undefined>;
  /**
   * The most that a token has, and what it has where the assertion names no scopes. Default: every supported scope
   * that the assertion names; where it names none, those of a first login.
   */
  readonly scopes?: readonly string[] | undefined;
  /** URL of its JWK Set. Default: the `jwks_uri` of its discovery document. */
  readonly jwksUri?: string | undefined;
}

/** A connection of which users can connect accounts. */
export interface ConnectionOptions {
  /** Name of the provider for users, such as `Google`. Default: the name of the connection. */
  readonly name?: string | undefined;
  /** Scopes to request from the provider, 1 to 100. Default: those of the connection in the Auth0 dashboard. */
  readonly scopes?: readonly string[] | undefined;
}

/** Methods and tools that need no token. */
export interface AnonymousOptions {
  /** JSON-RPC methods, such as `initialize` and `tools/list`. Not `tools/call`: name tools instead. */
  readonly methods?: readonly string[] | undefined;
  /** Names of tools. */
  readonly tools?: readonly string[] | undefined;
}

/**
 * Branding of the consent page and the other pages. In the environment each field is a variable, and
 * code wins over it field by field.
 */
export interface BrandingOptions {
  /** Name of the service. Default: the host of the MCP endpoint. */
  readonly name?: string | undefined;
  /**
   * A `data:image/…` URI of at most 64 kB, or a path on this origin such as `/logo.svg`: the pages
   * load nothing from other hosts. Default: the initial of the name.
   */
  readonly logo?: string | undefined;
  /** `#rgb` or `#rrggbb`; darkened or lightened where the contrast is too low. Default: `#2f5fd0`. */
  readonly accentColor?: string | undefined;
  /** Privacy policy: an https URL, or a path on this origin. Default: no link. */
  readonly policyUrl?: string | undefined;
  /** Terms of use: an https URL, or a path on this origin. Default: no link. */
  readonly termsUrl?: string | undefined;
}

/** Options of `auth0Mcp()`. Unknown names throw. */
export interface Auth0McpOptions {
  /**
   * Discovery URL of the Auth0 tenant.
   * `https://TENANT.us.auth0.com/.well-known/openid-configuration`; its host determines the issuer
   * of Auth0's tokens, so with a custom domain give the custom domain. Plain http only
   * for a loopback host.
   *
   * Required, or `domain`. Not both.
   * Environment: `AUTH0_MCP_CONFIG_URL`, `FASTMCP_SERVER_AUTH_AUTH0_CONFIG_URL`.
   */
  readonly configUrl?: string | undefined;

  /**
   * `TENANT.us.auth0.com` or your custom domain; short for `configUrl`. The host name alone,
   * without `https://` and path.
   *
   * Required, or `configUrl`. Not both.
   * Environment: `AUTH0_MCP_DOMAIN`.
   */
  readonly domain?: string | undefined;

  /**
   * Client ID of the Auth0 application. Dashboard: Applications, Settings.
   *
   * Required.
   * Environment: `AUTH0_MCP_CLIENT_ID`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID`.
   */
  readonly clientId?: string | undefined;

  /**
   * Client secret of the Auth0 application; absent if it has none. That is the case if its
   * authentication method is `None` (Single Page and Native applications) or Private Key JWT.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_CLIENT_SECRET`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_SECRET`.
   */
  readonly clientSecret?: string | undefined;

  /**
   * How the application authenticates at Auth0: `client_secret_post`, `client_secret_basic`, `none`
   * or `private_key_jwt`. As set in the dashboard: Application, Credentials. PKCE is used with
   * each.
   *
   * Default: `client_secret_post` with a secret, `private_key_jwt` with a key, else `none`.
   * Environment: `AUTH0_MCP_TOKEN_ENDPOINT_AUTH_METHOD`.
   */
  readonly tokenEndpointAuthMethod?:
    | 'client_secret_post'
    | 'client_secret_basic'
    | 'none'
    | 'private_key_jwt'
    | undefined;

  /**
   * Private key for `private_key_jwt`, as PEM or JWK. Its public key is registered at the Auth0
   * application. In a PEM text line breaks may be written as `\n`; a JWK is an object or its JSON.
   * RSA of 2048 bits or more, P-256 or P-384. A `kid` in the JWK is sent; an `alg` in it selects one
   * of `RS256`, `RS384`, `PS256`, `ES256`, `ES384`.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_AUTH0_PRIVATE_KEY`.
   */
  readonly auth0PrivateKey?: string | JsonWebKeyInput['key'] | JWK | undefined;

  /**
   * Identifier of the Auth0 API that access tokens are for, exactly. Dashboard:
   * Applications, APIs. Auth0 distinguishes `https://api.example.com` and
   * `https://api.example.com/`. A generic word (`api`) is accepted with a warning, since
   * Auth0 cannot rename an API; the userinfo endpoint and the Management API are rejected.
   *
   * Required.
   * Environment: `AUTH0_MCP_AUDIENCE`, `FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE`.
   */
  readonly audience?: string | undefined;

  /**
   * Public URL under which clients reach this router, with any mount path; `https`, or `http` on
   * localhost. `https://host` or `https://host/api`; plain http is for loopback hosts only. Every
   * published URL is built from it, none from the request. A trailing slash is removed.
   *
   * Required.
   * Environment: `AUTH0_MCP_BASE_URL`, `FASTMCP_SERVER_AUTH_AUTH0_BASE_URL`.
   */
  readonly baseUrl?: string | undefined;

  /**
   * Issuer identifier of the authorization server, on the origin of `baseUrl`. It is the `issuer` of the
   * metadata and the `iss` of the server's tokens. For a router mounted under a path the origin itself is recommended.
   *
   * Default: `baseUrl`.
   * Environment: `AUTH0_MCP_ISSUER_URL`, `FASTMCP_SERVER_AUTH_AUTH0_ISSUER_URL`.
   */
  readonly issuerUrl?: string | undefined;

  /**
   * The guarded MCP endpoint, below `baseUrl`. `/` if `baseUrl` is itself the endpoint.
   *
   * Default: `/mcp`.
   * Environment: `AUTH0_MCP_RESOURCE_PATH`.
   */
  readonly resourcePath?: string | undefined;

  /**
   * Base of the MCP endpoint's public URL, if it differs from that of the login endpoints.
   *
   * Default: `baseUrl`.
   * Environment: `AUTH0_MCP_RESOURCE_BASE_URL`.
   */
  readonly resourceBaseUrl?: string | undefined;

  /**
   * Path of the callback from Auth0, below `baseUrl`. Both together have to
   * be in Allowed Callback URLs of the Auth0 application, exactly.
   *
   * Default: `/auth/callback`.
   * Environment: `AUTH0_MCP_REDIRECT_PATH`, `FASTMCP_SERVER_AUTH_AUTH0_REDIRECT_PATH`.
   */
  readonly redirectPath?: string | undefined;

  /**
   * The prefix of `baseUrl`'s path that a proxy strips from requests. With
   * `https://host/api` as `baseUrl` and `/api` here, a request for `/authorize` is served as `/api/authorize`.
   * Not needed if the proxy sends `X-Forwarded-Prefix` and Express trusts it (`trust proxy`).
   * Without a proxy it also serves the endpoints at the root of the origin, where clients of
   * MCP 2025-03-26 expect them. The app then must not use those paths itself.
   *
   * Default: nothing is stripped.
   * Environment: `AUTH0_MCP_STRIPPED_PREFIX`.
   */
  readonly strippedPrefix?: string | undefined;

  /**
   * Scopes that every token must have; permissions of Auth0's RBAC count. An empty list requires
   * none. Not `offline_access`, which is always requested from Auth0.
   *
   * Default: `['openid']`.
   * Environment: `AUTH0_MCP_REQUIRED_SCOPES`, `FASTMCP_SERVER_AUTH_AUTH0_REQUIRED_SCOPES`.
   */
  readonly requiredScopes?: string | readonly string[] | undefined;

  /**
   * Scopes that a first login requests in addition to the required ones; a user without one of them can log in
   * as well. List those of `toolScopes` here for clients that cannot request more later: while it has a refresh
   * token, the TypeScript SDK before version 2 only refreshes its token when a tool is refused.
   *
   * Default: none further, so that users consent to no more than they need.
   * Environment: `AUTH0_MCP_DEFAULT_SCOPES`.
   */
  readonly defaultScopes?: string | readonly string[] | undefined;

  /**
   * Further scopes that a client may request, at first or after a challenge. Those of
   * `requiredScopes`, `defaultScopes` and `toolScopes` are always included.
   *
   * Default: none further.
   * Environment: `AUTH0_MCP_SCOPES_SUPPORTED`.
   */
  readonly scopesSupported?: string | readonly string[] | undefined;

  /**
   * Additional scopes that a tool needs: `{ write_file: ['files:write'] }`. The response to a call without
   * them is a 403 challenge, and the tool does not run.
   *
   * For this the guard reads the message, and the route gets the parsed value as `req.body`: pass it
   * to the transport. A body parser of yours in front of the guard is used, with its limits, also
   * if it leaves bytes or text. Without one, JSON in UTF-8 is read up to `maxMessageBytes`; a larger body
   * is rejected with 413, another type or charset, or a compressed body, with 415. An ambiguous message
   * (a call without a name, a key `__proto__`) is rejected
   * with 400 and the JSON-RPC error -32600. At other routes behind `auth.bearer()` this applies to JSON
   * that looks like a message; other bodies are not changed.
   *
   * Default: none.
   * Environment: none.
   */
  readonly toolScopes?: Readonly<Record<string, readonly string[]>> | undefined;

  /**
   * Scopes that include others: `{ admin: ['write'], write: ['read'] }`. A token with `admin`
   * then has `read` too.
   *
   * Default: none.
   * Environment: none.
   */
  readonly impliedScopes?: Readonly<Record<string, readonly string[]>> | undefined;

  /**
   * Descriptions of scopes for the consent page: `{ 'files:write': 'Change your files' }`.
   * At most 200 characters each.
   *
   * Default: the name of the scope; built-in descriptions for `openid`, `profile` and `email`.
   * Environment: none.
   */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined;

  /**
   * How a user has to be authenticated for a scope:
   * `{ 'payments:write': { acr: 'http://schemas.openid.net/pape/policies/2007/06/multi-factor', maxAgeSeconds: 300 } }`.
   * A login with such a scope sends `acr_values` and `max_age` to Auth0, and the ID token has to confirm them. A token
   * loses the scope when the login is older than `maxAgeSeconds`: a call that needs it is then a 403 challenge, and the
   * client starts a new login. `acr` needs an Action at Auth0 that requires the second factor.
   *
   * Default: none.
   * Environment: none.
   */
  readonly scopeAuthentication?: Readonly<Record<string, ScopeAuthenticationOptions>> | undefined;

  /**
   * Secret for the server's tokens and client ids, 32 characters or more; in a list the first signs, all
   * verify. The signing keys are derived from the UTF-8 bytes of a string, or from at
   * least 32 bytes. To rotate it, append the new secret to the list on all machines,
   * then move it to the front, and remove the old one when what it signed may become invalid. A single machine
   * can begin with the second step.
   *
   * Default: created and stored by `embeddedStorage()`; required with Redis. A storage of your own may
   * store one too.
   * Environment: `AUTH0_MCP_JWT_SIGNING_KEY`, `FASTMCP_SERVER_AUTH_AUTH0_JWT_SIGNING_KEY`.
   */
  readonly jwtSigningKey?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;

  /**
   * Where logins are stored: `embeddedStorage()`, `redisStorage()`, `memoryStorage()` or your own.
   * In the environment Redis only, by its URL: `redis://…` or `rediss://…`.
   *
   * Default: `embeddedStorage()`.
   * Environment: `AUTH0_MCP_REDIS_URL`.
   */
  readonly storage?: Storage | undefined;

  /**
   * Secret that encrypts stored records; in a list the first encrypts, all decrypt. Of the same strength as
   * `jwtSigningKey`.
   *
   * Default: derived from `jwtSigningKey`.
   * Environment: `AUTH0_MCP_STORAGE_ENCRYPTION_KEY`.
   */
  readonly storageEncryptionKey?:
    | string
    | Uint8Array
    | readonly (string | Uint8Array)[]
    | undefined;

  /**
   * When users are asked for consent: `always`, `remember` (once per
   * browser, client, redirect URI and scopes), `external` (a page in front of this server asks,
   * and this server does not). With `remember`, only clients that registered themselves and run on a web
   * server are remembered. For apps on the user's own device, clients of `clients` and clients with a
   * metadata document, whose id is public, users are asked each time.
   *
   * Default: `always`.
   * Environment: `AUTH0_MCP_CONSENT`.
   */
  readonly consent?: 'always' | 'remember' | 'external' | undefined;

  /**
   * Whether the consent page offers the scopes of `toolScopes` that the client did not request: in a closed
   * list, none selected. The login then requests what the client requested and what the user selected. This
   * helps users of clients that never request further scopes; they connect again, and select the missing one.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_OFFER_TOOL_SCOPES`.
   */
  readonly offerToolScopes?: boolean | undefined;

  /**
   * Patterns a client's redirect URI has to match: `https://*.example.com/*`, `http://localhost:*`.
   * One has to match, and the URI has to be registered; `cursor://anysphere.cursor-mcp/*` is a pattern for an
   * app's own scheme. Without the option an app's scheme has to be a reverse domain name
   * (`com.example.app`), that of a well-known client (`cursor`, `vscode`, `zed`, …) with the address of a callback
   * (`cursor://anysphere.cursor-mcp/oauth/callback`), or one in `clients`; a pattern allows any other. A host may
   * start with `*.`, a port may be `*`, and `*` in a path matches any characters. With an empty list no client
   * can log in.
   *
   * Default: any valid one; an app's scheme has to identify the app.
   * Environment: `AUTH0_MCP_ALLOWED_CLIENT_REDIRECT_URIS`,
   * `FASTMCP_SERVER_AUTH_AUTH0_ALLOWED_CLIENT_REDIRECT_URIS`.
   */
  readonly allowedClientRedirectUris?: string | readonly string[] | undefined;

  /**
   * Whether clients may register themselves (RFC 7591). The metadata says so. If false, clients
   * that registered before are rejected as well: they get no more tokens (401 `invalid_client`), and their access
   * tokens expire. If true again, they are accepted again.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_CLIENT_REGISTRATION`.
   */
  readonly clientRegistration?: boolean | undefined;

  /**
   * Whether a client id may be the https URL of a client metadata document, which is then fetched.
   * The metadata says so. If false, nothing is fetched for clients that register either: those with
   * keys for `private_key_jwt` send `jwks`, not `jwks_uri`.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_CLIENT_ID_METADATA_DOCUMENTS`.
   */
  readonly clientIdMetadataDocuments?: boolean | undefined;

  /**
   * Hosts whose client metadata documents are accepted: `claude.ai`, `*.example.com`. The latter
   * matches any host below it. Nothing is fetched from other hosts, and their clients are rejected, including
   * those that logged in before. With an empty list no such client can log in.
   *
   * Default: any public one.
   * Environment: `AUTH0_MCP_ALLOWED_CLIENT_METADATA_HOSTS`.
   */
  readonly allowedClientMetadataHosts?: string | readonly string[] | undefined;

  /**
   * Pre-registered clients: `{ clientId, name, redirectUris, clientSecret? }`, or for the grant
   * `client_credentials` `{ clientId, name, grants, scopes, clientSecret }`. One that is removed from
   * the list gets no more tokens; access tokens of users expire, those without a user are rejected.
   *
   * Default: none.
   * Environment: none.
   */
  readonly clients?: readonly PreRegisteredClientOptions[] | undefined;

  /**
   * Identity providers whose assertions (ID-JAG) clients can exchange for a token, without a login:
   * `[{ issuer, clients, subject, scopes?, jwksUri? }]`. This is MCP's enterprise-managed authorization: the
   * administrator of the provider decides which employees a client may act for. Each assertion is accepted once. The
   * token has no refresh token and lives for `accessTokenTtlSeconds`, 900 seconds at least.
   *
   * Default: none; the metadata does not mention the grant.
   * Environment: none.
   */
  readonly enterprise?: readonly EnterpriseOptions[] | undefined;

  /**
   * JSON-RPC methods and tools that need no token:
   * `{ methods: ['initialize', 'tools/list'], tools: ['search_docs'] }`.
   * They need none at the MCP endpoint itself, but do below it, at other routes behind
   * `auth.bearer()`, and where that requires `scopes`. Other calls are challenged. In a batch every element has to
   * be anonymous, and there may be ten of them. 1,200 anonymous calls a minute are allowed for one address. Bodies
   * are read as for `toolScopes`, without a token up to 100 kB.
   *
   * The challenge is an HTTP 401 that also names the scopes of the called tool, so that one
   * login is enough. For a call that ChatGPT has marked as its own (`_meta` keys that begin with
   * `openai/`) it is the result of the tool instead, with status 200 and
   * `_meta["mcp/www_authenticate"]`, where ChatGPT expects it; the same applies to such a call that lacks
   * scopes. With anonymous `initialize`, a stream (GET) is allowed to sessions that began without a token,
   * and rejected with 405 outside of a session.
   *
   * Default: none.
   * Environment: none.
   */
  readonly anonymous?: AnonymousOptions | undefined;

  /**
   * Web origins whose pages may call the MCP endpoint, in addition to the server's own and pages on
   * the user's machine; `*` alone allows all. `https://app.example.com` for instance. Pages of other origins
   * get a 403; the log and the event `origin_refused` name them. Callers that are not web
   * pages (without `Origin`, or with one that is not http) are not affected.
   *
   * Default: none further.
   * Environment: `AUTH0_MCP_ALLOWED_ORIGINS`.
   */
  readonly allowedOrigins?: string | readonly string[] | undefined;

  /**
   * Largest JSON-RPC message, in bytes, that the guard reads for `toolScopes` or `anonymous`:
   * 102,400 to 104,857,600. A larger one gets a 413. A body parser of your own in front of
   * the guard has its own limit instead, and unauthenticated callers have 102,400.
   *
   * Default: 4,194,304, the limit of the MCP SDK.
   * Environment: `AUTH0_MCP_MAX_MESSAGE_BYTES`.
   */
  readonly maxMessageBytes?: number | undefined;

  /**
   * Time limit of one request to Auth0, in seconds, 1 to 60. Time in which the event loop of this
   * process is blocked does not count.
   *
   * Default: 10.
   * Environment: `AUTH0_MCP_UPSTREAM_TIMEOUT_SECONDS`.
   */
  readonly upstreamTimeoutSeconds?: number | undefined;

  /**
   * Extra parameters for Auth0's login page: `connection`, `organization`, `prompt`, `ui_locales`,
   * `ext-…`. `invitation`, `login_hint`, `screen_hint`, `acr_values` and `max_age` as well. All
   * values are strings.
   *
   * Default: none.
   * Environment: none.
   */
  readonly authorizeParams?: Readonly<Record<string, string>> | undefined;

  /**
   * Connections of Auth0's Token Vault for which `getAccessToken().connectionToken()` returns tokens. Experimental:
   * not yet used with a live tenant.
   * `{ 'google-oauth2': { name: 'Google', scopes: ['https://www.googleapis.com/auth/calendar.readonly'] } }`.
   * Users connect their accounts on pages below `/connected-accounts`, whose callback has to be an allowed
   * callback URL at Auth0, and remove them on the page of connected apps. Refresh token rotation has to be off.
   *
   * Default: none; there are no such pages.
   * Environment: none.
   */
  readonly connections?: Readonly<Record<string, ConnectionOptions>> | undefined;

  /**
   * Branding of the pages: `{ name, logo, accentColor, policyUrl, termsUrl }`.
   *
   * Default: the host of the MCP endpoint, and its initial.
   * Environment: `AUTH0_MCP_BRANDING_NAME`, `AUTH0_MCP_BRANDING_LOGO`,
   * `AUTH0_MCP_BRANDING_ACCENT_COLOR`, `AUTH0_MCP_BRANDING_POLICY_URL`,
   * `AUTH0_MCP_BRANDING_TERMS_URL`.
   */
  readonly branding?: BrandingOptions | undefined;

  /**
   * Texts of the pages to replace, or in a further language. By language tag:
   * `{ en: { consent: { allow: 'Connect' } }, 'pt-BR': { … } }`. A text has the `{placeholders}`
   * of the one it replaces; missing texts of a new language are English.
   *
   * Default: English, German, French, Spanish.
   * Environment: none.
   */
  readonly texts?: TextOverrides | undefined;

  /**
   * Lifetime of the server's access tokens, in seconds, 61 to 86400. Never longer than the Auth0 session can
   * be renewed.
   *
   * Default: 3600 (an hour).
   * Environment: `AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS`.
   */
  readonly accessTokenTtlSeconds?: number | undefined;

  /**
   * Lifetime of an unused refresh token, in seconds, up to `refreshTokenTtlSeconds`.
   *
   * Default: 2592000 (30 days).
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_IDLE_TTL_SECONDS`.
   */
  readonly refreshTokenIdleTtlSeconds?: number | undefined;

  /**
   * Lifetime of a login, used or not, in seconds.
   *
   * Default: 31536000 (365 days).
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_TTL_SECONDS`.
   */
  readonly refreshTokenTtlSeconds?: number | undefined;

  /**
   * Grace window in which a replaced refresh token still gets the same successor, in seconds, 0 to 3600.
   * Clients refresh in parallel and retry; a token that is used later counts as stolen and
   * revokes the grant. Uses inside the window emit the event `refresh_token_reused`. The default exceeds
   * the longest burst of retries that was measured for a client, 76 seconds; 30 logged users out.
   *
   * Default: 120.
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_GRACE_SECONDS`.
   */
  readonly refreshTokenGraceSeconds?: number | undefined;

  /**
   * A pino logger, or an object with `debug`, `info`, `warn` and `error`. Each takes fields and a
   * message. At start-up, level `info` gets one line with the callback URL to register.
   *
   * Default: warnings and errors to stderr.
   * Environment: none.
   */
  readonly logger?: Logger | undefined;

  /**
   * Receives audit events: logins, refreshes, revocations. Called synchronously; {@link Auth0McpEvent}
   * lists them. None has a token, code, secret or cookie. The same events are published on the
   * `node:diagnostics_channel` named `express-auth0-mcp`.
   *
   * Default: none.
   * Environment: none.
   */
  readonly onEvent?: EventListener | undefined;
}
