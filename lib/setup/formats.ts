/** The settings as a file of each tool. Explanations are comments, which all three mark by `#`. */
import type { PublicKey, TenantPlan } from './plan.js';

/** A tool that can create the settings. */
export type Format = 'cli' | 'terraform' | 'deploy';

/** Each ends with a line feed. */
export const FORMATS: Readonly<Record<Format, (plan: TenantPlan) => string>> = {
  cli: asCommands,
  terraform: asTerraform,
  deploy: asDeployYaml,
};

function asCommands(plan: TenantPlan): string {
  const { api, application, tenantHost } = plan;
  return `# Auth0 settings for ${plan.resource}, as commands of the Auth0 CLI: https://github.com/auth0/auth0-cli
# Log in first: auth0 login. With several tenants: auth0 tenants use ${tenantHost}

# The API that Auth0's access tokens are for. Leave this command out if the tenant has it.
${postCommand('resource-servers', api)}
# The application that users log in to.
${postCommand('clients', application)}
${valuesToCopy(plan, 'The last response has', (key) => `its ${key}`)}`;
}

/** For a POSIX shell. */
function postCommand(path: string, body: object): string {
  const json = JSON.stringify(body, undefined, 2).replaceAll("'", String.raw`'\''`);
  return `auth0 api post ${path} --data '${json}'\n`;
}

function asDeployYaml(plan: TenantPlan): string {
  const { api, application, tenantHost } = plan;
  return `# Auth0 settings for ${plan.resource}, for the Auth0 Deploy CLI: https://github.com/auth0/auth0-deploy-cli
# Set AUTH0_DOMAIN=${tenantHost}, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET of an application that may use
# the Management API, leave AUTH0_ALLOW_DELETE unset, and save this as tenant.yaml:
#   npx auth0-deploy-cli import --input_file tenant.yaml

${yaml({ resourceServers: [api], clients: [application] })}

${keyNote(plan, ({ alg, kid }) => alg !== 'RS256' || kid !== undefined)}${valuesToCopy(
  plan,
  'Dashboard > Applications > the new application > Settings has',
  (key) => `its ${key === 'client_id' ? 'Client ID' : 'Client Secret'}`,
)}`;
}

/** Block style; a string is a double-quoted scalar, of which JSON is a subset. */
function yaml(value: object, indent = ''): string {
  const below = `${indent}  `;
  const scalarOrBlock = (item: unknown): string => {
    if (typeof item !== 'object' || item === null) return ` ${JSON.stringify(item)}`;
    return `\n${yaml(item, below)}`;
  };
  const lines = Array.isArray(value)
    ? value.map((item) =>
        typeof item === 'object'
          ? `${indent}- ${yaml(item, below).trimStart()}`
          : `${indent}-${scalarOrBlock(item)}`,
      )
    : Object.entries(value).map(([key, item]) => `${indent}${key}:${scalarOrBlock(item)}`);
  return lines.join('\n');
}

function asTerraform(plan: TenantPlan): string {
  const { api, application, method, tenantHost } = plan;
  const { scopes = [], ...apiArguments } = api;
  const {
    token_endpoint_auth_method: _method,
    client_authentication_methods: keys,
    ...clientArguments
  } = application;
  const hasSecret = isSecretMethod(method);
  const blocks = [
    resource('auth0_resource_server', apiArguments),
    ...(scopes.length === 0
      ? []
      : [
          resource('auth0_resource_server_scopes', {
            resource_server_identifier: new Reference('auth0_resource_server.mcp.identifier'),
            scopes: scopes.map(({ value }) => ({ name: value })),
          }),
        ]),
    resource('auth0_client', clientArguments),
    resource('auth0_client_credentials', {
      client_id: new Reference('auth0_client.mcp.id'),
      authentication_method: method,
      ...(keys !== undefined && {
        private_key_jwt: { credentials: keys.private_key_jwt.credentials.map(terraformKey) },
      }),
    }),
    output('client_id', { value: new Reference('auth0_client.mcp.client_id') }),
    ...(hasSecret
      ? [
          output('client_secret', {
            value: new Reference('auth0_client_credentials.mcp.client_secret'),
            sensitive: true,
          }),
        ]
      : []),
  ];
  return `# Auth0 settings for ${plan.resource}, for the Terraform provider auth0/auth0.
# Set AUTH0_DOMAIN=${tenantHost}, AUTH0_CLIENT_ID and AUTH0_CLIENT_SECRET of an application that may use
# the Management API, also with the scope read:client_keys, save this as main.tf:
#   terraform init && terraform apply
# An API that the tenant has: terraform import auth0_resource_server.mcp API_ID

terraform {
  required_providers {
    auth0 = {
      source  = "auth0/auth0"
      version = "~> 1.55"
    }
  }
}

${blocks.join('\n')}
${keyNote(plan, ({ kid }) => kid !== undefined)}${valuesToCopy(
  plan,
  'The outputs have',
  (key) => `terraform output -raw ${key}`,
)}`;
}

