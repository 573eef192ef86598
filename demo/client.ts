/**
 * An MCP client: logs in through the browser, lists the tools or calls one. At the demo server it calls every tool and
 * prints the results.
 */
import { parseArgs } from 'node:util';
import { ClientCredentialsProvider } from '@modelcontextprotocol/sdk/client/auth-extensions.js';
import { logIn as logInAs } from 'express-auth0-mcp/testing';

import { createAgentSession } from './agent.js';
import { listenForCallback } from './loopback-callback.js';
import { createMcpSession, type McpSession } from './mcp-session.js';
import { DemoOAuthProvider } from './oauth-provider.js';
import { openSavedLogin } from './saved-login.js';
import { ADA, MACHINE, standInUrl } from './stand-in.js';

const USAGE = `npm run demo:client -- [options] [URL of the MCP endpoint]

Calls the tools of the demo server, or lists those of another one.

  --list        list the tools
  --call NAME   call this tool
  --args JSON   its arguments: '{"name": "value"}'
  --enterprise  as the agent of an enterprise: sign in at its identity provider, the stand-in
  --machine     without a user, by client credentials: MACHINE_CLIENT_ID and MACHINE_CLIENT_SECRET, or those of the stand-in
  --headless    log in without a browser, as Ada at the stand-in
  --fresh       delete the saved login first
  --help        print this text`;

/** Those that the tour calls at every demo server. */
const DEMO_TOOLS = ['get_token_info', 'whoami', 'write_file'];

const { values, mcpUrl, args } = readArguments();
const saved = openSavedLogin(mcpUrl);
if (values.fresh) saved.forget();
const callback = await listenForCallback(saved.redirectUri);
// Auth0 compares the port of the redirect URI, and another program may have taken the registered one.
if (saved.redirectUri !== undefined && saved.redirectUri !== callback.redirectUri) saved.forget();
const logIn = values.headless ? logInAsAda : openDefaultBrowser;
const session = values.enterprise
  ? createAgentSession(mcpUrl, standInUrl(), callback, openBrowser)
  : createMcpSession(
      mcpUrl,
      values.machine ? machineProvider() : new DemoOAuthProvider(callback, saved, openBrowser),
    );

console.log(`… connecting to ${mcpUrl.href}`);
try {
  await run(session);
} catch (error) {
  console.error(`✗ ${reasonOf(error)}`);
  process.exitCode = 1;
} finally {
  await session.close();
  callback.close();
}

