/**
 * What a user may write: the options of `auth0Mcp()`.
 *
 * A value in code wins over the environment, option by option, and `undefined` counts as not given.
 * Environment names are `AUTH0_MCP_…`; where a second name stands beside it, that one belongs to
 * FastMCP's `Auth0Provider` and is read when ours is unset or empty. Lists in the environment are
 * separated by commas or spaces, or are a JSON array; switches are `true`, `on`, `yes`, `1` or
 * `false`, `off`, `no`, `0`. `resolve.ts` turns all of it into a `Config`, or throws.
 *
 * The first sentence of each option, its default and its names in the environment are its row in the
 * README; `npm run docs` writes it there.
 *
 * @module
 */
import type { JsonWebKeyInput } from 'node:crypto';

import type { JWK } from 'jose';

import type { TextOverrides } from '../pages/texts/catalogue.js';
import type { Storage } from '../storage/storage.js';
import type { EventListener } from './events.js';
import type { Logger } from './logger.js';

/** A client that does not register itself: its id, and perhaps a secret, were agreed by hand. */
export interface PreRegisteredClientOptions {
  /**
   * What the client sends as `client_id`. Not a URL: those name client metadata documents. Beside a
   * secret without `:` and `%`.
   */
  readonly clientId: string;
  /**
   * At least 32 characters, no space and no `%` among them: HTTP Basic would not carry those safely.
   * Left out for a public client, which proves itself by PKCE alone.
   */
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
  /** What people call the service. Default: the host of the MCP endpoint. */
  readonly name?: string | undefined;
  /**
   * A `data:image/…` URI of at most 64 kB, or a path on this origin such as `/logo.svg`: the pages
   * load nothing from other hosts. Default: the initial of the name.
   */
  readonly logo?: string | undefined;
  /** `#rgb` or `#rrggbb`; darkened or lightened where it could not be read. Default: `#2f5fd0`. */
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
   * `https://TENANT.us.auth0.com/.well-known/openid-configuration`; its host decides the issuer
   * that Auth0's tokens must name, so with a custom domain give the custom domain. Plain http only
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
   * Client secret of the Auth0 application; left out where it has none. That is where its
   * authentication method is `None` (Single Page and Native applications) or Private Key JWT.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_CLIENT_SECRET`, `FASTMCP_SERVER_AUTH_AUTH0_CLIENT_SECRET`.
   */
  readonly clientSecret?: string | undefined;

  /**
   * How the application proves itself to Auth0: `client_secret_post`, `client_secret_basic`, `none`
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
   * Private key for `private_key_jwt`, as PEM or JWK. Its public half is registered at the Auth0
   * application. In a PEM text line breaks may be written as `\n`; a JWK is an object or its JSON.
   * RSA of 2048 bits or more, P-256 or P-384. A `kid` in the JWK is sent; an `alg` in it chooses
   * among `RS256`, `RS384`, `PS256`, `ES256`, `ES384`.
   *
   * Default: none.
   * Environment: `AUTH0_MCP_AUTH0_PRIVATE_KEY`.
   */
  readonly auth0PrivateKey?: string | JsonWebKeyInput['key'] | JWK | undefined;

  /**
   * Identifier of the Auth0 API that access tokens are for, to the character. Dashboard:
   * Applications, APIs. Auth0 makes a difference between `https://api.example.com` and the same
   * with a slash. A word that many services would choose (`api`) is accepted with a warning, since
   * Auth0 cannot rename an API; the userinfo endpoint and the Management API are refused.
   *
   * Required.
   * Environment: `AUTH0_MCP_AUDIENCE`, `FASTMCP_SERVER_AUTH_AUTH0_AUDIENCE`.
   */
  readonly audience?: string | undefined;

  /**
   * Public URL under which clients reach this router, with any mount path; `https`, or `http` on
   * localhost. `https://host` or `https://host/api`; plain http is for loopback hosts only. Every
   * URL that is published comes from it, none from the request. A trailing slash is dropped.
   *
   * Required.
   * Environment: `AUTH0_MCP_BASE_URL`, `FASTMCP_SERVER_AUTH_AUTH0_BASE_URL`.
   */
  readonly baseUrl?: string | undefined;

