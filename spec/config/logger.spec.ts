import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';

import { createConsoleLogger } from '../../lib/config/logger.js';

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
