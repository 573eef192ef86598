/** What every client is run through, step by step, and what is recorded of it. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ClientFacts } from '../../lib/doctor/clients/client-facts.js';
import { CLIENTS } from '../../lib/doctor/clients/clients.js';
import { ADA } from '../../lib/testing/options.js';
import { isRecording } from '../support/mode.js';
import { ROOT } from '../support/source-tree.js';
import type { ClientProgram, StartProgram } from './client-program.js';
import { type ClientRun, startClientRun } from './client-run.js';
import { installed, type ProgramName, versionOf } from './installed.js';
import { RECORDED_RUNS, type RecordedRun } from './recorded-runs.js';
import { transcript } from './request-log.js';

/** A download of 400 MB. */
const INSTALL_TIMEOUT_MS = 600_000;
const STEP_TIMEOUT_MS = 180_000;

/** The life of an access token, and its leeway. */
const TOKEN_LIFE_SECONDS = 3_700;

/** @param name of its facts in lib/doctor/clients */
export function describeRun(name: string, program: ProgramName, startProgram: StartProgram): void {
  const facts = CLIENTS.find((client) => client.name === name);
  if (facts === undefined) throw new Error(`lib/doctor/clients has no ${name}`);
  const version = versionOf(program);
  const steps: Record<string, RecordedRun['steps'][string]> = {};
  let stepUpRequests: readonly string[] = [];
  let run: ClientRun;
  let client: ClientProgram;

  beforeAll(async () => {
    const modules = await installed(program);
    run = await startClientRun();
    client = startProgram(run, modules);
  }, INSTALL_TIMEOUT_MS);
  afterAll(async () => {
    await client?.quit?.();
    await run?.close();
    if (isRecording) {
      const date = new Date().toISOString().slice(0, 10);
      record(program, { client: name, version, date, steps, stepUpRequests });
    }
  });

  /** A step has its outcome as a few words for the table. */
  function step(title: string, action: () => Promise<string>): void {
    it(
      `CLI-16: ${title}`,
      async () => {
        const start = Date.now();
        run.log.length = 0;
        const outcome = await action();
        steps[title] = { outcome, seconds: Math.round((Date.now() - start) / 100) / 10 };
      },
      STEP_TIMEOUT_MS,
    );
  }

  const requests = (): string => transcript(run.log).join('\n');
  const whoami = async (): Promise<void> => {
    expect(await client.call('whoami')).toContain(ADA.email);
  };
  /** The user gives up: the windows of a client that has ended would disturb its next login. */
  const quit = async (): Promise<void> => {
    await client.quit?.();
    await run.closeWindows();
  };
  const writeFile = async (): Promise<void> => {
    expect(await client.call('write_file')).toContain('written');
  };

  describe(`${name} ${version}`, () => {
    it('has facts about this version', () => {
      expect(facts.evidence).toMatchObject({ kind: 'run', version });
    });

    step('log in', async () => {
      await client.logIn();
      const lines = requests();
      expect(lines).toContain('GET /.well-known/oauth-protected-resource/mcp 200');
      expect(lines).toContain('GET /.well-known/oauth-authorization-server 200');
      expect(lines).toContain('POST /token 200 grant_type=authorization_code');
      const registration = run.log.find((request) => request.registration);
      expect(comparable(registration?.registration)).toEqual(comparable(registrationOf(facts)));
      expect(registration?.userAgent).toBe(facts.userAgent);
      expect(run.log[0]?.method).toBe(facts.firstRequest ?? 'POST');
      return 'works';
    });

    step('list', async () => {
      expect(await client.list()).toMatch(/write_file|connected/);
      return 'works';
    });

    step('call', async () => {
      await whoami();
      expect(requests()).toContain('POST /mcp 200 tools/call whoami');
      return 'works';
    });

    step('refresh', async () => {
      run.world.advance(TOKEN_LIFE_SECONDS);
      await whoami();
      expect(requests()).toContain('POST /token 200 grant_type=refresh_token');
      expect(requests()).not.toContain('/authorize');
      const { parameters } = run.log.find(({ path }) => path === '/token') ?? {};
      expect(parameters?.['resource']).toBe(run.world.mcp);
      expect(parameters?.['scope'] !== undefined).toBe(facts.refreshesWithScope ?? false);
      return 'works';
    });

    step('step-up', async () => {
      if (facts.stepUp.kind === 'automatic') {
        await writeFile();
      } else {
        await expect(client.call('write_file')).rejects.toThrow();
        await quit();
        await client.logInForScope?.('files:write');
        await writeFile();
      }
      const lines = transcript(run.log);
      expect(lines).toContain('POST /mcp 403 tools/call write_file');
      stepUpRequests = lines;
      return facts.stepUp.kind;
    });

    step('server restart', async () => {
      await run.restart();
      await whoami();
      expect(requests()).not.toMatch(/authorize|\/token/);
      return 'works';
    });

    step('revoked grant', async () => {
      const { grants } = run.world.auth;
      for (const { id } of await grants.list({ subject: ADA.sub })) await grants.revoke(id);
      const failed = await whoami().then(
        () => false,
        () => true,
      );
      if (failed) {
        expect(requests()).toContain('POST /token 400 grant_type=refresh_token');
        await quit();
        await client.logIn();
        await whoami();
      }
      expect(requests()).toContain('GET /authorize 200');
      return failed ? 'the user logs in again' : 'opens a login';
    });
  });
}

function registrationOf({ introduction }: ClientFacts): Readonly<Record<string, unknown>> {
  return introduction.by === 'registration' ? introduction.metadata : {};
}

/** Ports and the name of the server differ in each run. */
function comparable(registration: unknown): unknown {
  const text = JSON.stringify(registration ?? null);
  return JSON.parse(text.replaceAll(/:\d{4,5}\//g, ':0/').replace('(demo)', '(my-server)'));
}

function record(program: ProgramName, run: RecordedRun): void {
  mkdirSync(join(ROOT, RECORDED_RUNS), { recursive: true });
  writeFileSync(join(ROOT, RECORDED_RUNS, `${program}.json`), `${JSON.stringify(run, null, 2)}\n`);
}
