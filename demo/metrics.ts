/**
 * What happens in numbers, for Prometheus, where `METRICS_PORT` is set.
 *
 * The library reports to OpenTelemetry's API; which SDK listens, and where it sends things, is the
 * app's choice. This is the smallest one that can be looked at with a browser.
 *
 * @module
 */
import { listenError } from './taken-port.js';

/**
 * Serves the metrics on the loopback interface, and says where.
 *
 * @throws an error that names the port when it is taken
 */
export async function startMetrics(): Promise<void> {
  const port = Number(process.env['METRICS_PORT'] || 0);
  if (port === 0) return;
  // A server without metrics has no use for any of this, and should not load it.
  const { metrics } = await import('@opentelemetry/api');
  const { PrometheusExporter } = await import('@opentelemetry/exporter-prometheus');
  const { MeterProvider } = await import('@opentelemetry/sdk-metrics');
  const exporter = new PrometheusExporter({ host: 'localhost', port, preventServerStart: true });
  await exporter.startServer().catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, 'METRICS_PORT', port);
  });
  metrics.setGlobalMeterProvider(new MeterProvider({ readers: [exporter] }));
  console.log(`Metrics        http://localhost:${port}/metrics`);
}
