/**
 * How a client behaves, as data: how it finds the authorization server, how it identifies itself, its redirect
 * URIs, scopes, resources and refreshes, and what it insists on. The specs log in with each, `doctor --clients`
 * replays them, and docs/compatibility.md lists them.
 */

/** Where the facts come from. `date` (YYYY-MM-DD): when the client was run, or the reports were read. */
export type Evidence =
  | { readonly kind: 'run'; readonly date: string; readonly version: string }
  | { readonly kind: 'reported'; readonly date: string; readonly version?: string };

/** How the client identifies itself. */
export type Introduction =
  | { readonly by: 'registration'; readonly metadata: Readonly<Record<string, unknown>> }
  | {
      readonly by: 'document';
      /** Its client id. */
      readonly url: string;
      readonly document: Readonly<Record<string, unknown>>;
    };

/** Where a client takes the scopes from that it requests. */
export type ScopeSource = 'challenge' | 'resource metadata' | 'server metadata' | 'nowhere';

/** A deviation that ends the login in this client; other clients tolerate it. */
export type Strictness =
  /** `resource` of the resource metadata is the URL of the MCP endpoint, exactly. */
  | 'resource'
  /** `issuer` of the server metadata is what `authorization_servers` says, exactly. */
  | 'issuer'
  /** `iss` of the authorization response is there if it is advertised, and is the issuer. */
  | 'iss'
  /** The registration response repeats `token_endpoint_auth_method`. */
  | 'authentication method'
  /** No `client_secret` for a client that registers with `none`. */
  | 'no secret';

/** What happens at a 403 `insufficient_scope`. */
export interface StepUp {
  /** `automatic`: the client requests the scope by itself; the user only consents. */
  readonly kind: 'automatic' | 'manual' | 'not needed' | 'unknown';
  /** What was seen, and what the user has to do; Markdown. */
  readonly note: string;
}

export interface ClientFacts {
  readonly name: string;
  /** How it behaves at a server that does not support its metadata document. Default: it registers the same metadata. */
  readonly otherwise?: ClientFacts;
  /** An earlier version, or one whose document is not known: for the specs, not replayed by the doctor. */
  readonly isVariant?: boolean;
  readonly evidence: Evidence;
  /** Threads in which it was reported, as `owner/repository#number`. */
  readonly reportedIn?: readonly string[];
  readonly introduction: Introduction;
  /** Of this login; the port may differ from the registered one. */
  readonly redirectUri: string;
  readonly scopes: ScopeSource;
  /** Scopes it adds by itself. */
  readonly extraScopes?: readonly string[];
  /** `resource` at `/authorize` and at `/token`. Default: not sent. */
  readonly resource: {
    readonly authorize?: 'exact' | 'origin' | 'origin with slash';
    readonly token?: 'exact' | 'origin with slash';
  };
  readonly tokenAuth: 'none' | 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt';
  /** Of its assertions, if it sends any. Default: `ES256`. */
  readonly assertionAlgorithm?: 'RS256';
  /** What it requests first, without a token. Default: `POST`. */
  readonly firstRequest?: 'POST' | 'GET' | 'HEAD';
  /** `MCP-Protocol-Version` of its metadata requests; `null`: not sent. Default: `2025-11-25`. */
  readonly protocolVersion?: string | null;
  /** Reads `/.well-known/oauth-protected-resource` at the root only, whatever the challenge says. */
  readonly readsRootMetadata?: boolean;
  /** Requests `/authorize` by itself before it opens a browser. */
  readonly hasPreflight?: boolean;
  /** Runs in a web page of this origin. */
  readonly origin?: string;
  /** Of its requests to the OAuth endpoints. The version is an example. Default: `node`. */
  readonly userAgent?: string;
  /** Of its requests to the MCP endpoint. Default: the same. */
  readonly mcpUserAgent?: string;
  /** How many refreshes of one token it starts at a time. */
  readonly parallelRefreshes?: number;
  /** Names its scopes again when it refreshes. */
  readonly refreshesWithScope?: boolean;
  readonly strictAbout?: readonly Strictness[];
  /** What it insists on, for the table. */
  readonly insistsOn?: string;
  /** What its users should know, for the table. */
  readonly note?: string;
  readonly stepUp: StepUp;
}

/** In the registration or document of a public client that refreshes. */
export const PUBLIC_METADATA: Readonly<Record<string, unknown>> = {
  grant_types: ['authorization_code', 'refresh_token'],
  response_types: ['code'],
  token_endpoint_auth_method: 'none',
};

/** The habits of most programs. */
export const USUAL_HABITS: Pick<ClientFacts, 'scopes' | 'resource' | 'tokenAuth'> = {
  scopes: 'challenge',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
};