  /**
   * Our name as authorization server, on the origin of `baseUrl`. It is the `issuer` of the
   * metadata and the `iss` of our tokens. The origin itself is a good choice for a router mounted
   * under a path.
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
   * The part of `baseUrl`'s path that a proxy cuts off before requests arrive. With
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
   * Scopes that a first login asks for besides the required ones; who is not granted one logs in
   * without it. List those of `toolScopes` here for clients that cannot ask for more later: the
   * TypeScript SDK before version 2 only refreshes its token when a tool is refused, as long as it
   * holds a refresh token.
   *
   * Default: none further. People are asked for no more than they need.
   * Environment: `AUTH0_MCP_DEFAULT_SCOPES`.
   */
  readonly defaultScopes?: string | readonly string[] | undefined;

  /**
   * More scopes that a client may ask for, at first or when it is told that it lacks one. Those of
   * `requiredScopes`, `defaultScopes` and `toolScopes` are always among them.
   *
   * Default: none further.
   * Environment: `AUTH0_MCP_SCOPES_SUPPORTED`.
   */
  readonly scopesSupported?: string | readonly string[] | undefined;

  /**
   * Scopes that a tool needs besides: `{ write_file: ['files:write'] }`. A call without them is
   * answered by a 403 challenge, and the tool does not run.
   *
   * For this the guard reads the message, and the route gets the parsed value as `req.body`: hand it
   * to the transport. A body parser of yours in front of the guard is used, with its limits, also
   * where it leaves bytes or text. Without one, JSON in UTF-8 is read up to `maxMessageBytes`; a larger body
   * is refused with 413, another type or charset, or a compressed body, with 415. A message that
   * two readers may understand differently (a call without a name, a key `__proto__`) is refused
   * with 400 and the JSON-RPC error -32600. At other routes behind `auth.bearer()` this holds for JSON
   * that looks like a message; other bodies are left alone.
   *
   * Default: none.
   * Environment: none.
   */
  readonly toolScopes?: Readonly<Record<string, readonly string[]>> | undefined;

  /**
   * Scopes that include others: `{ admin: ['write'], write: ['read'] }`. So a token with `admin`
   * may do what needs `read`.
   *
   * Default: none.
   * Environment: none.
   */
  readonly impliedScopes?: Readonly<Record<string, readonly string[]>> | undefined;

  /**
   * What a scope allows, in words for the consent page: `{ 'files:write': 'Change your files' }`.
   * At most 200 characters each.
   *
   * Default: the bare name; words of ours for `openid`, `profile` and `email`.
   * Environment: none.
   */
  readonly scopeDescriptions?: Readonly<Record<string, string>> | undefined;

  /**
   * Secret behind our tokens and client ids, 32 characters or more; in a list the first signs, all
   * verify. The keys that sign are derived from it: from the UTF-8 bytes of a string, or from at
   * least 32 bytes as they are. To change it put the new one behind the old one on all machines,
   * then in front of it, and take the old one out when what it signed may end. A single machine
   * can begin with the second step.
   *
   * Default: made and kept by `embeddedStorage()`; required with Redis. A storage of your own may
   * keep one too.
   * Environment: `AUTH0_MCP_JWT_SIGNING_KEY`, `FASTMCP_SERVER_AUTH_AUTH0_JWT_SIGNING_KEY`.
   */
  readonly jwtSigningKey?: string | Uint8Array | readonly (string | Uint8Array)[] | undefined;

  /**
   * Where logins are kept: `embeddedStorage()`, `redisStorage()`, `memoryStorage()` or your own.
   * The environment knows Redis only, by its URL: `redis://…` or `rediss://…`.
   *
   * Default: `embeddedStorage()`.
   * Environment: `AUTH0_MCP_REDIS_URL`.
   */
  readonly storage?: Storage | undefined;

