/** `npx express-auth0-mcp`: which command runs, its help, usage errors. */
import { describe, expect, it } from '@jest/globals';

import { USAGE } from '../../lib/cli/commands.js';
import { runProgram } from './program.js';
import { printedBy } from './run-command.js';

const run = (...args: string[]) => printedBy(args);

const COMMANDS = [...USAGE.matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);

describe('the commands', () => {
  it.each(['--help', '-h'])('are listed by %s', async (flag) => {
    expect(await run(flag)).toMatchObject({ code: 0, out: USAGE, aside: '' });
    expect(COMMANDS).toEqual(expect.arrayContaining(['doctor', 'setup']));
  });

  it.each(['--version', '-v'])('have the version of the package: %s', async (flag) => {
    expect(await run(flag)).toMatchObject({ code: 0, out: '1.2.3\n', aside: '' });
  });

  it.each(COMMANDS)('%s describes its options with --help', async (name) => {
    const { code, out, aside } = await run(name, '--help');
    expect([code, aside]).toEqual([0, '']);
    expect(out).toMatch(new RegExp(`^Usage: express-auth0-mcp ${name} `));
  });

  it.each(COMMANDS)('%s refuses an unknown option and an argument', async (name) => {
    for (const wrong of ['--unknown', 'extra']) {
      const { code, out, aside } = await run(name, wrong);
      expect([code, out]).toEqual([2, '']);
      expect(aside).toContain(wrong);
      expect(aside).toContain(`express-auth0-mcp ${name} --help`);
      expect(aside).not.toMatch(/^ +at /m);
    }
  });

  it('suggest the nearest name for an unknown one', async () => {
    const { code, out, aside } = await run('docter');
    expect([code, out]).toEqual([2, '']);
    expect(aside).toMatch(/^Unknown command "docter"\. Did you mean doctor\?/);
    expect(aside).toContain(USAGE);
  });

  it.each([[], ['constructor']])('are needed: %j', async (...args) => {
    const { code, aside } = await run(...args);
    expect(code).toBe(2);
    expect(aside).toContain(USAGE);
  });
});

describe('the program', () => {
  it('has the version of package.json', async () => {
    const { default: manifest } = await import('../../package.json', { with: { type: 'json' } });
    expect(await runProgram(['--version'])).toEqual({
      code: 0,
      stdout: `${manifest.version}\n`,
      stderr: '',
    });
  });
});
