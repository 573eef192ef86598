/**
 * What a client is reported to send, as data: how it introduces itself, where it wants the code, and
 * its habits with scopes, resources, secrets and refreshes. `docs/compatibility.md` is made of these.
 */
/** How the client becomes known. */
export type Introduction =
  | { readonly by: 'registration'; readonly metadata: Readonly<Record<string, unknown>> }
  | {
      readonly by: 'document';
      /** Of its client id; the host is one of the spec's. */
      readonly path: string;
      readonly document: Readonly<Record<string, unknown>>;
    };

/** Where a client takes the scopes from that it asks for. */
export type ScopeSource = 'challenge' | 'resource metadata' | 'server metadata' | 'nowhere';

export interface ClientFixture {
  readonly name: string;
  /** Threads in which it was reported, as `owner/repository#number`; or what was read or run. */
  readonly reportedIn: readonly string[];
  readonly introduction: Introduction;
  /** Where it listens this time; the port may differ from the one it registered. */
  readonly redirectUri: string;
  readonly scopes: ScopeSource;
  /** Scopes it adds of its own accord. */
  readonly extraScopes?: readonly string[];
  /** `resource` at `/authorize` and at `/token`. Left out: not sent. */
  readonly resource: {
    readonly authorize?: 'exact' | 'origin' | 'origin with slash';
    readonly token?: 'exact' | 'origin with slash';
  };
  readonly tokenAuth: 'none' | 'client_secret_post' | 'client_secret_basic' | 'private_key_jwt';
  /** Of its assertions, where it sends any. Default: `ES256`. */
  readonly assertionAlgorithm?: 'RS256';
  /** Sends no `state`. */
  readonly isStateless?: boolean;
  /** What it requests first, without a token. */
  readonly firstRequest?: 'POST' | 'GET';
  /** Looks at `/authorize` by itself before it opens a browser (CLI-20). */
  readonly hasPreflight?: boolean;
  /** Runs in a web page of this origin. */
  readonly origin?: string;
  readonly userAgent?: string;
  /** How many refreshes of one token it starts at a time. */
  readonly parallelRefreshes?: number;
  /** Names its scopes again when it refreshes. */
  readonly refreshesWithScope?: boolean;
  /** What it insists on, for the table. */
  readonly insistsOn?: string;
}
