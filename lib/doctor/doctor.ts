/** The command `doctor`: its arguments, its checks in order, its report. */
import { parseArgs } from 'node:util';

import { type CommandHost, FAILED, WRONG_USAGE } from '../cli/host.js';
import type { Environment } from '../config/env.js';
import { checkApplication, checkAuthorizationServer, checkTenant } from './checks/auth0.js';
import {
  checkConfiguration,
  checkEnvFile,
  checkResourceConfiguration,
} from './checks/configuration.js';
import { checkLogin, LOGIN_CHECKS } from './checks/login.js';
import {
  checkResourceServer,
  checkServer,
  RESOURCE_SERVER_CHECKS,
  SERVER_CHECKS,
} from './checks/server.js';
import { checkStorage } from './checks/storage.js';
import type { ClientFacts } from './clients/client-facts.js';
import { replayedClients } from './clients/clients.js';
import {
  asJson,
  type CheckName,
  type Finding,
  type Findings,
  findingWriter,
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
  --audience ID      with --login and --without-server: check that Auth0 issues tokens for this
                     other API, as auth0Token({ audience }) needs them; may be repeated
  --without-server   do not check baseUrl: the server need not run
  --resource         the server uses auth0McpResource(): clients log in at the tenant itself
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
  audience: { type: 'string', multiple: true },
  'without-server': { type: 'boolean' },
  resource: { type: 'boolean' },
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
    allowPositionals: true,
  });
  if (values.help === true) {
    write(USAGE);
    return 0;
  }
  if (values.version === true) {
    write(`${host.version()}\n`);
    return 0;
  }
  if (!replaysClients && positionals.length > 0) {
    writeError(
      `Unexpected argument ${positionals.join(' ')}: the server is that of the configuration. To check which clients can log in at any server: doctor --clients URL\nSee: express-auth0-mcp doctor --help\n`,
    );
    return WRONG_USAGE;
  }
  if (replaysClients) return await runReplay({ ...values, urls: positionals }, host);
  const findings: Finding[] = [];
  const run = values.resource === true ? runResourceChecks : runChecks;
  const checks = run({
    environment: host.environment(values.env),
    envFile: values.env,
    withServer: values['without-server'] !== true,
    withLogin: values.login === true,
    audiences: values.audience,
    now,
    promptLogin: (url) => writeError(`Open ${url} and log in.\n`),
  });
  const text = findingWriter(host.color);
  for await (const finding of checks) {
    findings.push(finding);
    if (values.json !== true) write(text(finding));
  }
  write(values.json === true ? asJson(findings) : text(undefined) + summary(findings));
  return isHealthy(findings) ? 0 : FAILED;
}

interface ReplayArguments {
  readonly urls: readonly string[];
  readonly client?: readonly string[] | undefined;
  readonly login?: boolean | undefined;
  readonly env?: string | undefined;
  readonly json?: boolean | undefined;
  readonly resource?: boolean | undefined;
}

/** @returns the exit code */
async function runReplay(args: ReplayArguments, host: CommandHost): Promise<number> {
  const { urls, client: names = [], login, json, resource = false } = args;
  const [given, ...more] = urls;
  const clients = clientsNamed(names);
  const problem =
    wrongUrl(given, more) ??
    (clients === undefined ? unknownClient(names) : undefined) ??
    (resource && given === undefined && names.length === 0 ? NAME_CLIENTS : undefined);
  if (problem !== undefined || clients === undefined) {
    host.writeError(`${problem}\nSee: express-auth0-mcp doctor --help\n`);
    return WRONG_USAGE;
  }
  const url =
    given === undefined
      ? await configuredUrl(host.environment(args.env), resource)
      : { url: given };
  const verdicts: Verdict[] = [];
  const text = verdictWriter(host.color);
  const settings: ReplaySettings = {
    promptLogin: (name, at) => host.writeError(`Open ${at} and log in, as ${name} asks you to.\n`),
    ...(login === true && { logIn: names.length > 0 ? 'all' : 'first' }),
  };
  for await (const verdict of 'url' in url ? replay(url.url, clients, settings) : [url]) {
    verdicts.push(verdict);
    // If the endpoint fails, no client is checked: one line for all is enough.
    const isCommon = verdicts.length > 1 && verdicts[0]?.outcome === 'failed';
    if (json !== true && !isCommon) host.write(text(verdict));
  }
  host.write(json === true ? verdictsAsJson(verdicts) : verdictSummary(verdicts));
  return isAllRight(verdicts) ? 0 : FAILED;
}