/** An expression of Terraform. */
class Reference {
  readonly expression: string;

  constructor(expression: string) {
    this.expression = expression;
  }
}

function terraformKey({ alg, kid: _kid, ...key }: PublicKey): object {
  return { ...key, algorithm: alg };
}

function resource(type: string, body: object): string {
  return `resource "${type}" "mcp" {\n${hcl(body, '  ')}}\n`;
}

function output(name: string, body: object): string {
  return `output "${name}" {\n${hcl(body, '  ')}}\n`;
}

/** Arguments and nested blocks; a list of objects is one block for each. As `terraform fmt` writes them. */
function hcl(body: object, indent: string): string {
  const entries: [string, unknown][] = Object.entries(body);
  const values = entries.filter(([, value]) => !isBlock(value));
  const width = Math.max(...values.map(([key]) => key.length));
  const blocks = entries
    .filter(([, value]) => isBlock(value))
    .flatMap(([key, value]) => [value].flat().map((item) => [key, Object(item)] as const));
  return [
    ...values.map(([key, value]) => `${indent}${key.padEnd(width)} = ${hclValue(value)}\n`),
    ...blocks.map(([key, item]) => `${indent}${key} {\n${hcl(item, `${indent}  `)}${indent}}\n`),
  ].join('');
}

function isBlock(value: unknown): boolean {
  if (Array.isArray(value)) return typeof value[0] === 'object';
  return typeof value === 'object' && !(value instanceof Reference);
}

function hclValue(value: unknown): string {
  if (value instanceof Reference) return value.expression;
  if (Array.isArray(value)) return `[${value.map(hclValue).join(', ')}]`;
  // `${` and `%{` begin a template.
  return JSON.stringify(value).replace(/[$%](?=\{)/g, '$&$&');
}

function isSecretMethod(method: TenantPlan['method']): boolean {
  return method === 'client_secret_post' || method === 'client_secret_basic';
}

/** Auth0 compares both with the header of the client assertion. */
function keyNote({ application }: TenantPlan, isUnsupported: (key: PublicKey) => boolean): string {
  const keys = application.client_authentication_methods?.private_key_jwt.credentials ?? [];
  if (!keys.some(isUnsupported)) return '';
  return '# This tool cannot set the "kid" or "alg" of a key: use an RSA key with RS256 and without "kid".\n';
}

/** @param describe where one of the values is */
function valuesToCopy(
  { method }: TenantPlan,
  where: string,
  describe: (key: 'client_id' | 'client_secret') => string,
): string {
  const clientId = `#   AUTH0_MCP_CLIENT_ID: ${describe('client_id')}\n`;
  if (!isSecretMethod(method)) return `# ${where} the value to copy into .env:\n${clientId}`;
  const clientSecret = `#   AUTH0_MCP_CLIENT_SECRET: ${describe('client_secret')}\n`;
  return `# ${where} the two values to copy into .env:\n${clientId}${clientSecret}`;
}
