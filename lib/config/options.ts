/**
 * What a user may write: the options of `auth0Mcp()`.
 *
 * A value in code wins over the environment, option by option, and `undefined` counts as not given.
 * Environment names are `AUTH0_MCP_…`; where a second name stands beside it, that one belongs to
 * FastMCP's `Auth0Provider` and is read when ours is unset or empty. Lists in the environment are
 * separated by commas or spaces, or are a JSON array; switches are `true`, `on`, `yes`, `1` or
 * `false`, `off`, `no`, `0`. `resolve.ts` turns all of it into a `Config`, or throws.
 *
 * @module
 */
import type { JsonWebKey } from 'node:crypto';

import type { TextOverrides } from '../pages/texts/catalogue.js';
import type { Storage } from '../storage/storage.js';
import type { Auth0ClientAuthentication } from './config.js';
import type { EventListener } from './events.js';
import type { Logger } from './logger.js';

type JoseKey = Extract<Auth0ClientAuthentication, { method: 'private_key_jwt' }>['key'];

/** A client that does not register itself: its id, and perhaps a secret, were agreed by hand. */
export interface PreRegisteredClientOptions {
  /** What the client sends as `client_id`. Not a URL: those name client metadata documents. */
  readonly clientId: string;
  /** At least 32 characters. Left out for a public client, which proves itself by PKCE alone. */
  readonly clientSecret?: string | undefined;
  /** At least one: `https`, a loopback address (any port will match), or an app's own scheme. */
  readonly redirectUris: readonly string[];
  /** Shown to people on the consent page. */
  readonly name: string;
}

/** What may be called without a token. */
export interface AnonymousOptions {
  /** JSON-RPC methods, such as `initialize` and `tools/list`. Not `tools/call`: name tools instead. */
  readonly methods?: readonly string[] | undefined;
  /** Names of tools. */
  readonly tools?: readonly string[] | undefined;
}

/**
 * How the consent page and its neighbours look. In the environment each field stands by itself, and
 * code wins over it field by field.
 */
export interface BrandingOptions {
  /** What people call the service. Default: the host of the resource. */
  readonly name?: string | undefined;
  /**
   * A `data:image/…` URI of at most 64 kB, or a path on this origin such as `/logo.svg`: the pages
   * load nothing from other hosts. Default: the initial of the name.
   */
  readonly logo?: string | undefined;
  /** `#rgb` or `#rrggbb`, darkened or lightened where it could not be read. Default: `#2f5fd0`. */
  readonly accentColor?: string | undefined;
  /** Privacy policy: an https URL, or a path on this origin. Default: no link. */
  readonly policyUrl?: string | undefined;
  /** Terms of use: an https URL, or a path on this origin. Default: no link. */
  readonly termsUrl?: string | undefined;
}

/** Options of `auth0Mcp()`. Unknown names throw. */
export interface Auth0McpOptions {
  /**
   * Discovery URL of the Auth0 tenant:
   * `https://TENANT.us.auth0.com/.well-known/openid-configuration`. Its host decides the issuer that
   * Auth0's tokens must name, so with a custom domain give the custom domain. Plain http only for a
   * loopback host.
   *
   * Required, unless `domain` is given; not both.
   * Environment: `AUTH0_MCP_CONFIG_URL`, `FASTMCP_SERVER_AUTH_AUTH0_CONFIG_URL`.
   */
  readonly configUrl?: string | undefined;

  /**
   * Host name of the tenant or its custom domain, without `https://` and path:
   * `TENANT.us.auth0.com`. Short for `configUrl`.
   *
   * Required, unless `configUrl` is given; not both.
   * Environment: `AUTH0_MCP_DOMAIN`.
   */
  readonly domain?: string | undefined;

  /**
   * Client ID of the Auth0 application (dashboard: Applications, Settings).
   *
   * Required.
   * Environment: `AUTH0_MCP_CLIENT_ID`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_ID`.
   */
  readonly clientId?: string | undefined;

  /**
   * Client secret of the Auth0 application. Leave it out where the application has none: its
   * authentication method is `None` (Single Page and Native applications) or Private Key JWT.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_CLIENT_SECRET`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_SECRET`.
   */
  readonly clientSecret?: string | undefined;

  /**
   * How the application proves itself to Auth0, as set in the dashboard (Application, Credentials):
   * `client_secret_post`, `client_secret_basic`, `none` or `private_key_jwt`. PKCE is used with each.
   *
   * Default: `client_secret_post` with a `clientSecret`, `private_key_jwt` with an
   * `auth0PrivateKey`, `none` without either.
   * Environment: `AUTH0_MCP_TOKEN_ENDPOINT_AUTH_METHOD`.
   */
  readonly tokenEndpointAuthMethod?:
    | 'client_secret_post'
    | 'client_secret_basic'
    | 'none'
    | 'private_key_jwt'
    | undefined;

