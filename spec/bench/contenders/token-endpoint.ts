/** This library's token endpoint. */
import express from 'express';

import { beginGrant, REDIRECT_URI, VERIFIER } from '../grants.js';
import { expectStatus, jsonPost, type Rig, tokenEndpoint } from '../rig.js';
import { memoryFacts, type OursOptions } from './ours.js';
import { type Server, startServer } from './server.js';

interface Client {
  readonly server: Server;
  readonly app: express.Express;
  readonly clientId: string;
  /** The form that redeems a new code. */
  codeForm(): Promise<Record<string, string>>;
}

async function registeredClient(options: OursOptions): Promise<Client> {
  const server = await startServer(options);
  const app = express().use(server.auth);
  const answer = await jsonPost(
    app,
    '/register',
  )({
    client_name: 'Bench',
    redirect_uris: [REDIRECT_URI],
    token_endpoint_auth_method: 'none',
  });
  expectStatus(answer, 201);
  const clientId = String(JSON.parse(answer.text()).client_id);
  return {
    server,
    app,
    clientId,
    async codeForm() {
      const { code } = await beginGrant(server.context, clientId);
      return {
        grant_type: 'authorization_code',
        code,
        code_verifier: VERIFIER,
        redirect_uri: REDIRECT_URI,
        client_id: clientId,
      };
    },
  };
}

/**
 * Refreshes that need no call to Auth0, each of another grant: a client refreshes once an hour. The
 * logins behind them are made before each burst.
 */
export async function refresh(options: OursOptions): Promise<Rig> {
  const { server, app, clientId, codeForm } = await registeredClient(options);
  const tokens: string[] = [];
  const keep = (answer: Record<string, string>): void => {
    tokens.push(answer.refresh_token ?? '');
  };
  const exchange = tokenEndpoint(app, codeForm, keep);
  const forms = async (): Promise<Record<string, string>> => ({
    grant_type: 'refresh_token',
    refresh_token: tokens.pop() ?? '',
    client_id: clientId,
  });
  return {
    ...tokenEndpoint(app, forms),
    async prepare(runs) {
      await exchange.burst?.(runs);
    },
    facts: memoryFacts,
    stop: server.stop,
  };
}

/** Exchanges of codes. The logins behind them are made before each burst. */
export async function code(options: OursOptions): Promise<Rig> {
  const { server, app, codeForm } = await registeredClient(options);
  const forms: Record<string, string>[] = [];
  return {
    ...tokenEndpoint(app, async () => forms.pop() ?? {}),
    async prepare(runs) {
      forms.push(...(await Promise.all(Array.from({ length: runs }, codeForm))));
    },
    stop: server.stop,
  };
}
