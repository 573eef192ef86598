/**
 * A client of either SDK in a process of its own, for what a process decides at its start, such as whose
 * certificates it trusts: `node --import …/run-typescript.js sdk-process.ts "SDK v2" MCP_URL`. Logs in,
 * calls a tool, loses its access token, calls again; prints what it saw as JSON.
 */
import { SDKS } from './sdks.js';

const [name, mcp = ''] = process.argv.slice(2);
const sdk = SDKS.find((one) => one.sdk === name);
if (sdk === undefined) throw new Error(`no such SDK: ${name}`);

const { provider, call, leave } = await sdk.logIn(mcp);
const first = await call('whoami');
provider.saved = { ...provider.saved, access_token: 'gone' } as typeof provider.saved;
const second = await call('whoami');
const authorize = Object.fromEntries(provider.visits[0]?.searchParams ?? []);
process.stdout.write(JSON.stringify({ first, second, authorize }));
await leave();
process.exit(0);