  /**
   * Private key whose public half is registered at the Auth0 application, for `private_key_jwt`:
   * a PEM text (line breaks may be written as `\n`), a JWK object or its JSON. RSA of 2048 bits or
   * more, P-256 or P-384. A `kid` in the JWK is sent; an `alg` in it chooses among `RS256`,
   * `RS384`, `PS256`, `ES256`, `ES384`.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_AUTH0_PRIVATE_KEY`.
   */
  readonly auth0PrivateKey?: string | JsonWebKey | JoseKey | undefined;

  /**
   * Identifier of the Auth0 API that access tokens are for (dashboard: Applications, APIs), to the
   * character: Auth0 makes a difference between `https://api.example.com` and the same with a slash.
   * A word that many services would choose (`api`) is accepted with a warning, since Auth0 cannot
   * rename an API; the userinfo endpoint and the Management API are refused.
   *
   * Required.
   * Environment: `AUTH0_MCP_AUDIENCE`, `FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE`.
   */
  readonly audience?: string | undefined;

  /**
   * Public URL under which clients reach this router, with any mount path: `https://host` or
   * `https://host/api`. Every URL that is published comes from it, none from the request. `https`,
   * or plain http on a loopback host. A trailing slash is dropped.
   *
   * Required.
   * Environment: `AUTH0_MCP_BASE_URL`, `FASTMCP_SERVER_AUTH_AUTH0_BASE_URL`.
   */
  readonly baseUrl?: string | undefined;

  /**
   * Our identity as authorization server: `issuer` of the metadata and `iss` of our tokens. On the
   * origin of `baseUrl`; the origin itself is a good choice for a router mounted under a path.
   *
   * Default: `baseUrl`.
   * Environment: `AUTH0_MCP_ISSUER_URL`, `FASTMCP_SERVER_AUTH_AUTH0_ISSUER_URL`.
   */
  readonly issuerUrl?: string | undefined;

  /**
   * Where the MCP endpoint lives that needs a token, below `baseUrl`. `/` if `baseUrl` is itself the
   * endpoint.
   *
   * Default: `/mcp`.
   * Environment: `AUTH0_MCP_RESOURCE_PATH`.
   */
  readonly resourcePath?: string | undefined;

  /**
   * Base of the MCP endpoint's public URL, where it is not the one of the login endpoints.
   *
   * Default: `baseUrl`.
   * Environment: `AUTH0_MCP_RESOURCE_BASE_URL`.
   */
  readonly resourceBaseUrl?: string | undefined;

  /**
   * Where Auth0 sends the browser back, below `baseUrl`. `baseUrl` and this path together have to
   * stand, to the character, under Allowed Callback URLs of the Auth0 application.
   *
   * Default: `/auth/callback`.
   * Environment: `AUTH0_MCP_REDIRECT_PATH`, `FASTMCP_SERVER_AUTH_AUTH0_REDIRECT_PATH`.
   */
  readonly redirectPath?: string | undefined;

  /**
   * The part of `baseUrl`'s path that a proxy cuts off before requests arrive here: with
   * `https://host/api` as `baseUrl` and `/api` here, `/authorize` is answered as `/api/authorize`.
   * Not needed where the proxy sends `X-Forwarded-Prefix` and Express trusts it (`trust proxy`).
   * Without a proxy it makes the endpoints answer at the origin's root as well, where clients look
   * that know the protocol of 2025-03-26 only. The app then must not use those paths itself.
   *
   * Default: nothing is cut off.
   * Environment: `AUTH0_MCP_STRIPPED_PREFIX`.
   */
  readonly strippedPrefix?: string | undefined;

  /**
   * Scopes that every token must have; permissions of Auth0's RBAC count. An empty list asks for
   * none. `offline_access` does not belong here, Auth0 is always asked for it.
   *
   * Default: `['openid']`.
   * Environment: `AUTH0_MCP_REQUIRED_SCOPES`, `FASTMCP_SERVER_AUTH_AUTH0_REQUIRED_SCOPES`.
   */
  readonly requiredScopes?: string | readonly string[] | undefined;

  /**
   * Scopes that a first login asks for besides `requiredScopes`. A person whom Auth0 does not grant
   * one logs in without it. List those of `toolScopes` here for clients that cannot ask for more
   * later: the TypeScript SDK before version 2 only refreshes its token when a tool is refused, as
   * long as it holds a refresh token.
   *
   * Default: none further, so that people are asked for no more than they need.
   * Environment: `AUTH0_MCP_DEFAULT_SCOPES`.
   */
  readonly defaultScopes?: string | readonly string[] | undefined;

