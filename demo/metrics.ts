/** Prometheus metrics, if `METRICS_PORT` is set: the library reports to OpenTelemetry's API, the app registers an SDK. */
import { exitOnListenError } from './start-errors.js';

/** Serves the metrics on the loopback interface. @throws an error that names a taken port */
export async function startMetrics(): Promise<void> {
  const port = Number(process.env['METRICS_PORT'] || 0);
  if (port === 0) return;
  // Loaded only if needed.
  const { metrics } = await import('@opentelemetry/api');
  const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus');
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics');
  const exporter = new PrometheusExporter({ host: 'localhost', port, preventServerStart: true });
  await exporter.startServer().catch((error: NodeJS.ErrnoException) => {
    exitOnListenError(error, 'METRICS_PORT', port);
  });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  console.log(`Metrics        http://localhost:${port}/metrics`);
}
