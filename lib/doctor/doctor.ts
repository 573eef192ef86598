/** The command `doctor`: its arguments, its checks in order, its report. */
import { parseArgs } from 'node:util';

import { type CommandHost, FAILED, WRONG_USAGE } from '../cli/host.js';
import type { Environment } from '../config/env.js';
import { checkApplication, checkTenant } from './checks/auth0.js';
import { checkConfiguration, checkEnvFile } from './checks/configuration.js';
import { checkLogin, LOGIN_CHECKS } from './checks/login.js';
import { checkServer } from './checks/server.js';
import { checkStorage } from './checks/storage.js';
import type { ClientFacts } from './clients/client-facts.js';
import { replayedClients } from './clients/clients.js';
import {
  asJson,
  asText,
  type Finding,
  type Findings,
  isHealthy,
  skipped,
  summary,
} from './finding.js';
import { type ReplaySettings, replay } from './replay/replay.js';
import {
  isAllRight,
  type Verdict,
  verdictSummary,
  verdictsAsJson,
  verdictWriter,
} from './replay/verdict.js';

export const USAGE = `Usage: express-auth0-mcp doctor [options]
       express-auth0-mcp doctor --clients [options] [URL]

Reads the environment as auth0Mcp() does, and checks each setting where it takes effect: at
Auth0, at the storage, at the public URL. It changes nothing.

With --clients it sends the requests of Claude, ChatGPT, Cursor, Codex CLI and others instead,
and reports for each whether it could log in; at any MCP server, with or without this library.

  --login            let a user log in, to check offline access and granted scopes
  --without-server   do not check baseUrl: the server need not run
  --clients [URL]    replay the requests of real clients against the MCP endpoint at URL; needs
                     no configuration. Without URL: against the configured one
  --client NAME      replay only the clients whose names start with NAME; may be repeated
  --env FILE         load FILE into the environment first, as node --env-file does; variables
                     that are set keep their values
  --json             print one JSON document instead of text
  --version          print the version of the package
  --help             print this

--clients registers each client once, opens its authorization request, and sends an invalid code.
A server that stores registrations (this library does not) keeps one record per client, and may
limit them. With --login a user logs in as each client of --client, or else as the first that
redirects to this machine; the tokens are revoked afterwards if the server can do that.

Exit code: 0 no check failed, 1 a check failed, 2 wrong arguments.
`;

const OPTIONS = {
  login: { type: 'boolean' },
  'without-server': { type: 'boolean' },
  clients: { type: 'boolean' },
  client: { type: 'string', multiple: true },
  env: { type: 'string' },
  json: { type: 'boolean' },
  version: { type: 'boolean', short: 'v' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @returns the exit code */
export async function runDoctor(args: readonly string[], host: CommandHost): Promise<number> {
  const { now, write, writeError } = host;
  const replaysClients = args.some((arg) => /^--clients?(=|$)/.test(arg));
  const { values, positionals } = parseArgs({
    args: [...args],
    options: OPTIONS,
    allowPositionals: replaysClients,
  });
  if (values.help === true) {
    write(USAGE);
    return 0;
  }
  if (values.version === true) {
    write(`${host.version()}\n`);
    return 0;
  }
  if (replaysClients) return await runReplay({ ...values, urls: positionals }, host);
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

interface ReplayArguments {
  readonly urls: readonly string[];
  readonly client?: readonly string[] | undefined;
  readonly login?: boolean | undefined;
  readonly env?: string | undefined;
  readonly json?: boolean | undefined;
}

/** @returns the exit code */
async function runReplay(args: ReplayArguments, host: CommandHost): Promise<number> {
  const { urls, client: names = [], login, json } = args;
  const [given, ...more] = urls;
  const clients = clientsNamed(names);
  const problem =
    wrongUrl(given, more) ?? (clients === undefined ? unknownClient(names) : undefined);
  if (problem !== undefined || clients === undefined) {
    host.writeError(`${problem}\nSee: express-auth0-mcp doctor --help\n`);
    return WRONG_USAGE;
  }
  const url =
    given === undefined ? await configuredUrl(host.environment(args.env)) : { url: given };
  const verdicts: Verdict[] = [];
  const text = verdictWriter(host.color);
  const settings: ReplaySettings = {
    promptLogin: (name, at) => host.writeError(`Open ${at} and log in, as ${name} asks you to.\n`),
    ...(login === true && { logIn: names.length > 0 ? 'all' : 'first' }),
  };
  for await (const verdict of 'url' in url ? replay(url.url, clients, settings) : [url]) {
    verdicts.push(verdict);
    if (json !== true) host.write(text(verdict));
  }
  host.write(json === true ? verdictsAsJson(verdicts) : verdictSummary(verdicts));
  return isAllRight(verdicts) ? 0 : FAILED;
}

function clientsNamed(names: readonly string[]): readonly ClientFacts[] | undefined {
  const all = replayedClients();
  const found = (name: string): readonly ClientFacts[] =>
    all.filter((client) => client.name.toLowerCase().startsWith(name.toLowerCase()));
  if (!names.every((name) => found(name).length > 0)) return undefined;
  return names.length === 0 ? all : [...new Set(names.flatMap(found))];
}

function unknownClient(names: readonly string[]): string {
  const known = replayedClients().map(({ name }) => name);
  return `No client has a name that starts with ${names.join(' or ')}. Known are: ${known.join(', ')}.`;
}

function wrongUrl(url: string | undefined, more: readonly string[]): string | undefined {
  if (more.length > 0) return `One URL at a time, not ${more.join(' ')} as well.`;
  if (url === undefined || (/^https?:\/\/./.test(url) && URL.canParse(url))) return undefined;
  return `${url} is no URL. It has to be that of the MCP endpoint, such as https://host/mcp.`;
}

/** @returns a verdict about the configuration if it is not usable */
async function configuredUrl(
  environment: Environment,
): Promise<{ readonly url: string } | Verdict> {
  const checks = checkConfiguration(environment);
  let step = await checks.next();
  while (step.done !== true && step.value.outcome !== 'failed') step = await checks.next();
  if (step.done === true && step.value !== undefined) return { url: step.value.config.resource };
  const { message = '', remedy = '' } = step.done === true ? {} : step.value;
  return {
    client: 'Configuration',
    outcome: 'failed',
    message: `${message}\nNo client was checked for that reason.`,
    remedy: `${remedy} Or pass the URL of the MCP endpoint: doctor --clients https://host/mcp.`,
  };
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
