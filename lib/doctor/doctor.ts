/** The command `doctor`: its arguments, its checks in order, its report. */
import { parseArgs } from 'node:util';

import { type CommandHost, FAILED } from '../cli/host.js';
import type { Environment } from '../config/env.js';
import { checkApplication, checkTenant } from './checks/auth0.js';
import { checkConfiguration, checkEnvFile } from './checks/configuration.js';
import { checkLogin, LOGIN_CHECKS } from './checks/login.js';
import { checkServer } from './checks/server.js';
import { checkStorage } from './checks/storage.js';
import {
  asJson,
  asText,
  type Finding,
  type Findings,
  isHealthy,
  skipped,
  summary,
} from './finding.js';

export const USAGE = `Usage: express-auth0-mcp doctor [options]

Reads the environment as auth0Mcp() does, and checks each setting where it takes effect: at
Auth0, at the storage, at the public URL. It changes nothing.

  --login            let a user log in, to check offline access and granted scopes
  --without-server   do not check baseUrl: the server need not run
  --env FILE         load FILE into the environment first, as node --env-file does; variables
                     that are set keep their values
  --json             print one JSON document instead of text
  --help             print this

Exit code: 0 no check failed, 1 a check failed, 2 wrong arguments.
`;

const OPTIONS = {
  login: { type: 'boolean' },
  'without-server': { type: 'boolean' },
  env: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @returns the exit code */
export async function runDoctor(args: readonly string[], host: CommandHost): Promise<number> {
  const { now, write, writeError } = host;
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) {
    write(USAGE);
    return 0;
  }
  const findings: Finding[] = [];
  const checks = runChecks({
    environment: host.environment(values.env),
    envFile: values.env,
    withServer: values['without-server'] !== true,
    withLogin: values.login === true,
    now,
    promptLogin: (url) => writeError(`Open ${url} and log in.\n`),
  });
  for await (const finding of checks) {
    findings.push(finding);
    if (values.json !== true) write(asText(finding, host.color));
  }
  write(values.json === true ? asJson(findings) : summary(findings));
  return isHealthy(findings) ? 0 : FAILED;
}

export interface DoctorSettings {
  readonly environment: Environment;
  /** The file that was loaded into it. */
  readonly envFile?: string | undefined;
  /** Whether to check our own server; otherwise it need not run. */
  readonly withServer: boolean;
  /** Whether a user can log in. */
  readonly withLogin: boolean;
  /** Unix seconds. */
  readonly now: () => number;
  /** Shows the user the URL of the login. */
  readonly promptLogin: (url: string) => void;
}

/** Runs all checks, those first that others depend on. */
export async function* runChecks(settings: DoctorSettings): Findings {
  const { environment, envFile, now, withServer, withLogin } = settings;
  if (envFile !== undefined) yield* checkEnvFile(envFile);
  const setup = yield* checkConfiguration(environment);
  if (setup === undefined) return;
  const { config } = setup;
  yield* checkStorage(setup);
  const metadata = yield* checkTenant(config, now);
  if (metadata === undefined) {
    yield* skipped(['callback', 'audience', 'client-authentication'], 'the tenant is not usable');
  } else yield* checkApplication(config, metadata, now);
  const isServerUp = withServer ? yield* checkServer(config) : false;
  if (!withServer) yield* skipped(['base-url'], 'omitted by --without-server');
  if (!withLogin) yield* skipped(LOGIN_CHECKS, 'it needs a login. Run doctor --login');
  else if (metadata === undefined) yield* skipped(LOGIN_CHECKS, 'the tenant is not usable');
  else yield* checkLogin(config, isServerUp, settings);
}
