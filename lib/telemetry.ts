/**
 * Spans and metrics of the OpenTelemetry API, which does nothing until the app registers an SDK.
 *
 * The names are public: dashboards and alerts depend on them. They follow OpenTelemetry's semantic conventions. No
 * attribute contains a subject, token, code, state, cookie or address.
 */
import {
  type Counter,
  type Histogram,
  type MeterProvider,
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api';

import { OAuthError } from './oauth/errors.js';

/** A span has status `ERROR` after a failure of a system, not after a rejected request. */
export const SPANS = {
  'auth0_mcp.login.start': 'the browser is redirected to Auth0',
  'auth0_mcp.login.finish':
    'the callback: code exchange at Auth0, verification of ID token and access token',
  'auth0_mcp.code.redeem': 'a client redeems its authorization code',
  'auth0_mcp.token.refresh': 'a client refreshes',
  'auth0_mcp.client_credentials': 'a client gets an access token by its credentials',
  'auth0_mcp.assertion.redeem': 'a client exchanges an identity assertion of an enterprise',
  'auth0_mcp.bearer.verify': 'an access token is verified; no span if its caller is cached',
  'auth0_mcp.upstream': 'one request to Auth0, retries included (client span)',
} as const;

export const METRICS = {
  'auth0_mcp.logins.started': {
    kind: 'counter',
    unit: '{login}',
    description: 'Logins redirected to Auth0',
  },
  'auth0_mcp.logins': {
    kind: 'counter',
    unit: '{login}',
    description: 'Completed logins of clients, by outcome',
  },
  'auth0_mcp.sign_ins': {
    kind: 'counter',
    unit: '{login}',
    description: 'Completed logins to the page of connected apps, by outcome',
  },
  'auth0_mcp.code_redemptions': {
    kind: 'counter',
    unit: '{request}',
    description: 'Code redemptions by clients, by outcome',
  },
  'auth0_mcp.refreshes': {
    kind: 'counter',
    unit: '{request}',
    description: 'Refreshes by clients, by outcome',
  },
  'auth0_mcp.client_credentials': {
    kind: 'counter',
    unit: '{request}',
    description: 'Token requests by client credentials, by outcome',
  },
  'auth0_mcp.assertions': {
    kind: 'counter',
    unit: '{request}',
    description: 'Identity assertions of enterprises sent by clients, by outcome',
  },
  'auth0_mcp.bearer.checks': {
    kind: 'counter',
    unit: '{check}',
    description: 'Access tokens checked, by outcome',
  },
  'auth0_mcp.upstream.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Requests to Auth0, by operation',
  },
  'auth0_mcp.storage.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'Calls to the storage, by operation',
  },
} as const;

type SpanName = keyof typeof SPANS;
type MetricName = keyof typeof METRICS;
type OfKind<Kind> = {
  [Name in MetricName]: (typeof METRICS)[Name]['kind'] extends Kind ? Name : never;
}[MetricName];
export type CounterName = OfKind<'counter'>;
type HistogramName = OfKind<'histogram'>;

/** A closed set, so that no other attribute is reported. */
export type Attributes = {
  /** `ok`, or the same as `error.type`. */
  'auth0_mcp.outcome'?: string;
  /** `get`, `update` …, `discovery_document`, `token_endpoint_refresh_token` … */
  'auth0_mcp.operation'?: string;
  /** An OAuth error code, a kind of Auth0Error, an HTTP status, `storage_unavailable`, or `_OTHER`. */
  'error.type'?: string;
  'http.request.method'?: string;
  'http.response.status_code'?: number;
  'server.address'?: string;
  'server.port'?: number;
};

const SCOPE = 'express-auth0-mcp';

/** In seconds: from a read of an embedded store to a request to Auth0 at its time limit. */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Error types of failures; all others are rejected requests. */
const FAULTS = new Set([
  'unavailable',
  'misconfigured',
  'invalid_response',
  'server_error',
  'temporarily_unavailable',
  'storage_unavailable',
  '_OTHER',
]);

