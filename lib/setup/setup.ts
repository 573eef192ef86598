/** The command `setup`: prints the Auth0 settings of a server as a file of another tool. Changes nothing. */
import { parseArgs } from 'node:util';

import { type CommandHost, FAILED } from '../cli/host.js';
import { type Environment, readEnvironment } from '../config/env.js';
import { Auth0McpConfigError, unknownName, wrongOption } from '../config/errors.js';
import type { Logger } from '../config/logger.js';
import { FORMATS, type Format } from './formats.js';
import { type Policy, planTenant, type TenantPlan } from './plan.js';

export const USAGE = `Usage: express-auth0-mcp setup [options]

Prints what creates the API and the application of this server at Auth0: the callback URL, offline
access, scopes, refresh tokens. It reads the environment as auth0Mcp() does, where tenant, client id
and secret may still be missing. It changes nothing, at Auth0 or here.

  --format FORMAT        cli: commands of the Auth0 CLI (default)
                         terraform: for the provider auth0/auth0
                         deploy: YAML for the Auth0 Deploy CLI
  --audience ID          identifier of the API, instead of AUTH0_MCP_AUDIENCE
  --base-url URL         public URL of the server, instead of AUTH0_MCP_BASE_URL
  --scopes LIST          further scopes of the API: those that only the code names, in toolScopes
  --policy "ID SCOPES"    another API that tools call with auth0Token({ audience }), and its scopes,
                         all separated by spaces; may be repeated
  --backchannel-logout   let Auth0 notify the server of logouts (Enterprise plan, https)
  --env FILE             load FILE into the environment first, as node --env-file does
  --help                 print this

Exit code: 0 printed, 1 a setting is missing or wrong, 2 wrong arguments.
`;

const OPTIONS = {
  format: { type: 'string', default: 'cli' },
  audience: { type: 'string' },
  'base-url': { type: 'string' },
  scopes: { type: 'string' },
  policy: { type: 'string', multiple: true },
  'backchannel-logout': { type: 'boolean', default: false },
  env: { type: 'string' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** @returns the exit code */
export function runSetup(args: readonly string[], host: CommandHost): number {
  const { values } = parseArgs({ args: [...args], options: OPTIONS });
  if (values.help === true) {
    host.write(USAGE);
    return 0;
  }
  try {
    const format = formatOf(values.format);
    const own = host.environment(values.env);
    const environment = withArguments(own, values);
    const policies = values.policy?.map(policyOf);
    const plan = planTenant(environment, values['backchannel-logout'], warningsTo(host), policies);
    host.write(FORMATS[format](plan) + linesToAdd(own, environment, plan) + CHECK);
    return 0;
  } catch (error) {
    if (!(error instanceof Auth0McpConfigError)) throw error;
    host.writeError(`${error.message}\nSee: express-auth0-mcp setup --help\n`);
    return FAILED;
  }
}

function formatOf(name: string): Format {
  if (Object.hasOwn(FORMATS, name)) return name as Format;
  throw unknownName('format', name, Object.keys(FORMATS));
}

function policyOf(text: string): Policy {
  const [audience = '', ...scope] = text.split(' ').filter(Boolean);
  if (scope.length > 0) return { audience, scope };
  const remedy =
    'Give the identifier of the API and its scopes: --policy "https://api.example read"';
  throw wrongOption('policy', text, remedy);
}

type Arguments = Partial<Record<'audience' | 'base-url' | 'scopes', string | undefined>>;

/** An argument takes the place of the variable, and is checked like it. */
function withArguments(environment: Environment, given: Arguments): Environment {
  const scopes = [environment['AUTH0_MCP_SCOPES_SUPPORTED'], given.scopes]
    .filter(Boolean)
    .join(' ');
  return {
    ...environment,
    ...(given.audience !== undefined && { AUTH0_MCP_AUDIENCE: given.audience }),
    ...(given['base-url'] !== undefined && { AUTH0_MCP_BASE_URL: given['base-url'] }),
    ...(scopes !== '' && { AUTH0_MCP_SCOPES_SUPPORTED: scopes }),
  };
}

const CHECK =
  '# Then check the result: npx express-auth0-mcp doctor --env .env --without-server --login\n';

const DISCOVERY_PATH = '/.well-known/openid-configuration';

/** The settings that `.env` lacks so far, besides those that Auth0 creates. */
function linesToAdd(own: Environment, full: Environment, { tenantHost }: TenantPlan): string {
  const { configUrl, domain } = readEnvironment(own).options;
  const lines = Object.entries(full).filter(([name, value]) => own[name] !== value);
  if (configUrl === undefined && domain === undefined)
    lines.unshift(['AUTH0_MCP_DOMAIN', tenantHost]);
  if (String(configUrl).startsWith('http:'))
    lines.unshift(['AUTH0_MCP_CONFIG_URL', `https://${tenantHost}${DISCOVERY_PATH}`]);
  if (lines.length === 0) return '';
  return `# It needs these as well:\n${lines.map(([name, value]) => `#   ${name}=${value}\n`).join('')}`;
}

/** Warnings go beside the result, which may be redirected to a file. */
function warningsTo({ writeError }: CommandHost): Logger {
  const drop = (): void => {};
  const warn = (_fields: object, message: string): void => writeError(`Warning: ${message}\n`);
  return { debug: drop, info: drop, warn, error: drop };
}
