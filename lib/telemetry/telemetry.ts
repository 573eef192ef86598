/**
 * Telemetry as the rest of the library sees it: spans, counters, durations and levels, by name.
 *
 * The names are public: dashboards and alerts are built on them. They follow the semantic conventions
 * of OpenTelemetry: a namespace of our own, units by UCUM, `error.type`, `http.*` and `server.*`
 * where those say it. No attribute holds who somebody is, or anything that opens anything: no subject,
 * token, code, state, cookie or address.
 *
 * @module
 */

/** What is traced. A span is an `ERROR` where something has to be repaired, not where somebody is refused. */
export const SPANS = {
  'auth0_mcp.login.start': 'the browser is sent to Auth0',
  'auth0_mcp.login.finish': 'it comes back: code exchange at Auth0, verification of both tokens',
  'auth0_mcp.code.redeem': 'a client redeems its code',
  'auth0_mcp.token.refresh': 'a client refreshes',
  'auth0_mcp.bearer.verify': 'a token is checked before a guarded route',
  'auth0_mcp.upstream': 'one call to Auth0, repeats included (client span)',
} as const;

/** What is counted and measured. */
export const METRICS = {
  'auth0_mcp.logins': {
    kind: 'counter',
    unit: '{login}',
    description: 'Logins of clients that ended, by outcome',
  },
  'auth0_mcp.logins.open': {
    kind: 'level',
    unit: '{login}',
    description: 'Logins begun by this process and neither ended nor expired',
  },
  'auth0_mcp.sign_ins': {
    kind: 'counter',
    unit: '{login}',
    description: 'Logins to the page of connected apps that ended, by outcome',
  },
  'auth0_mcp.code_redemptions': {
    kind: 'counter',
    unit: '{request}',
    description: 'Codes that clients presented, by outcome',
  },
  'auth0_mcp.refreshes': {
    kind: 'counter',
    unit: '{request}',
    description: 'Refreshes by clients, by outcome',
  },
  'auth0_mcp.bearer.checks': {
    kind: 'counter',
    unit: '{check}',
    description: 'Access tokens checked, by outcome',
  },
  'auth0_mcp.upstream.duration': {
    kind: 'duration',
    unit: 's',
    description: 'Calls to Auth0, by operation',
  },
  'auth0_mcp.storage.duration': {
    kind: 'duration',
    unit: 's',
    description: 'Calls to the storage, by operation',
  },
} as const;

export type SpanName = keyof typeof SPANS;
type MetricName = keyof typeof METRICS;
type OfKind<Kind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type CounterName = OfKind<'counter'>;
export type DurationName = OfKind<'duration'>;
export type LevelName = OfKind<'level'>;

/** Attributes in use; a closed set, so that nothing else slips in. */
export interface Attributes {
  /** `ok`, or the same as `error.type`. */
  readonly 'auth0_mcp.outcome'?: string;
  /** Of a call: `get`, `update` …, `discovery_document`, `token_endpoint_refresh_token` … */
  readonly 'auth0_mcp.operation'?: string;
  /** An OAuth error code, a kind of Auth0Error, `storage_unavailable`, or `_OTHER`. */
  readonly 'error.type'?: string;
  readonly 'http.request.method'?: string;
  readonly 'http.response.status_code'?: number;
  readonly 'server.address'?: string;
  readonly 'server.port'?: number;
}

/** A span under way. */
export interface ActiveSpan {
  set(attributes: Attributes): void;
  /** Marks it as one of something broken. */
  fail(): void;
}

/** How to trace what runs inside a span. */
export interface SpanOptions {
  readonly isUpstream?: boolean;
  readonly attributes?: Attributes;
}

/** The port. Nothing in it throws or waits. */
export interface Telemetry {
  /** Whether anybody collects; while nobody does, nothing needs to be reported. */
  isOn(): boolean;
  /** Runs inside a span, which ends when the promise settles. */
  span<T>(name: SpanName, options: SpanOptions, run: (span: ActiveSpan) => Promise<T>): Promise<T>;
  count(name: CounterName, attributes: Attributes): void;
  /** @param seconds a fraction as a rule */
  record(name: DurationName, seconds: number, attributes: Attributes): void;
  /** Reads a level whenever somebody collects. Of several readers of one name the sum counts. */
  watch(name: LevelName, read: () => number): void;
}
