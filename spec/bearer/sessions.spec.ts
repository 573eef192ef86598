/** Sessions of several callers over HTTP, with tables small enough to fill. */
import { randomUUID } from 'node:crypto';
import type { AddressInfo, Server } from 'node:net';

import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express from 'express';
import type { AccessToken } from '../../lib/bearer/caller.js';
import { createResponseTracker } from '../../lib/bearer/open-streams.js';
import {
  createIdFilter,
  createSessions,
  createSessionTable,
  sendSessionNotFound,
} from '../../lib/bearer/sessions.js';

const MAX = 20;

let server: Server;
let mcp: string;
/** The app's response to a DELETE. */
let deleteStatus = 200;

beforeEach(async () => {
  deleteStatus = 200;
  const sessions = createSessions(MAX, MAX);
  const trackResponse = createResponseTracker(
    () => Promise.reject(new Error('no token to verify')),
    () => 0,
    30_000,
    sessions,
  );
  const app = express();
  app.all('/mcp', (req, res) => {
    const [subject, clientId = 'a client'] = String(req.headers['x-caller'] ?? '').split('@');
    const caller = subject ? ({ subject, clientId } as AccessToken) : undefined;
    if (!sessions.admits(req, caller)) return sendSessionNotFound(res);
    trackResponse(req, res, caller, String(req.headers['x-address']));
    if (req.method === 'DELETE') return void res.sendStatus(deleteStatus);
    if (req.headers['mcp-session-id'] === undefined) res.set('mcp-session-id', randomUUID());
    res.json({});
  });
  await new Promise<void>((resolve) => {
    server = app.listen(0, '127.0.0.1', () => resolve());
  });
  mcp = `http://127.0.0.1:${(server.address() as AddressInfo).port}/mcp`;
});
afterEach(() => {
  server.close();
});

type Caller = Readonly<Record<string, string>>;
const ADA = { 'x-caller': 'ada' };
const BOB = { 'x-caller': 'bob' };
const HERE = { 'x-address': '203.0.113.7' };
const ELSEWHERE = { 'x-address': '198.51.100.9' };

async function open(caller: Caller): Promise<string> {
  const response = await fetch(mcp, { method: 'POST', headers: caller });
  await response.text();
  return response.headers.get('mcp-session-id') ?? '';
}

async function use(caller: Caller, id: string, method = 'POST'): Promise<number> {
  const response = await fetch(mcp, { method, headers: { ...caller, 'mcp-session-id': id } });
  await response.text();
  return response.status;
}

describe.each<[string, Caller, Caller]>([
  ['users', ADA, BOB],
  ['callers without a token', HERE, ELSEWHERE],
])('FA-3 RS-22 sessions of %s', (kind, ada, bob) => {
  it('are not displaced by another caller who opens more than the table holds', async () => {
    const session = await open(ada);
    const ofBob: string[] = [];
    for (let count = 0; count <= 2 * MAX; count += 1) ofBob.push(await open(bob));
    expect(await use(ada, session)).toBe(200);
    if (kind === 'users') expect(await use(bob, session)).toBe(404);
    expect(await use(bob, ofBob.at(-1) ?? '')).toBe(200);
  });

  it('are displaced by later sessions of the same caller, and are then 404 for every caller', async () => {
    const used = await open(ada);
    const idle = await open(ada);
    for (let count = 2; count < MAX; count += 1) await open(ada);
    expect(await use(ada, used)).toBe(200);
    await open(ada);
    expect(await use(ada, used)).toBe(200);
    for (const caller of [ada, bob, { 'x-caller': 'eve' }])
      expect(await use(caller, idle)).toBe(404);
  });
});

describe('FA-3 RS-22 the sessions of one user', () => {
  it('are counted together across clients', async () => {
    const session = await open(ADA);
    for (let count = 0; count <= 2 * MAX; count += 1) await open({ 'x-caller': `bob@${count}` });
    expect(await use(ADA, session)).toBe(200);
    expect(await use({ 'x-caller': 'bob@1' }, session)).toBe(404);
  });

  it('are displaced if that user has the most, not by who opens the new session', async () => {
    const ofBob: string[] = [];
    for (let count = 0; count < MAX; count += 1) ofBob.push(await open(BOB));
    const session = await open(ADA);
    expect([await use(ADA, session), await use(BOB, ofBob[0] ?? '')]).toEqual([200, 404]);
    expect(await use(BOB, ofBob[1] ?? '')).toBe(200);
  });
});

describe('FA-3 a closed session', () => {
  it('leaves the table, and its id is 404', async () => {
    const sessions: string[] = [];
    for (let count = 0; count < MAX; count += 1) sessions.push(await open(ADA));
    const [first = '', second = ''] = sessions;
    expect(await use(ADA, second, 'DELETE')).toBe(200);
    await open(ADA);
    expect([await use(ADA, first), await use(ADA, second), await use(BOB, second)]).toEqual([
      200, 404, 404,
    ]);
  });

  it('stays open where the app responds 405, and RS-22 cannot be closed by another user', async () => {
    const session = await open(ADA);
    expect(await use(BOB, session, 'DELETE')).toBe(404);
    deleteStatus = 405;
    expect(await use(ADA, session, 'DELETE')).toBe(405);
    expect([await use(ADA, session), await use(BOB, session)]).toEqual([200, 404]);
  });

  it('is 404 also if it was opened without a token', async () => {
    const session = await open(HERE);
    expect(await use(HERE, session, 'DELETE')).toBe(200);
    expect([await use(HERE, session), await use(ADA, session)]).toEqual([404, 404]);
  });
});

it('FA-3 an id that was never opened here is left to the transport', async () => {
  for (let count = 0; count <= 2 * MAX; count += 1) await open(BOB);
  for (const id of ['restored', randomUUID(), '']) expect(await use(ADA, id)).toBe(200);
});

describe('the session table', () => {
  it('FA-3 holds a hundred thousand sessions of as many users, and displaces without delay', () => {
    const table = createSessionTable(100_000);
    for (let n = 0; n < 100_000; n += 1) {
      table.add(`s${n}`, { holder: `u${n}`, clientId: 'a client' });
    }
    table.add('second of u5', { holder: 'u5', clientId: 'a client' });
    table.add('of a new user', { holder: 'new', clientId: 'a client' });
    const missing = Array.from({ length: 100_000 }, (_, n) => `s${n}`).filter(
      (id) => table.get(id) === undefined,
    );
    expect(missing).toEqual(['s0', 's5']);
  });
});

describe('the filter of session ids', () => {
  it('FA-3 never forgets an id, and reports few false positives', () => {
    const filter = createIdFilter();
    const ids = Array.from({ length: 20_000 }, (_, n) => `session ${n}`);
    for (const id of ids) filter.add(id);
    expect(ids.every((id) => filter.has(id))).toBe(true);
    expect(ids.filter((id) => filter.has(`other ${id}`)).length).toBeLessThan(5);
  });
});
