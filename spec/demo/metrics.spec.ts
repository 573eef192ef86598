import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';

import { metrics } from '@opentelemetry/api';
import type { MeterProvider } from '@opentelemetry/sdk-metrics';

import { startMetrics } from '../../demo/metrics.js';
import { registerClient } from '../support/oauth-client.js';
import { freePort } from '../support/redis-server.js';
import { startWorld, type World } from '../support/world.js';

const printed: string[] = [];
const { log } = console;
let world: World;
let port: number;

beforeAll(async () => {
  port = await freePort();
  process.env['METRICS_PORT'] = String(port);
  console.log = (line: string) => void printed.push(line);
  await startMetrics();
  world = await startWorld({});
});

afterAll(async () => {
  console.log = log;
  delete process.env['METRICS_PORT'];
  await world.close();
  // Ends the exporter's web server too.
  await (metrics.getMeterProvider() as MeterProvider).shutdown();
});

describe('the metrics of the demo', () => {
  it('are served for Prometheus, with valid names', async () => {
    expect(printed).toEqual([`Metrics        http://localhost:${port}/metrics`]);
    const client = await registerClient(world.origin);
    await client.tokens();
    const text = await (await fetch(`http://localhost:${port}/metrics`)).text();
    expect(text).toMatch(/^auth0_mcp_logins_total\{[^}]*auth0_mcp_outcome="ok"[^}]*\} 1$/m);
    expect(text).toMatch(/^auth0_mcp_upstream_duration_bucket\{/m);
    expect(text).toMatch(/^auth0_mcp_storage_duration_count\{/m);
    expect(text).toMatch(/^auth0_mcp_logins_started_total(\{[^}]*\})? 1$/m);
  });

  it('name a taken port', async () => {
    const error = jest.spyOn(console, 'error').mockImplementation(() => {});
    jest.spyOn(process, 'exit').mockImplementation((code) => {
      throw new Error(`exit ${code}`);
    });
    await expect(startMetrics()).rejects.toThrow('exit 1');
    expect(error.mock.calls).toEqual([[expect.stringContaining(`Port ${port} is taken`)]]);
    jest.restoreAllMocks();
  });

  it('are off by default', async () => {
    delete process.env['METRICS_PORT'];
    await startMetrics();
    expect(printed).toHaveLength(1);
  });
});
