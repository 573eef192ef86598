/** `doctor --resource`: the checks of `auth0McpResource()`. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { replayedClients } from '../../lib/doctor/clients/clients.js';
import { runResourceChecks } from '../../lib/doctor/doctor.js';
import type { CheckName, Finding } from '../../lib/doctor/finding.js';
import { replay } from '../../lib/doctor/replay/replay.js';
import type { Verdict } from '../../lib/doctor/replay/verdict.js';
import { logIn } from '../../lib/testing/log-in.js';
import { ADA } from '../../lib/testing/options.js';
import { printedBy } from '../cli/run-command.js';
import { freePort } from '../support/redis-server.js';
import { type ResourceWorld, startResourceWorld } from '../support/resource-world.js';
import { failure } from './run-checks.js';

let world: ResourceWorld;

beforeAll(async () => {
  world = await startResourceWorld();
});

afterAll(() => world.close());

const environment = (): Record<string, string> => ({
  AUTH0_MCP_CONFIG_URL: world.tenant.configUrl,
  AUTH0_MCP_BASE_URL: world.origin,
});

async function reportOf(
  changes: Readonly<Record<string, string>> = {},
  withServer = true,
): Promise<Partial<Record<CheckName, Finding>>> {
  const findings: Partial<Record<CheckName, Finding>> = {};
  const checks = runResourceChecks({
    environment: { ...environment(), ...changes },
    withServer,
    withLogin: false,
    now: () => Math.floor(Date.now() / 1000),
    promptLogin: () => undefined,
  });
  for await (const finding of checks) findings[finding.check] ??= finding;
  return findings;
}

describe('doctor --resource', () => {
  it('checks configuration, tenant and server, and says what only a login shows', async () => {
    const findings = await reportOf();
    const outcomes = Object.fromEntries(
      Object.values(findings).map(({ check, outcome }) => [check, outcome]),
    );
    expect(outcomes).toEqual({
      configuration: 'passed',
      discovery: 'passed',
      issuer: 'passed',
      clock: 'passed',
      'signing-algorithms': 'passed',
      'server-metadata': 'passed',
      'client-registration': 'passed',
      'base-url': 'passed',
      challenge: 'passed',
      'resource-metadata': 'passed',
      'client-agents': 'passed',
      'browser-clients': 'passed',
      audience: 'skipped',
    });
    expect(findings.configuration?.message).toContain(world.mcp);
    expect(findings.audience?.message).toContain('doctor --resource --client NAME --login');
  });

  it('creates no application at the tenant', async () => {
    const before = world.tenant.settings.applications.length;
    await reportOf();
    expect(world.tenant.settings.applications).toHaveLength(before);
  });

  it('warns if the tenant registers no clients, although it advertises that', async () => {
    world.tenant.configure({ dynamicClientRegistration: false });
    const findings = await reportOf();
    world.tenant.configure({ dynamicClientRegistration: true });
    expect(findings['client-registration']).toMatchObject({
      outcome: 'warning',
      message: expect.stringContaining('dynamic client registration is disabled'),
      remedy: expect.stringContaining('Dynamic Client Registration'),
    });
  });

  it('reports a server with another resource than the configured one', async () => {
    const findings = await reportOf({ AUTH0_MCP_RESOURCE_PATH: '/other' });
    expect(findings.challenge).toMatchObject(failure('404', 'app.use'));
  });

  it('warns of an audience that clients do not request', async () => {
    const findings = await reportOf({ AUTH0_MCP_AUDIENCE: 'https://api.example.test' }, false);
    expect(findings.configuration?.message).toContain('https://api.example.test');
    expect(findings.challenge).toMatchObject({
      outcome: 'skipped',
      message: expect.stringContaining('--without-server'),
    });
  });

  it('names every check that was not done because the configuration is not usable', async () => {
    const { code, out } = await printedBy(['doctor', '--resource'], {});
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ Configuration: configUrl .*\n {4}baseUrl /);
    expect(out).toMatch(
      /^– Discovery, Issuer, Clock, .*Challenge, .*Audience: not checked: the configuration is not usable$/m,
    );
  });

  it('finds the URL of the endpoint for --clients', async () => {
    const { code, out } = await printedBy(
      ['doctor', '--resource', '--client', 'codex'],
      environment(),
    );
    expect(out).toContain(`${world.mcp}: requires a token`);
    expect([code, out.split('\n').filter((line) => line.includes('Codex')).length]).toEqual([0, 1]);
  });

  it('does not fill the tenant with applications unasked', async () => {
    const before = world.tenant.settings.applications.length;
    const { code, aside } = await printedBy(['doctor', '--resource', '--clients'], environment());
    expect(code).toBe(2);
    expect(aside).toContain('--client NAME');
    expect(world.tenant.settings.applications).toHaveLength(before);
  });

  it('logs in at the tenant as a client, with --clients and --login', async () => {
    const redirectUri = `http://127.0.0.1:${await freePort()}/callback`;
    const clients = replayedClients()
      .filter(({ name }) => name === 'Codex CLI')
      .map((facts) => {
        const { metadata } = facts.introduction as { metadata: object };
        const registration = { ...metadata, redirect_uris: [redirectUri] };
        const introduction = { by: 'registration' as const, metadata: registration };
        return { ...facts, redirectUri, introduction };
      });
    let visit: Promise<unknown> = Promise.resolve();
    const promptLogin = (_name: string, url: string): void => {
      visit = logIn(url, ADA).then((next) => fetch(next));
    };
    const verdicts: Verdict[] = [];
    for await (const verdict of replay(world.mcp, clients, { logIn: 'all', promptLogin })) {
      verdicts.push(verdict);
    }
    await visit;
    expect(verdicts.at(-1)).toMatchObject({
      client: 'Codex CLI',
      outcome: 'passed',
      message: expect.stringMatching(/^a login/),
    });
  });
});
