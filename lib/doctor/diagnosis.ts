/**
 * All checks, from what everything else needs to what only a login shows.
 *
 * @module
 */
import type { Environment } from '../config/env.js';
import { checkApplication } from './checks/application.js';
import { checkConfiguration } from './checks/configuration.js';
import { checkLogin, LOGIN_CHECKS, type LoginSurroundings } from './checks/login.js';
import { checkServer } from './checks/server.js';
import { checkStorage } from './checks/storage.js';
import { checkTenant } from './checks/tenant.js';
import { envFileFindings } from './env-file.js';
import { type Findings, skipped } from './finding.js';

/** What to look at, and with what. */
export interface Examination extends LoginSurroundings {
  readonly environment: Environment;
  /** The file that was read into it. */
  readonly envFile?: string | undefined;
  /** Whether our own server is looked at as well; otherwise it need not run. */
  readonly withServer: boolean;
  /** Whether somebody is there to log in. */
  readonly withLogin: boolean;
}

/** One finding after the other, each as soon as it is known. */
export async function* diagnose(examination: Examination): Findings {
  const { environment, envFile, now, withServer, withLogin } = examination;
  if (envFile !== undefined) yield* envFileFindings(envFile);
  const setup = yield* checkConfiguration(environment);
  if (setup === undefined) return;
  const { config } = setup;
  yield* checkStorage(setup);
  const metadata = yield* checkTenant(config.auth0, now);
  if (metadata === undefined) {
    yield* skipped(['callback', 'audience', 'client-authentication'], 'there is no tenant to ask');
  } else yield* checkApplication(config, metadata, now);
  const serverRuns = withServer ? yield* checkServer(config) : false;
  if (!withServer) yield* skipped(['base-url'], 'left out by --without-server');
  if (!withLogin) yield* skipped(LOGIN_CHECKS, 'it shows in a login only. Run doctor --login');
  else if (metadata === undefined) yield* skipped(LOGIN_CHECKS, 'there is no tenant to log in at');
  else yield* checkLogin(config, { ...examination, serverRuns });
}
