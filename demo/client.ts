/** A client for the demo server: logs in through the browser, calls every tool, prints the results. */
import { parseArgs } from 'node:util';
import { logIn as logInAs } from 'express-auth0-mcp/testing';

import { listenForCallback } from './loopback-callback.js';
import { createMcpSession, type McpSession } from './mcp-session.js';
import { DemoOAuthProvider } from './oauth-provider.js';
import { openSavedLogin } from './saved-login.js';
import { ADA } from './stand-in.js';

const USAGE = `npm run demo:client -- [options] [URL of the MCP endpoint]

  --headless   log in without a browser, as Ada at the stand-in
  --fresh      delete the saved login first
  --help       print this text`;

const { values, positionals } = readArguments();
const mcpUrl = new URL(positionals[0] ?? defaultUrl());
const saved = openSavedLogin(mcpUrl);
if (values.fresh) saved.forget();
const callback = await listenForCallback(saved.redirectUri);
// Auth0 compares the port of the redirect URI, and another program may have taken the registered one.
if (saved.redirectUri !== undefined && saved.redirectUri !== callback.redirectUri) saved.forget();
const logIn = values.headless ? logInAsAda : openDefaultBrowser;
const session = createMcpSession(mcpUrl, new DemoOAuthProvider(callback, saved, openBrowser));

console.log(`… connecting to ${mcpUrl.href}`);
try {
  await callAllTools(session);
} catch (error) {
  console.error(`✗ ${reasonOf(error)}`);
  process.exitCode = 1;
} finally {
  await session.close();
  callback.close();
}

function readArguments() {
  const flag = { type: 'boolean' } as const;
  const options = { headless: flag, fresh: flag, help: flag };
  try {
    const result = parseArgs({ options, allowPositionals: true });
    if (!result.values.help) return result;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** Calls every tool of the demo server; the last one requires another scope. */
async function callAllTools({ connect, tools, call }: McpSession): Promise<void> {
  await connect();
  console.log('✓ Authenticated with Auth0!');

  const { issuer, audience, scope } = await call('get_token_info');
  console.log('✓ get_token_info');
  console.log(`    Auth0 issuer: ${issuer}`);
  console.log(`    Auth0 audience: ${[audience].flat().join(', ')}`);
  console.log(`    Auth0 scope: ${scope}`);

  const { subject, name, email } = await call('whoami');
  console.log(`✓ whoami: ${name === undefined ? subject : `${name} <${email}>`}`);

  // The resource-only server has no Auth0 token to call an API with.
  if ((await tools()).includes('call_api')) await callApi(call);

  // Without files:write the server responds with 403, and the client logs in again with that scope.
  const { characters } = await call('write_file', { name: 'demo.txt', text: 'Hello!' });
  console.log(`✓ write_file: ${characters} characters, with the scope files:write`);
}

async function callApi(call: McpSession['call']): Promise<void> {
  const { status } = await call('call_api');
  if (status !== 200) {
    throw new Error(
      `call_api: the API behind Auth0 responded with ${status}. If the stand-in was restarted, its tokens are invalid: npm run demo:client -- --fresh`,
    );
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
    return `No server at ${mcpUrl.origin}. Start it first: npm run demo`;
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
