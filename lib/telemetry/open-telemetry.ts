/**
 * {@link Telemetry} by OpenTelemetry, where the app has it.
 *
 * `@opentelemetry/api` is an optional peer: who traces has it anyway, and others need not load it. The
 * SDK is theirs to choose, set up and register. Many apps have the package by some dependency of theirs
 * and no SDK, so it is loaded when an SDK is there, which may be registered at any time.
 *
 * @module
 */
import type * as OpenTelemetryApi from '@opentelemetry/api';

import { loadPackage } from '../load-package.js';
import {
  type Attributes,
  type CounterName,
  type DurationName,
  type LevelName,
  METRICS,
  type SpanName,
  type SpanOptions,
  type Telemetry,
} from './telemetry.js';

type Api = typeof OpenTelemetryApi;

/** Name of the instrumentation scope. */
const SCOPE = 'express-auth0-mcp';

/**
 * Boundaries of the buckets, in seconds: from an embedded store's microseconds to a call to Auth0 at
 * its time limit.
 */
const BUCKETS = [0.0001, 0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

/** Where every copy of the API of one major version looks for the SDK. */
const REGISTRY = Symbol.for('opentelemetry.js.api.1');

type Reporting = Omit<Telemetry, 'isOn'>;

/** Off until an SDK is registered, and where the app does not have `@opentelemetry/api`. */
export function openTelemetry(): Telemetry {
  let reporting: Reporting | undefined;
  let isMissing = false;

  function current(): Reporting | undefined {
    if (isMissing || !isSdkRegistered()) return undefined;
    try {
      reporting ??= reportingBy(loadPackage('@opentelemetry/api') as Api);
    } catch {
      isMissing = true;
    }
    return reporting;
  }

  return {
    isOn: () => current() !== undefined,
    span: (name, options, run) => (current() ?? NOBODY).span(name, options, run),
    count: (name, attributes) => current()?.count(name, attributes),
    record: (name, seconds, attributes) => current()?.record(name, seconds, attributes),
    watch: (name, read) => current()?.watch(name, read),
  };
}

const NOBODY: Pick<Reporting, 'span'> = {
  span: (_name, _options, run) => run({ set() {}, fail() {} }),
};

function isSdkRegistered(): boolean {
  const registry: unknown = Reflect.get(globalThis, REGISTRY);
  if (typeof registry !== 'object' || registry === null) return false;
  return 'trace' in registry || 'metrics' in registry;
}

function reportingBy(api: Api): Reporting {
  const tracer = api.trace.getTracer(SCOPE);
  const instruments = createInstruments(api);
  return {
    span<T>(
      name: SpanName,
      { isUpstream = false, attributes = {} }: SpanOptions,
      run: Parameters<Telemetry['span']>[2],
    ): Promise<T> {
      const kind = isUpstream ? api.SpanKind.CLIENT : api.SpanKind.INTERNAL;
      const options = { kind, attributes: { ...attributes } };
      return tracer.startActiveSpan(name, options, (span) =>
        (
          run({
            set: (more) => void span.setAttributes({ ...more }),
            // Without a message: it could quote what a client or Auth0 sent.
            fail: () => void span.setStatus({ code: api.SpanStatusCode.ERROR }),
          }) as Promise<T>
        ).finally(() => span.end()),
      );
    },
    count: (name, attributes) => instruments.counter(name).add(1, { ...attributes }),
    record: (name, seconds, attributes) =>
      instruments.duration(name).record(seconds, { ...attributes }),
    watch(name, read) {
      instruments.level(name).addCallback((result) => result.observe(read()));
    },
  };
}

interface Instruments {
  counter(name: CounterName): OpenTelemetryApi.Counter<MutableAttributes>;
  duration(name: DurationName): OpenTelemetryApi.Histogram<MutableAttributes>;
  level(name: LevelName): OpenTelemetryApi.ObservableUpDownCounter;
}

type MutableAttributes = { -readonly [Name in keyof Attributes]: Attributes[Name] };

/** Made at first use: unlike a tracer, a meter does not find an SDK that is registered after it. */
function createInstruments({ metrics }: Api): Instruments {
  const made = new Map<string, unknown>();
  function once<T>(name: string, make: (meter: OpenTelemetryApi.Meter) => T): T {
    if (!made.has(name)) made.set(name, make(metrics.getMeter(SCOPE)));
    return made.get(name) as T;
  }
  return {
    counter: (name) => once(name, (meter) => meter.createCounter(name, descriptionOf(name))),
    duration: (name) =>
      once(name, (meter) =>
        meter.createHistogram(name, {
          ...descriptionOf(name),
          advice: { explicitBucketBoundaries: BUCKETS },
        }),
      ),
    level: (name) =>
      once(name, (meter) => meter.createObservableUpDownCounter(name, descriptionOf(name))),
  };
}

function descriptionOf(name: keyof typeof METRICS): { unit: string; description: string } {
  const { unit, description } = METRICS[name];
  return { unit, description };
}
