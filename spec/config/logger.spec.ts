import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { pino } from 'pino';

import { createConsoleLogger } from '../../lib/config/logger.js';
import { startWorld } from '../support/world.js';

describe('the console logger', () => {
  let lines: string[];
  beforeEach(() => {
    lines = [];
    for (const method of ['log', 'info', 'debug', 'warn', 'error'] as const) {
      jest
        .spyOn(console, method)
        .mockImplementation((line) => void lines.push(`${method} ${line}`));
    }
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });

  it('writes warnings and errors, and drops the rest', () => {
    const logger = createConsoleLogger();
    logger.debug({}, 'a');
    logger.info({}, 'b');
    logger.warn({}, 'c');
    logger.error({ grantId: 'g1' }, 'd');
    expect(lines).toEqual([
      'warn [express-auth0-mcp] c',
      'error [express-auth0-mcp] d {"grantId":"g1"}',
    ]);
  });

  it('writes one line per call, with any fields', () => {
    createConsoleLogger().error({ reason: 'a\nb' }, 'first\nsecond');
    expect(lines).toEqual(['error [express-auth0-mcp] first second {"reason":"a\\nb"}']);
  });

  it('shows an error with its cause, but not its other properties', () => {
    const cause = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' });
    const error = Object.assign(new Error('no answer', { cause }), { request: 'Bearer hunter2' });
    createConsoleLogger().error({ error }, 'failed');
    expect(lines[0]).toMatch(/"message":"no answer".*"message":"refused","code":"ECONNREFUSED"/);
    expect(lines[0]).not.toContain('hunter2');
  });

  it('never throws', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    createConsoleLogger().warn({ circle }, 'odd');
    createConsoleLogger().warn({ big: 1n }, 'large');
    expect(lines[0]).toContain('odd');
    expect(lines[1]).toContain('{"big":"1"}');
  });
});

describe('pino', () => {
  it('is a logger as it is, and so is a child of it, which keeps its fields', async () => {
    const lines: Record<string, unknown>[] = [];
    const log = pino({ base: null }, { write: (line) => void lines.push(JSON.parse(line)) });
    const world = await startWorld({ options: { logger: log.child({ part: 'auth' }) } });
    const headers = { authorization: 'Bearer a.forged.token' };
    await fetch(world.mcp, { method: 'POST', headers });
    await world.close();
    const { origin } = world;
    expect(lines).toEqual([
      expect.objectContaining({ level: 30, part: 'auth', callbackUrl: `${origin}/auth/callback` }),
      expect.objectContaining({
        ...{ level: 30, part: 'auth', error: 'invalid_token', request: 'POST /mcp' },
        ...{ correlationId: expect.any(String), msg: 'a request was rejected' },
      }),
    ]);
  });
});