  /**
   * Further scopes that a client may ask for, at first or when it is told that it lacks one. Those
   * of `requiredScopes`, `defaultScopes` and `toolScopes` are always among them.
   *
   * Default: none further.
   * Environment: `AUTH0_MCP_SCOPES_SUPPORTED`.
   */
  readonly scopesSupported?: string | readonly string[] | undefined;

  /**
   * Scopes that a call of a tool needs besides `requiredScopes`: `{ delete_file: ['files:write'] }`.
   * Without them the answer is a 403 challenge, and the tool does not run.
   *
   * Default: none.
   * Environment: none.
   */
  readonly toolScopes?: Readonly<Record<string, readonly string[]>> | undefined;

  /**
   * Scopes that include others: with `{ admin: ['write'], write: ['read'] }` a token with `admin`
   * may do what needs `read`.
   *
   * Default: none.
   * Environment: none.
   */
  readonly impliedScopes?: Readonly<Record<string, readonly string[]>> | undefined;

  /**
   * What a scope allows, in words for the person who is asked:
   * `{ 'files:write': 'Change your files' }`. At most 200 characters each.
   *
   * Default: the consent page shows the bare name.
   * Environment: none.
   */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined;

  /**
   * Secret from which the keys are derived that sign our tokens and client ids: a string of 32
   * characters or more (its UTF-8 bytes are used), or at least 32 bytes. In a list the first signs
   * and all verify: put a new one in front, and take the old one out when what it signed may end.
   *
   * Default: one that the storage makes and keeps. Required with a storage that keeps none (Redis).
   * Environment: `AUTH0_MCP_JWT_SIGNING_KEY`, `FASTMCP_SERVER_AUTH_AUTH0_JWT_SIGNING_KEY`.
   */
  readonly jwtSigningKey?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;

  /**
   * Where logins and grants are kept: `embeddedStorage()`, `redisStorage()`, `memoryStorage()` or
   * your own. The environment knows Redis only, by its URL: `redis://…` or `rediss://…`.
   *
   * Default: `embeddedStorage()`.
   * Environment: `AUTH0_MCP_REDIS_URL`.
   */
  readonly storage?: Storage | undefined;

  /**
   * Secret that seals what is stored, of the same strength as `jwtSigningKey`. In a list the first
   * seals and all open.
   *
   * Default: derived from the signing keys.
   * Environment: `AUTH0_MCP_STORAGE_ENCRYPTION_KEY`.
   */
  readonly storageEncryptionKey?:
    | string
    | Uint8Array
    | readonly (string | Uint8Array)[]
    | undefined;

  /**
   * When a person is asked whether a client may act for them: `'always'`, `'remember'` (once per
   * browser, client, redirect URI and scopes; apps on the person's own machine are asked for each
   * time) or `'external'`: something else in front of us asks, and we do not.
   *
   * Default: `'always'`.
   * Environment: `AUTH0_MCP_CONSENT`.
   */
  readonly consent?: 'always' | 'remember' | 'external' | undefined;

  /**
   * Patterns of which a client's redirect URI has to match one, besides being registered:
   * `https://*.example.com/*`, `http://localhost:*`, `cursor://anysphere.cursor-mcp/*`. A host may
   * start with `*.`, a port may be `*`, and `*` in a path stands for any characters. An empty list
   * lets nobody in.
   *
   * Default: any valid redirect URI.
   * Environment: `AUTH0_MCP_ALLOWED_CLIENT_REDIRECT_URIS`,
   * `FASTMCP_SERVER_AUTH_AUTH0_ALLOWED_CLIENT_REDIRECT_URIS`.
   */
  readonly allowedClientRedirectUris?: string | readonly string[] | undefined;

  /**
   * Whether clients may register themselves (RFC 7591). The metadata follows.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_CLIENT_REGISTRATION`.
   */
  readonly clientRegistration?: boolean | undefined;

  /**
   * Whether a client id may be the https URL of a client metadata document, which is then fetched.
   * The metadata follows.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_CLIENT_ID_METADATA_DOCUMENTS`.
   */
  readonly clientIdMetadataDocuments?: boolean | undefined;

  /**
   * Hosts whose client metadata documents are taken: `claude.ai`, or `*.example.com` for any host
   * below it. Nothing is fetched from another host, and its clients are told that they are not
   * accepted. An empty list lets no such client in.
   *
   * Default: any host on the public internet.
   * Environment: `AUTH0_MCP_ALLOWED_CLIENT_METADATA_HOSTS`.
   */
  readonly allowedClientMetadataHosts?: string | readonly string[] | undefined;

  /**
   * Clients registered by hand.
   *
   * Default: none.
   * Environment: none.
   */
  readonly clients?: readonly PreRegisteredClientOptions[] | undefined;