  /**
   * Secret that seals what is stored; in a list the first seals, all open. Of the same strength as
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
   * When a person is asked whether a client may act for them: `always`, `remember` (once per
   * browser, client, redirect URI and scopes), `external` (something in front of this server asks,
   * and we do not). With `remember`, only clients that registered themselves and live on a web
   * server are remembered. Apps on the user's own device, clients of `clients` and those known by
   * their metadata document, whose id everyone knows, are asked for each time.
   *
   * Default: `always`.
   * Environment: `AUTH0_MCP_CONSENT`.
   */
  readonly consent?: 'always' | 'remember' | 'external' | undefined;

  /**
   * Patterns a client's redirect URI has to match: `https://*.example.com/*`, `http://localhost:*`.
   * One of them, besides being registered; `cursor://anysphere.cursor-mcp/*` is one for an app's
   * own scheme. Without the option an app's scheme has to be a reverse domain name
   * (`com.example.app`), one of a well-known client (`cursor`, `vscode`, `zed`, …) with the address of a callback
   * (`cursor://anysphere.cursor-mcp/oauth/callback`), or one that stands in `clients`; a pattern admits any other. A host may start with `*.`, a port may be `*`, and `*` in a path stands for any
   * characters. An empty list lets nobody in.
   *
   * Default: any valid one.
   * Environment: `AUTH0_MCP_ALLOWED_CLIENT_REDIRECT_URIS`,
   * `FASTMCP_SERVER_AUTH_AUTH0_ALLOWED_CLIENT_REDIRECT_URIS`.
   */
  readonly allowedClientRedirectUris?: string | readonly string[] | undefined;

  /**
   * Whether clients may register themselves (RFC 7591). The metadata follows. Switched off, clients
   * that registered before are unknown as well: they get no more tokens (401 `invalid_client`), access
   * tokens run out. Switched on again, they are known again.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_CLIENT_REGISTRATION`.
   */
  readonly clientRegistration?: boolean | undefined;

  /**
   * Whether a client id may be the https URL of a client metadata document, which is then fetched.
   * The metadata follows. Switched off, nothing is fetched for clients that register either: those with
   * keys for `private_key_jwt` send `jwks`, not `jwks_uri`.
   *
   * Default: `true`.
   * Environment: `AUTH0_MCP_CLIENT_ID_METADATA_DOCUMENTS`.
   */
  readonly clientIdMetadataDocuments?: boolean | undefined;

  /**
   * Hosts whose client metadata documents are taken: `claude.ai`, `*.example.com`. The latter
   * stands for any host below it. Nothing is fetched from another host, and its clients are told
   * that they are not accepted, those that logged in before as well. An empty list lets no such client
   * in.
   *
   * Default: any public one.
   * Environment: `AUTH0_MCP_ALLOWED_CLIENT_METADATA_HOSTS`.
   */
  readonly allowedClientMetadataHosts?: string | readonly string[] | undefined;

  /**
   * Clients entered by hand: `{ clientId, clientSecret?, redirectUris, name }`. One that is taken out of
   * the list gets no more tokens; access tokens run out.
   *
   * Default: none.
   * Environment: none.
   */
  readonly clients?: readonly PreRegisteredClientOptions[] | undefined;

  /**
   * What needs no token: `{ methods: ['initialize', 'tools/list'], tools: ['search_docs'] }`.
   * JSON-RPC methods and tools, at the MCP endpoint itself: nothing is open below it, at other routes behind
   * `auth.bearer()`, or where that asks for `scopes`. Anything else is challenged. Of a batch every element has to be open,
   * and there may be ten of them. 1,200 calls a minute are open to one address. Bodies are read as
   * for `toolScopes`; of callers without a token 100 kB at most.
   *
   * The challenge is an HTTP 401 that names the scopes of the tool called as well, so that one
   * login is enough. A call that ChatGPT has marked as its own (`_meta` keys that begin with
   * `openai/`) gets it as the tool's result instead, status 200 and
   * `_meta["mcp/www_authenticate"]`, which is where ChatGPT looks; so does such a call that lacks
   * scopes. With `initialize` open, a stream (GET) is open to sessions that began without a token,
   * and declined with 405 outside of a session.
   *
   * Default: none.
   * Environment: none.
   */
  readonly anonymous?: AnonymousOptions | undefined;