/** Runs `work` in a span with its outcome, and counts it. */
export function traced<T>(
  name: SpanName,
  work: () => Promise<T>,
  counter?: CounterName,
): Promise<T> {
  return trace.getTracer(SCOPE).startActiveSpan(name, async (span) => {
    let type: string | undefined;
    try {
      return await work();
    } catch (error) {
      type = errorType(error);
      // Without a message: it could quote a request or a response.
      if (FAULTS.has(type)) span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.setAttributes(outcomeOf(type));
      span.end();
      if (counter !== undefined) count(counter, type);
    }
  });
}

/** Runs a request to Auth0 in a client span, and measures its duration. */
export function tracedCall<T extends { readonly status: number }>(
  { what, url, form }: { readonly what: string; readonly url: string; readonly form?: unknown },
  work: () => Promise<T>,
): Promise<T> {
  const { hostname, port, protocol } = new URL(url);
  const operation = { 'auth0_mcp.operation': what.match(/\w+/g)?.join('_') ?? '' };
  const attributes: Attributes = {
    ...operation,
    'http.request.method': form === undefined ? 'GET' : 'POST',
    'server.address': hostname,
    'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
  };
  const startedAtMs = performance.now();
  const options = { kind: SpanKind.CLIENT, attributes };
  return trace.getTracer(SCOPE).startActiveSpan('auth0_mcp.upstream', options, async (span) => {
    let end: Attributes = {};
    try {
      const response = await work();
      end = { 'http.response.status_code': response.status };
      // OpenTelemetry, HTTP client spans: every 4xx is an error whose type is its status.
      if (response.status >= 400) end['error.type'] = String(response.status);
      return response;
    } catch (error) {
      end = outcomeOf(errorType(error));
      span.setStatus({ code: SpanStatusCode.ERROR });
      throw error;
    } finally {
      span.setAttributes(end);
      span.end();
      const type = end['error.type'];
      record('auth0_mcp.upstream.duration', startedAtMs, {
        ...operation,
        ...end,
        ...(type !== undefined && { 'error.type': type }),
      });
    }
  });
}

/** @param type of the error; undefined for success */
export function count(name: CounterName, type?: string): void {
  (instruments().get(name) as Counter<Attributes>).add(1, outcomeOf(type));
}

/** @param startedAtMs of `performance.now()` */
export function record(name: HistogramName, startedAtMs: number, attributes: Attributes): void {
  const seconds = (performance.now() - startedAtMs) / 1000;
  (instruments().get(name) as Histogram<Attributes>).record(seconds, attributes);
}

/** `error.type` of the semantic conventions. By property for classes of other layers. */
export function errorType(error: unknown): string {
  if (error instanceof OAuthError) return error.code;
  if (!(error instanceof Error)) return '_OTHER';
  if ('code' in error && error.code === 'ERR_STORAGE_UNAVAILABLE') return 'storage_unavailable';
  return 'kind' in error && typeof error.kind === 'string' ? error.kind : '_OTHER';
}

function outcomeOf(type: string | undefined): Attributes {
  return type === undefined
    ? { 'auth0_mcp.outcome': 'ok' }
    : { 'auth0_mcp.outcome': type, 'error.type': type };
}

type Instruments = ReadonlyMap<MetricName, Counter<Attributes> | Histogram<Attributes>>;

/** By provider: unlike a tracer, an instrument created before an SDK is registered never reports to it. */
const instrumentsByProvider = new WeakMap<MeterProvider, Instruments>();

function instruments(): Instruments {
  const provider = metrics.getMeterProvider();
  const known = instrumentsByProvider.get(provider);
  if (known !== undefined) return known;
  const meter = provider.getMeter(SCOPE);
  const created = new Map<MetricName, Counter<Attributes> | Histogram<Attributes>>();
  for (const [name, { kind, unit, description }] of Object.entries(METRICS)) {
    const advice = { explicitBucketBoundaries: BUCKETS };
    created.set(
      name as MetricName,
      kind === 'counter'
        ? meter.createCounter<Attributes>(name, { unit, description })
        : meter.createHistogram<Attributes>(name, { unit, description, advice }),
    );
  }
  instrumentsByProvider.set(provider, created);
  return created;
}
