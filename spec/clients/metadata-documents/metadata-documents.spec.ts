import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  createMetadataDocuments,
  type MetadataDocuments,
} from '../../../lib/clients/metadata-documents/metadata-documents.js';
import type { LogMethod } from '../../../lib/config/logger.js';
import { runInContext } from '../../../lib/config/request-context.js';
import type { AllowedNetwork } from '../../../lib/core.js';
import { block, blockOnce } from '../../support/stall.js';
import { testCore } from '../../support/test-core.js';
import { failureOf, reasonOf } from './failure.js';
import { SPECIAL_ADDRESSES } from './special-addresses.js';
import { clientDocument, documentFor, json, startTlsHost, type TlsHost } from './tls-host.js';

describe('client metadata documents over TLS', () => {
  let host: TlsHost;
  let clock = 1_800_000_000;
  let logged: { fields: Record<string, unknown>; message: string }[] = [];

  beforeAll(async () => {
    host = await startTlsHost();
  });
  afterAll(() => host.close());
  beforeEach(() => {
    host.requests.length = 0;
    host.answer = documentFor();
    logged = [];
  });

  function documents(
    network: Partial<AllowedNetwork> | null = {},
    allowedHosts?: string[],
  ): MetadataDocuments {
    const note: LogMethod = (fields, message) => void logged.push({ fields, message });
    const config = {
      logger: { debug: note, info: note, warn: note, error: note },
      allowedClientMetadataHosts: allowedHosts,
    };
    return createMetadataDocuments(
      testCore({
        config,
        now: () => clock,
        ...(network && { allowedNetwork: host.network(network) }),
      }),
    );
  }

  /** Responds when released. */
  function hold(): { release: () => void } {
    const held: (() => void)[] = [];
    host.answer = (req, res) => void held.push(() => documentFor()(req, res));
    return {
      release() {
        host.answer = documentFor();
        for (const answer of held) answer();
      },
    };
  }

  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
  }

  it('FA-33: does not count time for which the process was blocked while it waited for the document', async () => {
    const held = hold();
    const found = documents({ timeoutMs: 500 }).find(host.url('/late.json'));
    await blockOnce(() => host.requests.length > 0, 1_000);
    held.release();
    expect(await found).toMatchObject({ id: host.url('/late.json') });
  });

  it('FA-33: or while it connected', async () => {
    const found = documents({ timeoutMs: 500 }).find(host.url('/connecting.json'));
    await new Promise((resolve) => setImmediate(resolve));
    block(1_500);
    expect(await found).toMatchObject({ id: host.url('/connecting.json') });
  });

  it('AS-7 fetches the document with one GET, without cookies, credentials or compression', async () => {
    let headers: Record<string, unknown> = {};
    host.answer = (req, res) => {
      headers = req.headers;
      documentFor()(req, res);
    };
    const client = await documents().find(host.url('/c.json'));
    expect(client).toMatchObject({
      id: host.url('/c.json'),
      kind: 'metadata_document',
      name: 'Example Client',
      verifiedHost: `client.example:${host.port}`,
    });
    expect(host.requests).toEqual(['GET /c.json']);
    expect(headers).toEqual({
      host: `client.example:${host.port}`,
      connection: 'close',
      accept: 'application/json',
      'accept-encoding': 'identity',
      'user-agent': 'express-auth0-mcp',
    });
  });

  it.each([
    ['https://client.example/c', true],
    ['HTTPS://client.example/c', true],
    ['http://client.example/c', true],
    ['https:', true],
    ['httpsclient', false],
    ['eyJhbGciOi', false],
    ['', false],
  ])('AS-7 recognises %p as a URL: %p', (clientId, isUrl) => {
    expect(documents().isMetadataDocumentId(clientId)).toBe(isUrl);
  });

  it('FA-19: reads a document with a byte order mark', async () => {
    host.answer = (req, res) =>
      res
        .writeHead(200, { 'content-type': 'application/json' })
        .end(`\uFEFF${JSON.stringify(clientDocument(`https://${req.headers.host}${req.url}`))}`);
    expect((await documents().find(host.url('/bom.json'))).name).toBe('Example Client');
  });

  it.each(['', '?x', '/a/../c', '/a/%2e%2e/c', '/c#x', '/a\\c', '/a\tc'])(
    'AS-7 connects to nothing for a client id that ends in %j',
    async (path) => {
      const before = host.connections();
      expect(await reasonOf(() => documents().find(host.url(path)))).toBe('invalid_url');
      expect(host.connections()).toBe(before);
    },
  );

  describe('addresses', () => {
    it.each(SPECIAL_ADDRESSES)(
      'AS-12 connects to nothing for a name with the address %s',
      async (address) => {
        const before = host.connections();
        const family = address.includes(':') ? 6 : 4;
        const found = documents({ addresses: [], resolve: async () => [{ address, family }] });
        const failure = await failureOf(() => found.find(host.url('/c')));
        expect(failure.reason).toBe('forbidden_address');
        expect(host.connections()).toBe(before);
      },
    );

    it.each(['127.0.0.1', '[::1]', '[::ffff:127.0.0.1]', '0x7f.1', '0177.0.0.1', '2130706433'])(
      'AS-12 connects to nothing for the host %s',
      async (literal) => {
        const before = host.connections();
        const found = documents({ addresses: [] });
        const failure = await failureOf(() => found.find(`https://${literal}:${host.port}/c`));
        expect(failure.reason).toBe('forbidden_address');
        expect(host.connections()).toBe(before);
      },
    );

    it('AS-12 does not connect to loopback without the permission that only specs have', async () => {
      const before = host.connections();
      const found = documents(null);
      expect(await reasonOf(() => found.find(`https://127.0.0.1:${host.port}/c`))).toBe(
        'forbidden_address',
      );
      expect(host.connections()).toBe(before);
    });

    // 127.0.0.2 plays the public host here, 127.0.0.1 the machine the attacker is after.
    it('AS-12 resists a name server that changes its response (DNS rebinding)', async () => {
      const outside = await startTlsHost('127.0.0.2');
      outside.answer = documentFor({}, { 'cache-control': 'no-store' });
      const answers = ['127.0.0.2', '127.0.0.1', '127.0.0.1'];
      let lookups = 0;
      const before = host.connections();
      const found = documents({
        addresses: ['127.0.0.2'],
        ca: outside.ca,
        resolve: async () => [{ address: answers[lookups++] ?? '', family: 4 }],
      });
      await found.find(outside.url('/c'));
      expect(lookups).toBe(1);
      expect(await reasonOf(() => found.find(host.url('/c')))).toBe('forbidden_address');
      expect(host.connections()).toBe(before);
      await outside.close();
    });

    it('AS-12 ignores the special-use addresses of a name that has others too', async () => {
      const found = documents({
        resolve: async () => [
          { address: '10.0.0.1', family: 4 },
          { address: '::1', family: 6 },
          { address: '127.0.0.1', family: 4 },
        ],
      });
      expect((await found.find(host.url('/c'))).name).toBe('Example Client');
    });

    it('responds the same for an internal name as for one that does not exist', async () => {
      const inside = documents({ resolve: async () => [{ address: '10.0.0.1', family: 4 }] });
      const nowhere = documents({
        resolve: async () => {
          throw Object.assign(new Error('no such name'), { code: 'ENOTFOUND' });
        },
      });
      const forbidden = await failureOf(() => inside.find(host.url('/c')));
      const unreachable = await failureOf(() => nowhere.find(host.url('/c')));
      expect([forbidden.reason, unreachable.reason]).toEqual(['forbidden_address', 'unreachable']);
      expect(unreachable.detail).toContain('ENOTFOUND');
      expect(forbidden.message).toBe(unreachable.message);
      expect(forbidden.isTemporary).toBe(unreachable.isTemporary);
    });

    it('refuses a certificate that is not trusted', async () => {
      const other = await startTlsHost();
      const failure = await failureOf(() => documents({ ca: other.ca }).find(host.url('/c')));
      expect(failure.reason).toBe('unreachable');
      expect(failure.isTemporary).toBe(true);
      expect(host.requests).toEqual([]);
      await other.close();
    });

    it('AS-33 fetches nothing from a host that is not allowed', async () => {
      const before = host.connections();
      const found = documents({}, ['*.client.example']);
      expect(await reasonOf(() => found.find(host.url('/c')))).toBe('host_not_allowed');
      expect(host.connections()).toBe(before);
      expect((await found.find(host.url('/c', 'app'))).name).toBe('Example Client');
    });
  });

  describe('responses', () => {
    it.each([301, 302, 303, 307, 308])('R-CI-2 does not follow a %i', async (status) => {
      host.answer = (_req, res) => res.writeHead(status, { location: host.url('/other') }).end();
      expect(await reasonOf(() => documents().find(host.url('/c')))).toBe('bad_status');
      expect(host.requests).toEqual(['GET /c']);
    });

    it.each([
      [201, false],
      [204, false],
      [206, false],
      [404, false],
      [403, false],
      [429, true],
      [500, true],
      [503, true],
    ])('R-CI-2 refuses status %i (temporary: %p)', async (status, isTemporary) => {
      host.answer = (_req, res) => {
        res.statusCode = status;
        res.setHeader('content-type', 'application/json');
        res.end(status === 204 ? undefined : JSON.stringify(clientDocument(host.url('/c'))));
      };
      const failure = await failureOf(() => documents().find(host.url('/c')));
      expect(failure).toMatchObject({ reason: 'bad_status', isTemporary });
    });

    it.each(['text/html', 'text/json', 'application/jsonp', 'application/x+json+xml', '', 'json'])(
      'R-CI-2 refuses the content type %p',
      async (type) => {
        host.answer = documentFor({}, { 'content-type': type });
        expect(await reasonOf(() => documents().find(host.url('/c')))).toBe('bad_content_type');
      },
    );

    it.each(['application/json; charset=utf-8', 'Application/JSON', 'application/cimd+json'])(
      'R-CI-2 accepts the content type %p',
      async (type) => {
        host.answer = documentFor({}, { 'content-type': type });
        expect((await documents().find(host.url('/c'))).name).toBe('Example Client');
      },
    );

    it('R-CI-4 refuses a compressed response instead of decompressing it', async () => {
      const bomb = gzipSync(Buffer.alloc(2 ** 20, ' '));
      host.answer = (_req, res) =>
        res
          .writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' })
          .end(bomb);
      expect(await reasonOf(() => documents().find(host.url('/c')))).toBe('bad_content_encoding');
    });

    it('R-CI-4 accepts 5120 bytes and refuses one more, announced or not', async () => {
      const url = host.url('/c');
      const rest = 5120 - JSON.stringify(clientDocument(url, { pad: '' })).length;
      for (const isChunked of [false, true]) {
        const found = documents();
        const send = (size: number): void => {
          host.answer = (_req, res) => {
            const text = JSON.stringify(clientDocument(url, { pad: 'x'.repeat(size) }));
            res.setHeader('content-type', 'application/json');
            if (isChunked) res.write('');
            res.end(text);
          };
        };
        send(rest + 1);
        expect(await reasonOf(() => found.find(url))).toBe('too_large');
        send(rest);
        expect((await found.find(url)).id).toBe(url);
      }
    });

    it('R-CI-4 disconnects on an endless body', async () => {
      let hungUp: Promise<unknown> = Promise.resolve();
      host.answer = (_req, res) => {
        hungUp = once(res, 'close');
        res.writeHead(200, { 'content-type': 'application/json' });
        const more = (): void => {
          if (res.destroyed) return;
          res.write(' '.repeat(1024));
          setImmediate(more);
        };
        more();
      };
      expect(await reasonOf(() => documents().find(host.url('/c')))).toBe('too_large');
      await hungUp;
    });

    it.each<[string, (res: ServerResponse) => void]>([
      ['no response at all', () => undefined],
      [
        'a body that stops half way',
        (res) => res.writeHead(200, { 'content-type': 'application/json' }).write('{'),
      ],
    ])('R-CI-4 stops waiting for %s', async (_what, answer) => {
      let hungUp: Promise<unknown> = Promise.resolve();
      host.answer = (_req, res) => {
        hungUp = once(res, 'close');
        answer(res);
      };
      const failure = await failureOf(() => documents({ timeoutMs: 250 }).find(host.url('/c')));
      expect(failure).toMatchObject({ reason: 'timeout', isTemporary: true });
      await hungUp;
    });

    it('R-CI-4 limits the time of a name server that does not respond', async () => {
      const found = documents({ timeoutMs: 50, resolve: () => new Promise(() => undefined) });
      expect(await reasonOf(() => found.find(host.url('/c')))).toBe('timeout');
    });

    it('survives a host that disconnects during the response', async () => {
      host.answer = (_req, res) => {
        res.writeHead(200, { 'content-type': 'application/json', 'content-length': '99' });
        res.write('{', () => res.destroy());
      };
      expect(await reasonOf(() => documents().find(host.url('/c')))).toBe('unreachable');
    });

    it.each([
      ['not JSON', Buffer.from('{"client_id":')],
      ['not UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22])],
      ['empty', Buffer.alloc(0)],
    ])('AS-9 refuses a body that is %s', async (_what, body) => {
      host.answer = (_req, res) =>
        res.writeHead(200, { 'content-type': 'application/json' }).end(body);
      expect(await reasonOf(() => documents().find(host.url('/c')))).toBe('invalid_document');
    });

    it('AS-8 refuses the document of another URL, and exposes nothing of it', async () => {
      host.answer = json(clientDocument('https://victim.example/c'));
      const failure = await failureOf(() => documents().find(host.url('/c?key=hidden')));
      expect(failure.reason).toBe('client_id_mismatch');
      expect(failure.isTemporary).toBe(false);
      expect(logged).toHaveLength(1);
      expect(logged[0]?.fields).toMatchObject({ path: '/c', reason: 'client_id_mismatch' });
      expect(JSON.stringify([failure.message, failure.detail, logged])).not.toMatch(
        /victim|hidden/,
      );
    });
  });

  describe('cache and limits', () => {
    it('AS-11 fetches once within max-age and again after it', async () => {
      host.answer = documentFor({}, { 'cache-control': 'max-age=60' });
      const found = documents();
      await found.find(host.url('/c'));
      await found.find(host.url('/c'));
      expect(host.requests).toHaveLength(1);
      clock += 60;
      await found.find(host.url('/c'));
      expect(host.requests).toHaveLength(2);
    });

    it('AS-11 obeys no-store and does not cache an error', async () => {
      host.answer = documentFor({}, { 'cache-control': 'no-store' });
      const found = documents();
      await found.find(host.url('/c'));
      await found.find(host.url('/c'));
      expect(host.requests).toHaveLength(2);
      host.answer = documentFor({ client_name: '' });
      expect(await reasonOf(() => found.find(host.url('/c')))).toBe('invalid_document');
      host.answer = documentFor();
      expect((await found.find(host.url('/c'))).name).toBe('Example Client');
    });

    it('R-CI-8 fetches a changed document once the lifetime is over', async () => {
      host.answer = documentFor({ redirect_uris: ['https://a.example/', 'https://b.example/'] });
      const found = documents();
      await found.find(host.url('/c'));
      host.answer = documentFor({ redirect_uris: ['https://b.example/'] });
      clock += 600;
      expect((await found.find(host.url('/c'))).redirectUris).toEqual(['https://b.example/']);
    });

    it('serves the last good document while the host is down', async () => {
      const found = documents();
      const client = await found.find(host.url('/c'));
      host.answer = (_req, res) => res.destroy();
      clock += 3_600;
      expect(await found.find(host.url('/c'))).toEqual(client);
      expect(logged[0]?.message).toContain('the last good copy is used');
      clock += 24 * 3_600;
      expect(await reasonOf(() => found.find(host.url('/c')))).toBe('unreachable');
    });

    it('R-CI-7 fetches once for a hundred parallel callers', async () => {
      const { release } = hold();
      const found = documents();
      const calls = Array.from({ length: 100 }, () => found.find(host.url('/c')));
      await until(() => host.requests.length > 0);
      release();
      expect(new Set(await Promise.all(calls)).size).toBe(1);
      expect(host.requests).toHaveLength(1);
    });

    it('R-CI-7 fetches from one host 60 times a minute at most, whatever the path', async () => {
      const found = documents();
      for (let i = 0; i < 60; i += 1) await found.find(host.url(`/c${i}`));
      const failure = await failureOf(() => found.find(host.url('/c60')));
      expect(failure).toMatchObject({ reason: 'rate_limited', isTemporary: true });
      expect(host.requests).toHaveLength(60);
      expect((await found.find(host.url('/c0'))).name).toBe('Example Client');
      expect((await found.find(host.url('/c', 'other'))).name).toBe('Example Client');
      clock += 60;
      expect((await found.find(host.url('/c60'))).name).toBe('Example Client');
    });

    it('FA-26: failing paths of a host do not block its other paths, up to 600 fetches a minute', async () => {
      const found = documents();
      const fetchAs = (caller: string, path: string): Promise<unknown> =>
        runInContext({ caller }, () => failureOf(() => found.find(host.url(path))));
      host.answer = (_req, res) => res.writeHead(404).end();
      for (const caller of ['203.0.113.1', '203.0.113.2', '203.0.113.3']) {
        for (let n = 0; n < 40; n += 1) await fetchAs(caller, `/gone-${caller}-${n}`);
      }
      // Two callers' thirty, and what the third may still do.
      expect(host.requests).toHaveLength(63);
      host.answer = documentFor();
      const honest = runInContext({ caller: '203.0.113.4' }, () => found.find(host.url('/c')));
      expect((await honest).name).toBe('Example Client');
      host.answer = (_req, res) => res.writeHead(404).end();
      for (let n = 0; n < 300; n += 1) {
        for (const path of ['/a', '/b', '/c', '/d'])
          await fetchAs(`198.51.100.${n}`, `${path}${n}`);
      }
      expect(host.requests).toHaveLength(600);
    });

    it('R-CI-7 fetches 30 documents a minute at most for one caller, which does not limit others', async () => {
      const found = documents();
      const findFor = (caller: string, path: string) =>
        runInContext({ caller }, () => found.find(host.url(path)));
      for (let i = 0; i < 30; i += 1) await findFor('a', `/c${i}`);
      for (let i = 30; i < 100; i += 1) {
        const failure = await failureOf(() => findFor('a', `/c${i}`));
        expect(failure).toMatchObject({ reason: 'rate_limited', isTemporary: true });
      }
      // A cached document costs nothing, and the host serves other callers.
      expect((await findFor('a', '/c0')).name).toBe('Example Client');
      expect((await findFor('b', '/c99')).name).toBe('Example Client');
      expect(host.requests).toHaveLength(31);
      clock += 60;
      expect((await findFor('a', '/c30')).name).toBe('Example Client');
    });

    it('R-CI-7 has 10 pending fetches at most for one caller', async () => {
      const { release } = hold();
      const found = documents();
      const findFor = (caller: string, name: string) =>
        runInContext({ caller }, () => found.find(host.url('/c', name)));
      const calls = Array.from({ length: 10 }, (_, i) => findFor('a', `h${i}`));
      await until(() => host.requests.length === 10);
      expect(await reasonOf(() => findFor('a', 'h10'))).toBe('rate_limited');
      const others = findFor('b', 'h10');
      await until(() => host.requests.length === 11);
      release();
      await Promise.all([...calls, others]);
      expect((await findFor('a', 'h11')).name).toBe('Example Client');
    });

    it('R-CI-7 has 100 pending fetches at most', async () => {
      const { release } = hold();
      const found = documents();
      const calls = Array.from({ length: 100 }, (_, i) => found.find(host.url('/c', `h${i}`)));
      await until(() => host.requests.length === 100);
      expect(await reasonOf(() => found.find(host.url('/c', 'one-more')))).toBe('rate_limited');
      release();
      await Promise.all(calls);
      expect((await found.find(host.url('/c', 'one-more'))).name).toBe('Example Client');
    });

    it('aborts pending fetches when it is closed', async () => {
      hold();
      const found = documents();
      const call = reasonOf(() => found.find(host.url('/c')));
      await until(() => host.requests.length === 1);
      await found.close();
      expect(await call).toBe('unreachable');
    });
  });
});
