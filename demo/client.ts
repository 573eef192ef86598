/**
 * A client for the demo server: logs in through the browser, calls every tool, prints what came back.
 *
 *     npm run demo:client                 in the default browser
 *     npm run demo:client -- --headless   without one, as Ada at the stand-in
 *     npm run demo:client -- --fresh      forgets the last login first
 *     npm run demo:client -- https://mcp.example.com/mcp
 *
 * @module
 */
import { parseArgs } from 'node:util';

import { createHeadlessLogin } from './headless-login.js';
import { listenForCallback } from './loopback-callback.js';
import { createMcpSession, type McpSession } from './mcp-session.js';
import { DemoOAuthProvider } from './oauth-provider.js';
import { openSavedLogin } from './saved-login.js';

const { values, positionals } = parseArgs({
  options: { headless: { type: 'boolean' }, fresh: { type: 'boolean' } },
  allowPositionals: true,
});
const mcpUrl = new URL(positionals[0] ?? defaultUrl());
const saved = openSavedLogin(mcpUrl);
if (values.fresh) saved.forget();
const callback = await listenForCallback(saved.redirectUri);
// Auth0 itself wants the very port that was registered, and another program may have it by now.
if (saved.redirectUri !== undefined && saved.redirectUri !== callback.redirectUri) saved.forget();
const logIn = values.headless ? createHeadlessLogin() : openDefaultBrowser;
const session = createMcpSession(mcpUrl, new DemoOAuthProvider({ callback, saved, openBrowser }));

console.log(`… connecting to ${mcpUrl.href}`);
try {
  await tour(session);
} catch (error) {
  console.error(`✗ ${reasonOf(error)}`);
  process.exitCode = 1;
} finally {
  await session.close();
  callback.close();
}

/** Every tool of the demo server, in the order in which they ask for more. */
async function tour({ connect, tools, call }: McpSession): Promise<void> {
  await connect();
  console.log('✓ Authenticated with Auth0!');

  const { issuer, audience, scope } = await call('get_token_info');
  console.log('✓ get_token_info');
  console.log(`    Auth0 issuer: ${issuer}`);
  console.log(`    Auth0 audience: ${[audience].flat().join(', ')}`);
  console.log(`    Auth0 scope: ${scope}`);

  const { subject, name, email } = await call('whoami');
  console.log(`✓ whoami: ${name === undefined ? subject : `${name} <${email}>`}`);

  // Not where the server has no tokens of its own to call with.
  if ((await tools()).includes('call_api')) await callApi(call);

  // The first time, the server asks for files:write, and for a login with it.
  const { characters } = await call('write_file', { name: 'demo.txt', text: 'Hello!' });
  console.log(`✓ write_file: ${characters} characters, with the scope files:write`);
}

async function callApi(call: McpSession['call']): Promise<void> {
  const { status } = await call('call_api');
  if (status !== 200) {
    throw new Error(
      `call_api: the API behind Auth0 answered ${status}. If the stand-in was restarted, it no longer knows its tokens: npm run demo:client -- --fresh`,
    );
  }
  console.log(`✓ call_api: the API behind Auth0 answered ${status}`);
}

/** Says what for, since it happens once more for a tool that needs more. */
async function openBrowser(url: URL): Promise<void> {
  console.log(`… a login is needed, with the scopes: ${url.searchParams.get('scope')}`);
  await logIn(url);
}

async function openDefaultBrowser(url: URL): Promise<void> {
  console.log(`  Your browser opens for it. If it does not, visit:\n\n  ${url.href}\n`);
  const { default: open } = await import('open');
  // A machine without a browser still has the address above.
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
    return `Nothing listens at ${mcpUrl.origin}. Start the server first: npm run demo`;
  }
  return error.message;
}
