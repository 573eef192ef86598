/**
 * A whole first login: registration, authorization request, consent, callback, code exchange.
 *
 * The tenant and the person at its login page are another process. Ours sends its own requests to it,
 * over sockets, and what that takes here is counted.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import express from 'express';

import { CHALLENGE, REDIRECT_URI, VERIFIER } from '../grants.js';
import { type Answered, handIn } from '../in-process.js';
import { expectStatus, formPost, jsonPost, nextAddress, type Rig } from '../rig.js';
import type { OursOptions } from './ours.js';
import { BASE_URL, type BenchTenant, startServer } from './server.js';

const STAND_IN = fileURLToPath(new URL('./stand-in-process.ts', import.meta.url));
const LOADER = fileURLToPath(new URL('../../support/run-typescript.js', import.meta.url));
const CALLBACK = `${BASE_URL}/auth/callback`;

export async function login(options: OursOptions): Promise<Rig> {
  const standIn = fork(STAND_IN, [CALLBACK], { execArgv: ['--import', LOADER] });
  const [tenant] = (await once(standIn, 'message')) as [BenchTenant];
  const server = await startServer({ ...options, tenant });
  const app = express().use(server.auth);
  const register = jsonPost(app, '/register');
  const token = formPost(app, '/token');
  const send = handIn(app);
  const visit = (method: string, url: string, cookie: string, form?: Record<string, string>) =>
    send({
      method,
      url: url.replace(BASE_URL, ''),
      headers: {
        accept: 'text/html',
        origin: BASE_URL,
        'sec-fetch-site': 'same-origin',
        ...(cookie && { cookie }),
        ...(form && { 'content-type': 'application/x-www-form-urlencoded' }),
      },
      ...(form && { body: Buffer.from(new URLSearchParams(form).toString()) }),
      from: nextAddress(),
    });

  async function throughAuth0(url: string): Promise<string> {
    standIn.send(url);
    const [back] = await once(standIn, 'message');
    return String(back);
  }

  return {
    async run() {
      const registered = await register({ client_name: 'Bench', redirect_uris: [REDIRECT_URI] });
      expectStatus(registered, 201);
      const { client_id: clientId } = JSON.parse(registered.text());
      const asked = await visit('GET', authorizeUrl(clientId), '');
      expectStatus(asked, 200);
      const approved = await visit('POST', '/consent', cookiesOf(asked), {
        ...hiddenFields(asked.text()),
        decision: 'allow',
      });
      const cookies = cookiesOf(asked, approved);
      const back = await visit('GET', await throughAuth0(locationOf(approved)), cookies);
      const code = new URL(locationOf(back)).searchParams.get('code') ?? '';
      const form = { grant_type: 'authorization_code', code, client_id: clientId };
      expectStatus(
        await token({ ...form, code_verifier: VERIFIER, redirect_uri: REDIRECT_URI }),
        200,
      );
    },
    async stop() {
      await server.stop();
      standIn.disconnect();
    },
  };
}

function authorizeUrl(clientId: string): string {
  return `/authorize?${new URLSearchParams({
    response_type: 'code',
    client_id: clientId,
    redirect_uri: REDIRECT_URI,
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    state: 'bench',
  })}`;
}

function hiddenFields(page: string): Record<string, string> {
  const fields = page.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g);
  return Object.fromEntries([...fields].map(([, name = '', value = '']) => [name, value]));
}

function cookiesOf(...answers: readonly Answered[]): string {
  const set = answers.flatMap(({ headers }) => [headers()['set-cookie'] ?? []].flat());
  return set.map((cookie) => String(cookie).split(';', 1)[0]).join('; ');
}

/** @throws Error it was no redirect */
function locationOf({ status, headers, text }: Answered): string {
  const { location } = headers();
  if (typeof location === 'string') return location;
  throw new Error(`answered ${status} without a redirect: ${text().slice(0, 500)}`);
}
