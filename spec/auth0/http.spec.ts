import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import { createAuth0Http } from '../../lib/auth0/http.js';
import { type ForgingOp, type OpReply, startForgingOp } from '../support/forging-op.js';
import { DIRECT } from '../support/outbound-proxies.js';

const NOW = 1_800_000_000;

let op: ForgingOp;
beforeAll(async () => {
  op = await startForgingOp();
});
afterEach(() => {
  op.on('/x');
  op.requests.splice(0);
});
afterAll(() => op.close());

const http = createAuth0Http(300, () => NOW, DIRECT);
const post = (url = `${op.issuer}x`) =>
  http({ what: 'test', url, form: new URLSearchParams({ secret: 's3cr3t' }), isRepeatable: false });

/** A loopback port on which nothing listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describe('requests to Auth0 (R-UP-5)', () => {
  it.each<[string, OpReply, number | undefined]>([
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '17' } }, 17],
    [
      '429 with x-ratelimit-reset',
      { status: 429, headers: { 'x-ratelimit-reset': String(NOW + 9) } },
      9,
    ],
    [
      '429 with a reset in the past',
      { status: 429, headers: { 'x-ratelimit-reset': String(NOW - 9) } },
      1,
    ],
    [
      '429 with a reset in a year',
      { status: 429, headers: { 'x-ratelimit-reset': String(NOW + 31536000) } },
      600,
    ],
    [
      '429 with an invalid Retry-After',
      { status: 429, headers: { 'retry-after': 'soon' } },
      undefined,
    ],
    [
      '503 with a date',
      { status: 503, headers: { 'retry-after': new Date((NOW + 40) * 1000).toUTCString() } },
      40,
    ],
    [
      '503 with a stray reset',
      { status: 503, headers: { 'x-ratelimit-reset': String(NOW + 9) } },
      undefined,
    ],
    ['502 with HTML', { status: 502, body: '<html>Bad gateway</html>' }, undefined],
    ['500 with invalid_grant', { status: 500, body: { error: 'invalid_grant' } }, undefined],
  ])('%s is an outage', async (_name, reply, retryAfterSeconds) => {
    op.on('/x', () => reply);
    const error = await post().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ kind: 'unavailable', retryAfterSeconds });
  });

  it('a POST is sent once, whatever the response', async () => {
    op.on('/x', () => ({ status: 503 }));
    await expect(post()).rejects.toMatchObject({ kind: 'unavailable' });
    expect(op.requests).toHaveLength(1);
  });

  it('a connection that fails after the request was sent is not retried', async () => {
    let arrived = 0;
    const server = createServer((req) => {
      arrived += 1;
      req.socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({ kind: 'unavailable' });
    expect(arrived).toBe(1);
    await new Promise((resolve) => server.close(resolve));
  });

  it('a refused connection is retried, since nothing was sent', async () => {
    const port = await deadPort();
    const server = createServer((_req, res) => {
      res.setHeader('content-type', 'application/json').end('{"ok":true}');
    });
    const answer = post(`http://127.0.0.1:${port}/`);
    // Once the first attempt has failed, the server comes up on that port.
    setTimeout(() => server.listen(port, '127.0.0.1'), 50);
    expect(await answer).toMatchObject({ body: { ok: true } });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('fails with the reason if the connection is always refused', async () => {
    const port = await deadPort();
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      kind: 'unavailable',
      message: `test: no response from 127.0.0.1:${port} (ECONNREFUSED)`,
      remedy: expect.stringContaining('doctor'),
    });
  });

  it('an unknown host is reported as a typing error', async () => {
    const patient = createAuth0Http(10_000, () => NOW, DIRECT);
    const url = 'https://no-such-tenant.invalid/';
    await expect(patient({ what: 'test', url, isRepeatable: true })).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('no response from no-such-tenant.invalid'),
      remedy: expect.stringContaining('check configUrl or domain'),
    });
  });

  it('the time limit covers a body that never ends', async () => {
    const server = createServer((_req, res) => {
      res.writeHead(200, { 'content-type': 'application/json' }).write('{"access_token":');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    await expect(post(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('within 300 ms'),
    });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each<[string, OpReply]>([
    ['HTML', { body: '<html>' }],
    [
      'broken JSON',
      { headers: { 'content-type': 'application/json' }, body: '{"access_token":"tok-' },
    ],
    ['an array', { body: [1] }],
  ])('%s is no JSON object', async (_name, reply) => {
    op.on('/x', () => reply);
    expect(await post()).toEqual({ status: 200, body: undefined });
  });

  it('no error contains a secret, at any depth', async () => {
    op.on('/x', () => ({ status: 503, body: 's3cr3t' }));
    const error = await post().catch((thrown: unknown) => thrown);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 10, showHidden: true })).not.toContain('s3cr3t');
  });
});
