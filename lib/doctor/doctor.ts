/**
 * The command `doctor`: reads its arguments, examines, reports.
 *
 * @module
 */
import { parseArgs } from 'node:util';

import type { Environment } from '../config/env.js';
import { diagnose } from './diagnosis.js';
import type { Finding } from './finding.js';
import { asJson, asText, isHealthy, summary } from './report.js';

/** What the command has of the world outside. */
export interface CommandSurroundings {
  /** The environment, once the named file has been read into it. */
  readonly environment: (envFile: string | undefined) => Environment;
  /** Unix seconds. */
  readonly now: () => number;
  readonly write: (text: string) => void;
  /** What is not the result: where to log in, and mistakes in the call. */
  readonly writeAside: (text: string) => void;
}

/** Something failed, or the command was called wrongly: as CI and shells expect it. */
const FAILURE = 1;
const WRONG_CALL = 2;

export const USAGE = `Usage: express-auth0-mcp doctor [options]

Reads the environment as auth0Mcp() does, and checks each setting where it counts: at
Auth0, at the storage, at the public URL. It changes nothing.

  --login            let somebody log in, for what shows only then (offline access, scopes)
  --without-server   leave out baseUrl: the server need not run
  --env FILE         read FILE into the environment first, as node --env-file does; what is
                     set already stays
  --json             print one JSON document instead of text
  --help             print this

Exit code: 0 nothing is wrong, 1 a check failed, 2 wrong arguments.
`;

const OPTIONS = {
  login: { type: 'boolean' },
  'without-server': { type: 'boolean' },
  env: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @returns the exit code */
export async function runCommand(
  args: readonly string[],
  surroundings: CommandSurroundings,
): Promise<number> {
  const { now, write, writeAside } = surroundings;
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      options: OPTIONS,
      allowPositionals: true,
    });
    if (values.help === true) {
      write(USAGE);
      return 0;
    }
    if (positionals.join(' ') !== 'doctor') throw new WrongCall('The one command is doctor.');
    const examination = {
      environment: surroundings.environment(values.env),
      envFile: values.env,
      withServer: values['without-server'] !== true,
      withLogin: values.login === true,
      now,
      invite: (url: string) => writeAside(`Open ${url} and log in.\n`),
    };
    const findings: Finding[] = [];
    for await (const finding of diagnose(examination)) {
      findings.push(finding);
      if (values.json !== true) write(asText(finding));
    }
    write(values.json === true ? asJson(findings) : summary(findings));
    return isHealthy(findings) ? 0 : FAILURE;
  } catch (error) {
    if (!isWrongCall(error)) throw error;
    writeAside(`${error.message}\n\n${USAGE}`);
    return WRONG_CALL;
  }
}

/** By code: of `parseArgs`, or of a file that is not there. Errors of Node may be of another realm. */
function isWrongCall(error: unknown): error is Error {
  if (error instanceof WrongCall) return true;
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ERR_PARSE_ARGS|ENOENT)/.test(code);
}

class WrongCall extends Error {
  override readonly name = 'WrongCall';
}