  /**
   * JSON-RPC methods and tools callable without a token:
   * `{ methods: ['initialize', 'tools/list'], tools: ['search_docs'] }`. Anything else is challenged;
   * of a batch every element has to be open.
   *
   * The challenge is an HTTP 401 that names the scopes of the tool called as well, so that one login
   * is enough. A call that ChatGPT has marked as its own (`_meta` keys that begin with `openai/`) gets
   * it as the tool's result instead, status 200 and `_meta["mcp/www_authenticate"]`, which is where
   * ChatGPT looks; so does such a call that lacks scopes. With `initialize` open, a stream (GET) is
   * open to sessions that began without a token, and declined with 405 outside of a session.
   *
   * Default: none.
   * Environment: none.
   */
  readonly anonymous?: AnonymousOptions | undefined;

  /**
   * Web origins, such as `https://app.example.com`, whose pages may call the guarded endpoint from a
   * browser, besides the server's own and pages on the person's own machine. Pages from anywhere
   * else are answered 403. `*` alone lets every page in. Callers that are no web page (they send no
   * `Origin`, or one that is not http) are not asked.
   *
   * Default: none further.
   * Environment: `AUTH0_MCP_ALLOWED_ORIGINS`.
   */
  readonly allowedOrigins?: string | readonly string[] | undefined;

  /**
   * How long one request to Auth0 may take, in seconds, 1 to 60.
   *
   * Default: 10.
   * Environment: `AUTH0_MCP_UPSTREAM_TIMEOUT_SECONDS`.
   */
  readonly upstreamTimeoutSeconds?: number | undefined;

  /**
   * Extra parameters of the request that opens the Auth0 login page: `connection`, `organization`,
   * `invitation`, `prompt`, `login_hint`, `screen_hint`, `acr_values`, `max_age`, `ui_locales` and
   * any `ext-…`. All values are strings.
   *
   * Default: none.
   * Environment: none.
   */
  readonly authorizeParams?: Readonly<Record<string, string>> | undefined;

  /**
   * How the pages look: name of the service, logo, accent colour, links to privacy policy and terms.
   *
   * Default: the host of the resource as name, its initial as logo.
   * Environment: `AUTH0_MCP_BRANDING_NAME`, `AUTH0_MCP_BRANDING_LOGO`,
   * `AUTH0_MCP_BRANDING_ACCENT_COLOR`, `AUTH0_MCP_BRANDING_POLICY_URL`,
   * `AUTH0_MCP_BRANDING_TERMS_URL`.
   */
  readonly branding?: BrandingOptions | undefined;

  /**
   * Sentences of the pages to say differently, or in a further language, by language tag:
   * `{ en: { consent: { allow: 'Let it in' } }, 'pt-BR': { … } }`. A sentence keeps the `{places}` of
   * the one it replaces; what a new language leaves out stays English.
   *
   * Default: English, German, French and Spanish.
   * Environment: none.
   */
  readonly texts?: TextOverrides | undefined;

  /**
   * Lifetime of our access tokens, in seconds, 61 to 86400. Never longer than the login behind it
   * can be renewed.
   *
   * Default: 3600 (an hour).
   * Environment: `AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS`.
   */
  readonly accessTokenTtlSeconds?: number | undefined;

  /**
   * A refresh token unused for so long is dead, in seconds, up to `refreshTokenTtlSeconds`.
   *
   * Default: 2592000 (30 days).
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_IDLE_TTL_SECONDS`.
   */
  readonly refreshTokenIdleTtlSeconds?: number | undefined;

  /**
   * So long after the login a new one is needed however busy the client was, in seconds.
   *
   * Default: 31536000 (365 days).
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_TTL_SECONDS`.
   */
  readonly refreshTokenTtlSeconds?: number | undefined;

  /**
   * How long a replaced refresh token still gets the same successor, in seconds, 0 to 3600. Clients
   * refresh in parallel and retry; a token that comes back later is taken for stolen and ends the
   * grant.
   *
   * Default: 120.
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_GRACE_SECONDS`.
   */
  readonly refreshTokenGraceSeconds?: number | undefined;

  /**
   * Where log lines go: a pino logger, or anything with `debug`, `info`, `warn` and `error` that
   * take fields and a message.
   *
   * Default: warnings and errors to the console.
   * Environment: none.
   */
  readonly logger?: Logger | undefined;

  /**
   * Receives every audit event, synchronously: `Auth0McpEvent` lists them. None holds a token, code,
   * secret or cookie. The same events are published on the `node:diagnostics_channel` named
   * `express-auth0-mcp`.
   *
   * Default: none.
   * Environment: none.
   */
  readonly onEvent?: EventListener | undefined;
}