const NAME_CLIENTS =
  'With --resource each client that is replayed becomes an application of the tenant, of which a plan has only so many. Name those to replay: --client NAME.';

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
  ofResource: boolean,
): Promise<{ readonly url: string } | Verdict> {
  const checks = ofResource
    ? checkResourceConfiguration(environment)
    : checkConfiguration(environment);
  let step = await checks.next();
  while (step.done !== true && step.value.outcome !== 'failed') step = await checks.next();
  if (step.done === true && step.value !== undefined) {
    return { url: 'config' in step.value ? step.value.config.resource : step.value.resource };
  }
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
  /** Identifiers of other APIs that tools call. */
  readonly audiences?: readonly string[] | undefined;
  /** Unix seconds. */
  readonly now: () => number;
  /** Shows the user the URL of the login. */
  readonly promptLogin: (url: string) => void;
}

/** Runs all checks of `auth0Mcp()`, those first that others depend on. */
export async function* runChecks(settings: DoctorSettings): Findings {
  const { environment, envFile, now, withServer, withLogin } = settings;
  if (envFile !== undefined) yield* checkEnvFile(envFile);
  const setup = yield* checkConfiguration(environment);
  if (setup === undefined) {
    const checks = [...TENANT_CHECKS, ...APPLICATION_CHECKS, 'storage', ...SERVER_CHECKS] as const;
    yield* skipped([...checks, ...LOGIN_CHECKS], 'the configuration is not usable');
    return;
  }
  const { config } = setup;
  yield* checkStorage(setup);
  const metadata = yield* checkTenant(config, now);
  if (metadata === undefined) yield* skipped(APPLICATION_CHECKS, 'the tenant is not usable');
  else yield* checkApplication(config, metadata, now);
  const isServerUp = withServer ? yield* checkServer(config) : false;
  if (!withServer) yield* skipped(SERVER_CHECKS, 'omitted by --without-server');
  if (!withLogin) yield* skipped(LOGIN_CHECKS, 'it needs a login. Run doctor --login');
  else if (metadata === undefined) yield* skipped(LOGIN_CHECKS, 'the tenant is not usable');
  else yield* checkLogin(config, isServerUp, settings);
}

/** Runs all checks of `auth0McpResource()`. */
export async function* runResourceChecks(settings: DoctorSettings): Findings {
  const { environment, envFile, now, withServer } = settings;
  if (envFile !== undefined) yield* checkEnvFile(envFile);
  const config = yield* checkResourceConfiguration(environment);
  if (config === undefined) {
    const checks = [...TENANT_CHECKS, ...CLIENT_CHECKS, ...RESOURCE_SERVER_CHECKS];
    yield* skipped([...checks, 'audience'], 'the configuration is not usable');
    return;
  }
  const metadata = yield* checkTenant(config, now);
  if (metadata === undefined) yield* skipped(CLIENT_CHECKS, 'the tenant is not usable');
  else yield* checkAuthorizationServer(config, metadata);
  if (withServer) yield* checkResourceServer(config);
  else yield* skipped(RESOURCE_SERVER_CHECKS, 'omitted by --without-server');
  yield* skipped(
    ['audience'],
    `whether the tenant issues tokens for ${config.auth0.audience} shows in a login only. Run doctor --resource --client NAME --login, which registers that client at the tenant`,
  );
}

const TENANT_CHECKS: readonly CheckName[] = ['discovery', 'issuer', 'clock', 'signing-algorithms'];

/** Of our application at the tenant. */
const APPLICATION_CHECKS: readonly CheckName[] = ['callback', 'audience', 'client-authentication'];

/** Of a tenant at which clients log in themselves. */
const CLIENT_CHECKS: readonly CheckName[] = ['server-metadata', 'client-registration'];