function readArguments() {
  const flag = { type: 'boolean' } as const;
  const text = { type: 'string' } as const;
  const options = {
    ...{ list: flag, call: text, args: text, enterprise: flag, machine: flag },
    ...{ headless: flag, fresh: flag, help: flag },
  };
  try {
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    if (values.help) {
      console.log(USAGE);
      process.exit(0);
    }
    if (values.enterprise && values.machine) {
      throw new Error('--enterprise has a user and --machine has none: give one of them');
    }
    const [url = defaultUrl()] = positionals;
    if (!URL.canParse(url)) throw new Error(`Not a URL: ${url}`);
    return { values, mcpUrl: new URL(url), args: argumentsIn(values.args) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

function argumentsIn(json = '{}'): Record<string, unknown> {
  try {
    const args = JSON.parse(json);
    if (typeof args === 'object' && args !== null && !Array.isArray(args)) return args;
  } catch {
    // The parser's message does not say where the text comes from.
  }
  throw new Error(`--args has to be a JSON object, such as '{"name": "value"}': received ${json}`);
}

async function run(session: McpSession): Promise<void> {
  if (values.call !== undefined) {
    for (const text of await session.call(values.call, args)) console.log(text);
    return;
  }
  if (values.enterprise && !values.list) return await callAsEmployee(session);
  if (values.machine && !values.list) return await callAsMachine(session);
  const tools = values.list ? [] : (await session.tools()).map(({ name }) => name);
  if (DEMO_TOOLS.every((name) => tools.includes(name))) return await callAllTools(session);
  for (const { name, description = '', inputSchema } of await session.tools()) {
    const names = Object.keys(inputSchema.properties ?? {}).join(', ');
    console.log(`✓ ${name}(${names})  ${description.split('\n')[0]}`);
  }
}

/** Its token has no user, and at the demo server the permissions of an application of Auth0. */
async function callAsMachine(session: McpSession): Promise<void> {
  const [me = '{}'] = await session.call('whoami');
  console.log(`✓ whoami: ${JSON.parse(me).subject}, a client without a user`);
  await session.call('write_file', { name: 'demo.txt', text: 'Hello!' });
  console.log('✓ write_file, with the scope files:write');
  const [info = '{}'] = await session.call('get_token_info');
  console.log(`✓ get_token_info: Auth0 granted ${JSON.parse(info).scope}`);
}

function machineProvider(): ClientCredentialsProvider {
  const { env } = process;
  return new ClientCredentialsProvider({
    clientId: env['MACHINE_CLIENT_ID'] || MACHINE.clientId,
    clientSecret: env['MACHINE_CLIENT_SECRET'] || MACHINE.clientSecret,
    clientName: 'Demo machine',
    expectedIssuer: mcpUrl.href.replace(/\/mcp$/, ''),
  });
}

/** Calls the tools that need no token of Auth0. */
async function callAsEmployee(session: McpSession): Promise<void> {
  const [me = '{}'] = await session.call('whoami');
  const { subject, enterprise } = JSON.parse(me);
  console.log(`✓ whoami: ${subject}, an employee, vouched for by ${enterprise}`);
  // The 403 names the missing scope; the agent gets another assertion, without asking the user.
  await session.call('write_file', { name: 'demo.txt', text: 'Hello!' });
  console.log('✓ write_file, with the scope files:write');
}

/** Calls every tool of the demo server; the last one requires another scope. */
async function callAllTools(session: McpSession): Promise<void> {
  const call = async (tool: string, given?: Record<string, unknown>) =>
    JSON.parse((await session.call(tool, given))[0] ?? '{}');
  console.log('✓ Authenticated with Auth0!');

  const { issuer, audience, scope } = await call('get_token_info');
  console.log('✓ get_token_info');
  console.log(`    Auth0 issuer: ${issuer}`);
  console.log(`    Auth0 audience: ${[audience].flat().join(', ')}`);
  console.log(`    Auth0 scope: ${scope}`);

  const { subject, name, email } = await call('whoami');
  console.log(`✓ whoami: ${name === undefined ? subject : `${name} <${email}>`}`);

  // The resource-only server has no Auth0 token to call an API with.
  const tools = await session.tools();
  if (tools.some(({ name: tool }) => tool === 'call_api')) reportApi(await call('call_api'));

  // Without files:write the server responds with 403, and the client logs in again with that scope.
  const { characters } = await call('write_file', { name: 'demo.txt', text: 'Hello!' });
  console.log(`✓ write_file: ${characters} characters, with the scope files:write`);
}

function reportApi({ status }: { readonly status: number }): void {
  if (status !== 200) {
    throw new Error(`call_api: the API behind Auth0 responded with ${status}.`);
  }
  console.log(`✓ call_api: the API behind Auth0 responded with ${status}`);
}

/** Prints the requested scopes, since a tool can require a second login. */
async function openBrowser(url: URL): Promise<void> {
  console.log(`… login required, with the scopes: ${url.searchParams.get('scope')}`);
  await logIn(url);
}

async function openDefaultBrowser(url: URL): Promise<void> {
  console.log(`  Your browser opens. If it does not, visit:\n\n  ${url.href}\n`);
  const { default: open } = await import('open');
  // Without a browser the printed URL remains.
  await open(url.href).catch(() => {});
}

function defaultUrl(): string {
  const { env } = process;
  const baseUrl =
    env['AUTH0_MCP_BASE_URL'] ||
    env['FASTMCP_SERVER_AUTH_AUTH0_BASE_URL'] ||
    `http://localhost:${env['PORT'] || 8000}`;
  return `${baseUrl.replace(/\/+$/, '')}/mcp`;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED') {
    return `No server at ${mcpUrl.origin}. Start it first, such as by: npm run demo`;
  }
  if (values.machine && !process.env['MACHINE_CLIENT_ID']) {
    return `${error.message}. For another server than the demo, set MACHINE_CLIENT_ID and MACHINE_CLIENT_SECRET`;
  }
  return error.message;
}

/** Logs in as Ada at the stand-in, without a browser. */
async function logInAsAda(url: URL): Promise<void> {
  const redirect = await logInAs(url, ADA).catch((error: Error) => {
    throw new Error(`--headless works with the stand-in only. ${error.message}`);
  });
  await fetch(redirect);
}
