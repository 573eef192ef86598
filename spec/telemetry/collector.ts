/**
 * OpenTelemetry's own SDK, registered for the process of one spec file and kept in memory.
 *
 * @module
 */
import { context, metrics, trace } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';

/** One value of a metric: of a counter or level the number, of a duration how many there were. */
export interface Point {
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly value: number;
}

/** What was reported so far. */
export interface Collector {
  spans(): readonly ReadableSpan[];
  /** Spans of this name, oldest first. */
  named(name: string): readonly ReadableSpan[];
  points(metric: string): Promise<readonly Point[]>;
  /** Everything, as an exporter would send it. */
  everything(): Promise<string>;
  /** Names, units and descriptions of all metrics. */
  metrics(): Promise<readonly { name: string; unit: string; description: string }[]>;
  /** Forgets the spans; metrics go on. */
  clear(): void;
}

class OnDemandReader extends MetricReader {
  protected override async onShutdown(): Promise<void> {}
  protected override async onForceFlush(): Promise<void> {}
}

/** Registers everything globally, as an app does before it starts. */
export function collect(): Collector {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  trace.setGlobalTracerProvider(provider);
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const reader = new OnDemandReader();
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }));

  async function collected() {
    const { resourceMetrics } = await reader.collect();
    return resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
  }

  return {
    spans: () => exporter.getFinishedSpans(),
    named: (name) => exporter.getFinishedSpans().filter((span) => span.name === name),
    async points(metric) {
      const found = (await collected()).filter(({ descriptor }) => descriptor.name === metric);
      return found.flatMap(({ dataPoints }) =>
        dataPoints.map(({ attributes, value }) => ({
          attributes,
          value: typeof value === 'number' ? value : (value as { count: number }).count,
        })),
      );
    },
    async everything() {
      const spans = exporter.getFinishedSpans().map((span) => ({
        name: span.name,
        attributes: span.attributes,
        events: span.events,
        status: span.status,
      }));
      return JSON.stringify({ spans, metrics: await collected() });
    },
    async metrics() {
      return (await collected()).map(({ descriptor: { name, unit, description } }) => ({
        name,
        unit,
        description,
      }));
    },
    clear: () => exporter.reset(),
  };
}
