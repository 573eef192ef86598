/** This library's guard while strangers flood the server. */
import { randomBytes } from 'node:crypto';

import { CHALLENGE, REDIRECT_URI } from '../grants.js';
import { handIn } from '../in-process.js';
import { expectStatus, guardedRoute, jsonPost, nextAddress, type Rig } from '../rig.js';
import { appWith } from './bare.js';
import { memoryFacts, type OursOptions } from './ours.js';
import { makeTokens, startServer } from './server.js';

/** Runs are tool calls of somebody logged in; the flood comes before each burst. */
export async function flood(options: OursOptions): Promise<Rig> {
  const { kind = 'registrations', count = 10_000 } = options;
  const server = await startServer(options);
  const app = appWith([server.auth]);
  const register = jsonPost(app, '/register');
  const send = handIn(app);
  const registration = { client_name: 'Flood', redirect_uris: [REDIRECT_URI] };
  const registered = await register(registration);
  const clientId = String(JSON.parse(registered.text()).client_id);
  const loginUrl = `/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'flood',
  })}`;
  const wave: Record<typeof kind, () => Promise<void>> = {
    registrations: async () => expectStatus(await register(registration), 201),
    logins: async () =>
      expectStatus(
        await send({ method: 'GET', url: loginUrl, headers: {}, from: nextAddress() }),
        200,
      ),
    'garbage tokens': async () =>
      expectStatus(
        await send({
          method: 'POST',
          url: '/mcp',
          headers: { authorization: `Bearer ${randomBytes(300).toString('base64url')}` },
        }),
        401,
      ),
  };
  const tokens = await makeTokens(server, 100);
  const heapBefore = memoryFacts().heapMb ?? 0;
  const rowsBefore = server.rows();
  let sent = 0;
  return {
    ...guardedRoute(app, tokens),
    async prepare(runs) {
      for (let turn = 0; turn < Math.min(count - sent, runs * 10); turn += 1) await wave[kind]();
      sent = Math.min(count, sent + runs * 10);
    },
    async facts() {
      for (; sent < count; sent += 1) await wave[kind]();
      const after = memoryFacts();
      return {
        sent,
        heapBeforeMb: heapBefore,
        heapAfterMb: after.heapMb ?? 0,
        storeWrites: server.rows() - rowsBefore,
      };
    },
    stop: server.stop,
  };
}
