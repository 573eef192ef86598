/**
 * A client of a deployment, in a process of its own that trusts the authority in NODE_EXTRA_CA_CERTS. Its argument
 * is the URL of the MCP endpoint. It logs in, calls tools, reports to its parent, and goes on at the reply.
 */
import { once } from 'node:events';
import { request } from 'node:https';

import { LoggingMessageNotificationSchema } from '@modelcontextprotocol/sdk/types.js';

import { callJson, connect, HeadlessProvider } from './sdk-client.js';

const mcp = process.argv[2] ?? '';
const { origin } = new URL(mcp);
const provider = new HeadlessProvider();
const { client } = await connect(mcp, provider);

const whoami = async (): Promise<unknown[]> => {
  const answers = [];
  for (let call = 0; call < 6; call += 1) answers.push((await callJson(client, 'whoami'))['email']);
  return answers;
};

/** How many messages had arrived when the stream was not yet at its end. */
let streamed = 0;
client.setNotificationHandler(LoggingMessageNotificationSchema, () => {
  streamed += 1;
});
const counting = client.callTool({ name: 'count', arguments: {} });
await new Promise((resolve) => setTimeout(resolve, 750));
const streamedBefore = streamed;
await counting;

process.send?.({
  answers: await whoami(),
  streamed: [streamedBefore, streamed],
  authorize: provider.visits[0]?.href,
  guesses: await guessSecrets(),
});
await once(process, 'message');

provider.saved = { ...provider.saved, access_token: 'lost' } as typeof provider.saved;
process.send?.({ answers: await whoami() });
await client.close();
process.disconnect();

/**
 * The status of thirty-five wrong secrets for one client, each with another forged address, and of one from another
 * address of this machine.
 */
async function guessSecrets(): Promise<{ here: number[]; elsewhere: number }> {
  const registration = { redirect_uris: ['https://client.example/callback'] };
  const response = await fetch(`${origin}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(registration),
  });
  const { client_id: id } = (await response.json()) as { client_id: string };
  const here = [];
  for (let guess = 0; guess < 35; guess += 1)
    here.push(await guessSecret(id, `203.0.113.${guess}`));
  return { here, elsewhere: await guessSecret(id, '203.0.113.99', '127.0.0.9') };
}

function guessSecret(id: string, forwardedFor: string, localAddress?: string): Promise<number> {
  const form = { grant_type: 'authorization_code', code: 'x', code_verifier: 'x'.repeat(43) };
  const body = new URLSearchParams({ ...form, client_id: id, client_secret: 'a guess' }).toString();
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'x-forwarded-for': forwardedFor,
  };
  return new Promise((resolve, reject) => {
    const options = { method: 'POST', headers, localAddress, agent: false } as const;
    const req = request(`${origin}/token`, options, (res) => {
      res.resume();
      resolve(res.statusCode ?? 0);
    });
    req.on('error', reject);
    req.end(body);
  });
}
