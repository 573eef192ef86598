/** `express-auth0-mcp`: selects the command and reports usage errors. */
import { nearestName } from '../config/errors.js';
import { type CommandHost, WRONG_USAGE } from './host.js';

type Command = (args: readonly string[], host: CommandHost) => Promise<number> | number;

/** Loaded when called: most need packages that the others do not. */
const COMMANDS: Readonly<Record<string, () => Promise<Command>>> = {
  doctor: async () => (await import('../doctor/doctor.js')).runDoctor,
  tenant: async () => (await import('./tenant.js')).runTenant,
  setup: async () => (await import('../setup/setup.js')).runSetup,
};

export const USAGE = `Usage: express-auth0-mcp COMMAND [options]

  tenant      run a stand-in for an Auth0 tenant, to develop without an Auth0 account
  doctor      check the configuration at Auth0, the storage and the public URL; with --clients URL,
              which clients can log in at any MCP server
  setup       print the Auth0 settings for the Auth0 CLI, Terraform or the Deploy CLI

  --help      print this; after a command, its options
  --version   print the version of the package
`;

/** @returns the exit code */
export async function runCommand(args: readonly string[], host: CommandHost): Promise<number> {
  const [name = '', ...rest] = args;
  if (name === '--help' || name === '-h') {
    host.write(USAGE);
    return 0;
  }
  if (name === '--version' || name === '-v') {
    host.write(`${host.version()}\n`);
    return 0;
  }
  const load = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (load === undefined) {
    const nearest = nearestName(name, Object.keys(COMMANDS));
    const says = name === '' ? 'Name a command.' : `Unknown command "${name}".`;
    const suggestion = nearest === undefined ? '' : ` Did you mean ${nearest}?`;
    host.writeError(`${says}${suggestion}\n\n${USAGE}`);
    return WRONG_USAGE;
  }
  try {
    return await (await load())(rest, host);
  } catch (error) {
    if (!isUsageError(error)) throw error;
    host.writeError(`${error.message}\nSee: express-auth0-mcp ${name} --help\n`);
    return WRONG_USAGE;
  }
}

/** Of `parseArgs`, and for an absent file. By code, since errors of Node may be of another realm. */
function isUsageError(error: unknown): error is Error {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^(ERR_PARSE_ARGS|ENOENT)/.test(code);
}
