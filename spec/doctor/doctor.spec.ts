/** The command: its arguments, its output, its exit code. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { USAGE } from '../../lib/doctor/doctor.js';
import { CHECKS } from '../../lib/doctor/finding.js';
import { DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { runProgram } from '../cli/program.js';
import { printedBy } from '../cli/run-command.js';
import { startWorld, type World } from '../support/world.js';
import { environmentFor, STRONG_KEY } from './run-checks.js';

let world: World;
let environment: Record<string, string>;

beforeAll(async () => {
  world = await startWorld();
  environment = environmentFor({ configUrl: world.tenant.configUrl, baseUrl: world.origin });
});

afterAll(() => world.close());

const run = (args: readonly string[], variables: Readonly<Record<string, string>> = environment) =>
  printedBy(args, variables);

describe('doctor', () => {
  it('exits with 0 and prints a line for each check if none fails', async () => {
    const { code, out, aside } = await run(['doctor']);
    expect(code).toBe(0);
    expect(out).toContain('✓ Callback URL: ');
    expect(out).toContain(
      '– Login, Granted scopes, Offline access: not checked: it needs a login.',
    );
    expect(out).toMatch(/\nNo check failed; 3 not checked\.\n$/);
    expect(out).not.toMatch(/^[✗!]/m);
    expect(aside).toBe('');
  });

  it('exits with 1 and prints the finding and its remedy if one fails', async () => {
    const wrong = { ...environment, AUTH0_MCP_AUDIENCE: 'https://api.example.test/unknown' };
    const { code, out } = await run(['doctor', '--without-server'], wrong);
    expect(code).toBe(1);
    expect(out).toMatch(/^✗ Audience: .*unknown.*\n {4}→ audience must be exactly /m);
    expect(out).toMatch(/\n1 of \d+ checks failed; \d+ not checked\.\n$/);
  });

  it('reports all missing options in one finding, a line each', async () => {
    const { code, out } = await run(['doctor'], {});
    expect(code).toBe(1);
    expect(out).toMatch(
      /^✗ Configuration: configUrl .*\n {4}clientId .*\n {4}audience .*\n {4}baseUrl .*\n {4}→ /,
    );
  });

  it('names every check that was not done because the first one failed', async () => {
    const { out } = await run(['doctor'], {});
    expect(out).toMatch(
      /^– Discovery, Issuer, .*Storage, Base URL, .*Login, .*: not checked: the configuration is not usable$/m,
    );
    const { checks } = JSON.parse((await run(['doctor', '--json'], {})).out);
    expect(checks.length).toBeGreaterThan(15);
  });

  it('prints the version', async () => {
    expect(await run(['doctor', '--version'])).toMatchObject({ code: 0, out: '1.2.3\n' });
  });

  it('prints one JSON document with --json, for programs', async () => {
    const { code, out } = await run(['doctor', '--json']);
    const { ok, checks } = JSON.parse(out);
    expect([code, ok]).toEqual([0, true]);
    for (const finding of checks) {
      expect(Object.keys(CHECKS)).toContain(finding.check);
      expect(finding).toMatchObject({ title: expect.any(String), message: expect.any(String) });
    }
  });

  it('has a JSON document for a configuration that cannot be read, too', async () => {
    const { code, out } = await run(['doctor', '--json'], {});
    expect([code, JSON.parse(out).ok]).toEqual([1, false]);
  });

  it.each([['doctor'], ['doctor', '--json']])('shows no secret (%s %s)', async (...args) => {
    const bad = { ...environment, AUTH0_MCP_CLIENT_ID: 'unknown' };
    for (const variables of [environment, bad]) {
      const { out, aside } = await run(args.filter(Boolean), variables);
      for (const secret of [DEMO_CLIENT_SECRET, STRONG_KEY]) {
        expect(out + aside).not.toContain(secret);
      }
    }
  });

  it('prints its usage with --help', async () => {
    expect(await run(['doctor', '--help'])).toMatchObject({ code: 0, out: USAGE });
  });

  it('passes on the file to load into the environment', async () => {
    const { files } = await run(['doctor', '--without-server', '--env', '.env.test']);
    expect(files).toEqual(['.env.test']);
  });
});

describe('the program', () => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'));
  afterAll(() => rmSync(directory, { recursive: true }));

  it('loads an env file and exits with the code', async () => {
    const file = join(directory, 'env');
    const wrong = { ...environment, AUTH0_MCP_CLIENT_SECRET: 'not-the-one-of-the-tenant' };
    const lines = Object.entries(wrong).map(([name, value]) => `${name}=${value}`);
    writeFileSync(file, lines.join('\n'));
    const { code, stdout } = await runProgram(['doctor', '--env', file, '--json']);
    expect(code).toBe(1);
    const failures = JSON.parse(stdout).checks.filter(
      ({ outcome }: { outcome: string }) => outcome === 'failed',
    );
    expect(failures).toMatchObject([{ check: 'client-authentication' }]);
  });

  /** What the program finds about the configuration in a file. */
  async function configurationIn(text: string): Promise<{ outcome: string; message: string }[]> {
    const file = join(directory, 'written');
    writeFileSync(file, text);
    const { stdout } = await runProgram(['doctor', '--without-server', '--env', file, '--json']);
    const { checks } = JSON.parse(stdout) as {
      checks: { check: string; outcome: string; message: string }[];
    };
    return checks.filter(({ check }) => check === 'configuration');
  }

  it('reads a file as node --env-file does, and names the values that docker would pass differently', async () => {
    const entries = Object.entries(environment).map(([name, value]) => `export ${name}=${value}`);
    const plain = entries.map((line) => line.replace('export ', ''));
    expect(await configurationIn(plain.join('\r\n'))).toMatchObject([{ outcome: 'passed' }]);
    const quoted = plain.map((line) =>
      line
        .replace(/^(AUTH0_MCP_CLIENT_ID)=(.*)$/, '$1="$2"')
        .replace(/^(AUTH0_MCP_AUDIENCE=.*)$/, '$1 # api'),
    );
    const findings = await configurationIn(['# a comment', '', 'OTHER="x"', ...quoted].join('\n'));
    expect(findings).toMatchObject([
      {
        outcome: 'warning',
        message: expect.stringMatching(
          /node --env-file reads it\. docker run --env-file .* other values for AUTH0_MCP_AUDIENCE, AUTH0_MCP_CLIENT_ID$/,
        ),
      },
      { outcome: 'passed' },
    ]);
    expect(await configurationIn(entries.join('\n'))).toMatchObject([
      { outcome: 'warning', message: expect.stringContaining('AUTH0_MCP_BASE_URL') },
      { outcome: 'passed' },
    ]);
    expect(JSON.stringify(findings)).not.toContain(DEMO_CLIENT_SECRET);
  });

  it.each([
    ['a byte order mark', '\ufeff', /byte order mark/],
    [
      'a value cut at a #',
      'AUTH0_MCP_STORAGE_ENCRYPTION_KEY=0123456789#0123456789012345678901\n',
      /ENCRYPTION_KEY/,
    ],
    ['a variable', `AUTH0_MCP_ISSUER_URL=\${ISSUER}\n`, /ISSUER_URL.*variable/],
  ])('says what is wrong with a file with %s', async (_what, begin, says) => {
    const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    const findings = await configurationIn(begin + lines.join('\n'));
    expect(findings.map(({ message }) => message).join('\n')).toMatch(says);
    expect(findings.some(({ outcome }) => outcome === 'failed')).toBe(true);
  });

  it('exits quietly when the reader of its output closes the pipe, as head does', async () => {
    const file = join(directory, 'env');
    const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    writeFileSync(file, lines.join('\n'));
    const { code, stderr } = await runProgram(['doctor', '--env', file], {
      closeAfterFirstOutput: true,
    });
    expect([code, stderr]).toEqual([0, '']);
  });

  it('exits with 2 for a file that does not exist', async () => {
    const { code, stderr } = await runProgram(['doctor', '--env', join(directory, 'none')]);
    expect(code).toBe(2);
    expect(stderr).toContain('none');
  });
});