  /**
   * Web origins whose pages may call the MCP endpoint, besides our own and pages on the person's
   * machine; `*` alone lets all in. `https://app.example.com` for instance. Pages from anywhere
   * else are answered 403; the log and the event `origin_refused` name them. Callers that are no web
   * page (they send no `Origin`, or one that is not http) are not asked.
   *
   * Default: none further.
   * Environment: `AUTH0_MCP_ALLOWED_ORIGINS`.
   */
  readonly allowedOrigins?: string | readonly string[] | undefined;

  /**
   * Largest JSON-RPC message, in bytes, that the guard reads where `toolScopes` or `anonymous` make it
   * read messages: 102,400 to 104,857,600. A larger one is answered 413. A body parser of your own in front of
   * the guard has its own limit instead, and unauthenticated callers have 102,400.
   *
   * Default: 4,194,304, as much as the MCP SDK reads.
   * Environment: `AUTH0_MCP_MAX_MESSAGE_BYTES`.
   */
  readonly maxMessageBytes?: number | undefined;

  /**
   * How long one request to Auth0 may take, in seconds, 1 to 60. Time for which the event loop of this
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
   * How the pages look: `{ name, logo, accentColor, policyUrl, termsUrl }`.
   *
   * Default: the host of the MCP endpoint, its initial.
   * Environment: `AUTH0_MCP_BRANDING_NAME`, `AUTH0_MCP_BRANDING_LOGO`,
   * `AUTH0_MCP_BRANDING_ACCENT_COLOR`, `AUTH0_MCP_BRANDING_POLICY_URL`,
   * `AUTH0_MCP_BRANDING_TERMS_URL`.
   */
  readonly branding?: BrandingOptions | undefined;

  /**
   * Sentences of the pages to say differently, or in a further language. By language tag:
   * `{ en: { consent: { allow: 'Let it in' } }, 'pt-BR': { … } }`. A sentence keeps the `{places}`
   * of the one it replaces; what a new language leaves out stays English.
   *
   * Default: English, German, French, Spanish.
   * Environment: none.
   */
  readonly texts?: TextOverrides | undefined;

  /**
   * Life of our access tokens, in seconds, 61 to 86400. Never longer than the login behind it can
   * be renewed.
   *
   * Default: 3600 (an hour).
   * Environment: `AUTH0_MCP_ACCESS_TOKEN_TTL_SECONDS`.
   */
  readonly accessTokenTtlSeconds?: number | undefined;

  /**
   * An unused refresh token ends after this, in seconds, up to `refreshTokenTtlSeconds`.
   *
   * Default: 2592000 (30 days).
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_IDLE_TTL_SECONDS`.
   */
  readonly refreshTokenIdleTtlSeconds?: number | undefined;

  /**
   * A login ends after this, used or not, in seconds.
   *
   * Default: 31536000 (365 days).
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_TTL_SECONDS`.
   */
  readonly refreshTokenTtlSeconds?: number | undefined;

  /**
   * A replaced refresh token still gets the same successor for so long, in seconds, 0 to 3600.
   * Clients refresh in parallel and retry; a token that comes back later is taken for stolen and
   * ends the grant. Uses inside the window leave the event `refresh_token_reused`. The default is above
   * the longest burst of retries that was measured of a client, 76 seconds; 30 logged users out.
   *
   * Default: 120.
   * Environment: `AUTH0_MCP_REFRESH_TOKEN_GRACE_SECONDS`.
   */
  readonly refreshTokenGraceSeconds?: number | undefined;

  /**
   * A pino logger, or anything with its `debug`, `info`, `warn`, `error`. Each takes fields and a
   * message. At level `info` it gets one line at start, with the callback URL to register.
   *
   * Default: warnings and errors to stderr.
   * Environment: none.
   */
  readonly logger?: Logger | undefined;

  /**
   * Receives audit events: logins, refreshes, revocations. Synchronously; {@link Auth0McpEvent}
   * lists them. None holds a token, code, secret or cookie. The same events are published on the
   * `node:diagnostics_channel` named `express-auth0-mcp`.
   *
   * Default: none.
   * Environment: none.
   */
  readonly onEvent?: EventListener | undefined;
}
