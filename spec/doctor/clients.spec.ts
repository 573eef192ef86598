/** `doctor --clients`: what it finds at servers that are right, and at servers that are wrong in one detail each. */
import type { IncomingMessage } from 'node:http';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';

import type { ClientFacts } from '../../lib/doctor/clients/client-facts.js';
import { replayedClients } from '../../lib/doctor/clients/clients.js';
import { type ReplaySettings, replay } from '../../lib/doctor/replay/replay.js';
import type { Verdict } from '../../lib/doctor/replay/verdict.js';
import { documentFor, startTlsHost, type TlsHost } from '../clients/metadata-documents/tls-host.js';
import { startWorld, type World } from '../support/world.js';
import {
  type Changes,
  type ForeignServer,
  type Reply,
  registered,
  resourceMetadata,
  serverMetadata,
  startForeignServer,
} from './foreign-server.js';

const CLIENTS = replayedClients();

async function verdictsAt(
  url: string,
  clients: readonly ClientFacts[] = CLIENTS,
  settings: Partial<ReplaySettings> = {},
): Promise<{ readonly endpoint: Verdict; readonly of: ReadonlyMap<string, Verdict> }> {
  const verdicts: Verdict[] = [];
  const all = replay(url, clients, { promptLogin: () => undefined, ...settings });
  for await (const verdict of all) verdicts.push(verdict);
  const [endpoint, ...rest] = verdicts;
  return {
    endpoint: endpoint as Verdict,
    of: new Map(rest.map((verdict) => [verdict.client, verdict])),
  };
}

const notPassed = (of: ReadonlyMap<string, Verdict>): Verdict[] =>
  [...of.values()].filter(({ outcome }) => outcome !== 'passed');

describe('doctor --clients, at our own server', () => {
  let world: World;
  let documents: TlsHost;

  /** The vendors' documents are on the internet: here they are on this machine, under the same paths. */
  const local = (): ClientFacts[] =>
    CLIENTS.map((facts) => {
      const { introduction } = facts;
      if (introduction.by === 'registration') return facts;
      const url = documents.url(new URL(introduction.url).pathname);
      return { ...facts, introduction: { ...introduction, url } };
    });

  beforeAll(async () => {
    documents = await startTlsHost();
    documents.answer = (req, res) => {
      const facts = local().find(
        ({ introduction }) => 'url' in introduction && introduction.url.endsWith(String(req.url)),
      );
      const document = facts?.introduction.by === 'document' ? facts.introduction.document : {};
      const keys = { jwks_uri: documents.url('/keys') };
      const isSigned = facts?.tokenAuth === 'private_key_jwt';
      documentFor({ ...document, ...(isSigned && keys) })(req, res);
    };
    world = await startWorld({
      options: { scopesSupported: ['files:write'] },
      host: { allowedNetwork: documents.network() },
    });
  });

  afterAll(async () => {
    await world.close();
    await documents.close();
  });

  it('lets every client pass, each with the date and the kind of its facts', async () => {
    const { endpoint, of } = await verdictsAt(world.mcp, local());
    expect(endpoint).toMatchObject({ outcome: 'passed', message: 'requires a token' });
    expect(notPassed(of)).toEqual([]);
    expect([...of.keys()]).toEqual(CLIENTS.map(({ name }) => name));
    for (const { facts } of of.values()) {
      expect(facts?.date).toMatch(/^\d{4}-\d{2}-\d{2}$/);
      expect(facts?.kind).toMatch(/^(run|reported)$/);
    }
  });

  it('lets every client pass by registration, where the server takes no documents', async () => {
    const other = await startWorld({ options: { clientIdMetadataDocuments: false } });
    expect(notPassed((await verdictsAt(other.mcp)).of)).toEqual([]);
    await other.close();
  });

  it('names the document that the server cannot fetch', async () => {
    const clients = CLIENTS.filter(({ name }) => name === 'Claude Code').map((facts) => ({
      ...facts,
      introduction: {
        by: 'document' as const,
        url: 'https://127.0.0.1:1/client.json',
        document: {},
      },
    }));
    const { of } = await verdictsAt(world.mcp, clients);
    expect(of.get('Claude Code')).toMatchObject({
      outcome: 'failed',
      step: 'authorization',
      message: expect.stringContaining('responds with status'),
      remedy: expect.stringContaining(
        'https://127.0.0.1:1/client.json: the server has to fetch it',
      ),
    });
  });
});

describe('doctor --clients, at a foreign server', () => {
  let server: ForeignServer | undefined;
  afterEach(() => server?.close());

  async function at(changes?: Changes, clients?: readonly ClientFacts[]) {
    server = await startForeignServer(changes);
    return await verdictsAt(server.mcp, clients);
  }

  it('lets every client pass if it is right, and registers each body once', async () => {
    const { of } = await at();
    expect(notPassed(of)).toEqual([]);
    const bodies = server?.requests.filter((line) => line.startsWith('POST /register')) ?? [];
    expect(new Set(bodies).size).toBe(bodies.length);
    expect(bodies.length).toBeGreaterThan(10);
  });

  it('says that it needs no login, and ends the session that it began', async () => {
    const result = { jsonrpc: '2.0', id: 1, result: {} };
    const { endpoint, of } = await at(() => ({
      '/mcp': () => ({ headers: { 'mcp-session-id': 'a-session' }, body: result }),
      '/.well-known/oauth-protected-resource': undefined,
      '/.well-known/oauth-protected-resource/mcp': undefined,
    }));
    expect(endpoint).toMatchObject({ outcome: 'passed', message: 'responds without a token' });
    expect([...of.values()].every(({ message }) => message === 'needs no login')).toBe(true);
    expect(server?.requests.at(-3)).toBe('DELETE /mcp');
  });

  it('warns if it publishes metadata, but does not require a token', async () => {
    const { endpoint } = await at(() => ({
      '/mcp': () => ({ body: { jsonrpc: '2.0', id: 1, result: {} } }),
    }));
    expect(endpoint).toMatchObject({
      outcome: 'warning',
      message: expect.stringContaining('although it publishes resource metadata'),
    });
  });

  it('finds the login of a server that answers initialize without a token', async () => {
    const { of } = await at((origin) => ({
      '/mcp': (_request, body) =>
        /"initialize"/.test(body)
          ? { body: { jsonrpc: '2.0', id: 1, result: {} } }
          : { status: 401, headers: { 'www-authenticate': challenge(origin) } },
    }));
    expect(notPassed(of)).toEqual([]);
  });

  it.each<[string, () => Reply, object]>([
    ['404', () => ({ status: 404 }), { fault: 'server', message: /is no MCP endpoint.*404/ }],
    ['a web page', () => ({ body: '<h1>Hi</h1>' }), { message: /no MCP endpoint.*"Hi"/ }],
    [
      'a redirect',
      () => ({ status: 308, headers: { location: '/mcp/' } }),
      { message: /redirects/ },
    ],
    ['a gateway error', () => ({ status: 502, body: '<h1>Bad Gateway</h1>' }), { fault: 'proxy' }],
    ['a firewall', () => ({ status: 403, body: '<h1>Blocked</h1>' }), { fault: 'proxy' }],
  ])('checks no client if the URL responds with %s', async (_what, answer, expected) => {
    const { endpoint, of } = await at(() => ({ '/mcp': answer }));
    expect(endpoint).toMatchObject({ outcome: 'failed', step: 'endpoint', ...matching(expected) });
    expect(endpoint.remedy).toMatch(/\w/);
    for (const { outcome, message } of of.values()) {
      expect([outcome, message]).toEqual(['skipped', 'not checked: the first request failed']);
    }
  });

  it('checks no client if nothing listens', async () => {
    server = await startForeignServer();
    await server.close();
    const { endpoint } = await verdictsAt(server.mcp);
    expect(endpoint).toMatchObject({
      outcome: 'failed',
      fault: 'unknown',
      message: expect.stringContaining('no process listens there'),
    });
    server = undefined;
  });

  const prm = '/.well-known/oauth-protected-resource';
  const asm = '/.well-known/oauth-authorization-server';
  const challenge = (origin: string, metadata = `${origin}${prm}/mcp`): string =>
    `Bearer resource_metadata="${metadata}"`;
  const resourceIs =
    (change: (origin: string) => object): Changes =>
    (origin) => {
      const answer = () => ({ body: { ...resourceMetadata(origin), ...change(origin) } });
      return { [prm]: answer, [`${prm}/mcp`]: answer };
    };
  const serverIs =
    (change: (origin: string) => object): Changes =>
    (origin) => ({
      [asm]: () => ({ body: { ...serverMetadata(origin), ...change(origin) } }),
    });
  const challengeIs =
    (metadata: (origin: string) => string): Changes =>
    (origin) => ({
      '/mcp': () => ({
        status: 401,
        headers: { 'www-authenticate': challenge(origin, metadata(origin)) },
      }),
    });
  const redirectWith =
    (parameters: (origin: string) => Record<string, string>): Changes =>
    (origin) => ({
      '/authorize': ({ url }: IncomingMessage) => {
        const target = new URL(new URL(url ?? '', origin).searchParams.get('redirect_uri') ?? '');
        for (const [name, value] of Object.entries(parameters(origin))) {
          target.searchParams.set(name, value);
        }
        return { status: 302, headers: { location: target.href } };
      },
    });

  /** Deviation, the changes, a client that fails, one that does not, and the verdict. */
  const deviations: [string, Changes, string, string | undefined, object][] = [
    [
      'resource is the origin: exact clients fail',
      resourceIs((origin) => ({ resource: origin })),
      'Gemini CLI',
      'Codex CLI',
      { step: 'resource-metadata', fault: 'server', message: /has resource .*was given/ },
    ],
    [
      'resource is another host: all fail',
      resourceIs(() => ({ resource: 'https://other.example/mcp' })),
      'Codex CLI',
      undefined,
      { step: 'resource-metadata', fault: 'server', message: /other\.example/ },
    ],
    [
      'no resource metadata at the root: a client that reads only there fails by its own fault',
      () => ({ [prm]: undefined }),
      'Qwen Code',
      'Claude Code',
      { step: 'resource-metadata', fault: 'client', message: /status 404/ },
    ],
    [
      'the challenge has a relative URL',
      challengeIs(() => `${prm}/mcp`),
      'Claude (claude.ai, Desktop)',
      'Qwen Code',
      { step: 'resource-metadata', fault: 'server', message: /not an absolute URL/ },
    ],
    [
      'the metadata that the challenge names is absent',
      challengeIs((origin) => `${origin}/nowhere`),
      'Codex CLI',
      'Qwen Code',
      { step: 'resource-metadata', fault: 'server', message: /\/nowhere responds with status 404/ },
    ],
    [
      'a login page in front of the metadata',
      () => ({
        [`${prm}/mcp`]: () => ({ status: 302, headers: { location: 'https://sso.example/' } }),
      }),
      'Codex CLI',
      'Qwen Code',
      { step: 'resource-metadata', fault: 'proxy', message: /to sso\.example/ },
    ],
    [
      'a firewall that blocks a user agent',
      (origin) => ({
        [`${prm}/mcp`]: ({ headers }) =>
          /python/.test(headers['user-agent'] ?? '')
            ? { status: 403, body: { error: 'bot' } }
            : { body: resourceMetadata(origin) },
      }),
      'Claude (claude.ai, Desktop)',
      'Codex CLI',
      { step: 'resource-metadata', fault: 'proxy', message: /only to the user agent/ },
    ],
    [
      'no server metadata',
      () => ({ [asm]: undefined }),
      'Codex CLI',
      undefined,
      { step: 'server-metadata', fault: 'server', remedy: /oauth-authorization-server \(RFC 8414/ },
    ],
    [
      'no PKCE advertised',
      serverIs(() => ({ code_challenge_methods_supported: undefined })),
      'Codex CLI',
      undefined,
      { step: 'server-metadata', fault: 'server', message: /S256/ },
    ],
    [
      'an issuer with a slash too many',
      serverIs((origin) => ({ issuer: `${origin}/` })),
      'GitHub Copilot CLI',
      'Cursor',
      { step: 'server-metadata', fault: 'server', message: /has issuer/ },
    ],
    [
      'no registration and no documents',
      serverIs(() => ({ registration_endpoint: undefined })),
      'Codex CLI',
      undefined,
      { step: 'client-id', fault: 'server', message: /no registration_endpoint/ },
    ],
    [
      'documents without public clients, and no registration',
      serverIs(() => ({
        registration_endpoint: undefined,
        client_id_metadata_document_supported: true,
        token_endpoint_auth_methods_supported: ['private_key_jwt'],
      })),
      'Claude (claude.ai, Desktop)',
      'ChatGPT (metadata document)',
      { step: 'client-id', fault: 'server', message: /"none" in token_endpoint_auth/ },
    ],
    [
      'documents and no registration: clients without a document fail',
      serverIs(() => ({
        registration_endpoint: undefined,
        client_id_metadata_document_supported: true,
      })),
      'Cursor',
      'Claude Code',
      { step: 'client-id', fault: 'server' },
    ],
    [
      'a registration that echoes another method',
      () => ({
        '/register': (_request, body) => ({
          status: 201,
          body: { ...registered(body), token_endpoint_auth_method: 'client_secret_basic' },
        }),
      }),
      'ChatGPT (metadata document)',
      'Cursor',
      {
        step: 'client-id',
        fault: 'server',
        message: /"client_secret_basic" to "client_secret_post"/,
      },
    ],
    [
      'a registration that refuses app schemes',
      () => ({
        '/register': (_request, body) =>
          body.includes('cursor://')
            ? { status: 400, body: { error: 'invalid_redirect_uri' } }
            : { status: 201, body: registered(body) },
      }),
      'Cursor',
      'Codex CLI',
      { step: 'client-id', fault: 'server', message: /invalid_redirect_uri/, remedy: /cursor:/ },
    ],
    [
      'a registration that refuses an empty client_uri',
      () => ({
        '/register': (_request, body) =>
          body.includes('"client_uri":""')
            ? { status: 400, body: { error: 'invalid_client_metadata' } }
            : { status: 201, body: registered(body) },
      }),
      'mcp-use',
      'Codex CLI',
      { step: 'client-id', fault: 'client', message: /an empty client_uri/ },
    ],
    [
      'a registration without a secret for whom it asks for one',
      () => ({
        '/register': (_request, body) => ({
          status: 201,
          body: { ...registered(body), client_secret: undefined },
        }),
      }),
      'Copilot Studio',
      'Codex CLI',
      { step: 'client-id', fault: 'server', message: /no client_secret/ },
    ],
    [
      'an authorization endpoint that refuses an app scheme',
      (origin) => ({
        '/authorize': ({ url }) =>
          new URL(url ?? '', origin).searchParams.get('redirect_uri')?.startsWith('cursor:')
            ? { status: 400, body: '<h1>Wrong redirect URI</h1>' }
            : { body: '<h1>Log in</h1>' },
      }),
      'Cursor',
      'Codex CLI',
      { step: 'authorization', fault: 'server', message: /"Wrong redirect URI"/ },
    ],
    [
      'an authorization endpoint that refuses resource',
      (origin) => ({
        '/authorize': ({ url }) =>
          new URL(url ?? '', origin).searchParams.has('resource')
            ? { status: 302, headers: { location: `${origin}/page?error=invalid_target` } }
            : { body: '<h1>Log in</h1>' },
      }),
      'Codex CLI',
      'Copilot Studio',
      { step: 'authorization', fault: 'server', message: /the error invalid_target/ },
    ],
    [
      'a wrong iss',
      redirectWith(() => ({ code: 'a-code', iss: 'https://other.example' })),
      'Codex CLI',
      'Cursor',
      { step: 'authorization', fault: 'server', message: /iss "https:\/\/other\.example"/ },
    ],
    [
      'an iss that is advertised and missing',
      redirectWith(() => ({ code: 'a-code' })),
      'Claude Code',
      'Cursor',
      { step: 'authorization', fault: 'server', message: /no iss.*advertises iss/ },
    ],
    [
      'a token endpoint without client_secret_basic',
      () => ({
        '/token': ({ headers }) =>
          headers.authorization === undefined
            ? { status: 400, body: { error: 'invalid_grant' } }
            : { status: 401, body: { error: 'invalid_client' } },
      }),
      'Copilot Studio',
      'Codex CLI',
      { step: 'token', fault: 'server', message: /invalid_client/, remedy: /client_secret_basic/ },
    ],
    [
      'no CORS at the token endpoint',
      () => ({
        '/token': () => ({
          status: 400,
          headers: { 'access-control-allow-origin': 'https://only.example' },
          body: { error: 'invalid_grant' },
        }),
      }),
      'MCP Inspector 0.x',
      'Codex CLI',
      { step: 'token', fault: 'server', message: /may not read it/, remedy: /Access-Control/ },
    ],
    [
      'no CORS at the MCP endpoint',
      (origin) => ({
        '/mcp': () => ({
          status: 401,
          headers: {
            'www-authenticate': challenge(origin),
            'access-control-allow-headers': 'accept',
          },
        }),
      }),
      'use-mcp',
      'Codex CLI',
      { step: 'endpoint', fault: 'server', message: /does not allow content-type/ },
    ],
  ];

  it.each(deviations)('%s', async (_what, changes, failing, unaffected, expected) => {
    const clients = CLIENTS.filter(({ name }) => [failing, unaffected].includes(name));
    const { of } = await at(changes, clients);
    expect(of.get(failing)).toMatchObject({ outcome: 'failed', ...matching(expected) });
    expect(of.get(failing)?.remedy).toMatch(/\w/);
    if (unaffected !== undefined) expect(of.get(unaffected)?.outcome).not.toBe('failed');
  });

  it('warns if Claude ignores documents because one of two flags is missing', async () => {
    const { of } = await at(
      serverIs(() => ({
        client_id_metadata_document_supported: true,
        token_endpoint_auth_methods_supported: ['client_secret_post'],
      })),
    );
    expect(of.get('Claude (claude.ai, Desktop)')).toMatchObject({
      outcome: 'warning',
      step: 'client-id',
      message: expect.stringContaining('registers instead'),
    });
  });

  it('warns if a public client gets a secret that it will use', async () => {
    const { of } = await at(() => ({
      '/register': (_request, body) => ({
        status: 201,
        body: { ...registered(body), client_secret: 'unwanted' },
      }),
    }));
    expect(of.get('Codex CLI')).toMatchObject({ outcome: 'warning', step: 'client-id' });
    expect(of.get('Cursor')).toMatchObject({ outcome: 'passed' });
    expect(JSON.stringify([...of.values()])).not.toContain('unwanted');
  });

  it('warns if only the registered port of a loopback URI is accepted', async () => {
    const { of } = await at((origin) => ({
      '/authorize': ({ url }) =>
        new URL(url ?? '', origin).searchParams.get('redirect_uri')?.includes(':52431')
          ? { status: 400, body: { error: 'invalid_request' } }
          : { body: '<h1>Log in</h1>' },
    }));
    expect(of.get('VS Code')).toMatchObject({
      outcome: 'warning',
      message: expect.stringContaining('only while port 33418'),
    });
  });

  it('blames no client for a rate limit', async () => {
    const { of } = await at(() => ({
      '/register': () => ({
        status: 429,
        headers: { 'retry-after': '3600' },
        body: { error: 'too_many_requests' },
      }),
    }));
    expect(of.get('Codex CLI')).toMatchObject({
      outcome: 'skipped',
      remedy: expect.stringContaining('in 60 min'),
    });
  });

  it('follows a redirect of the metadata within its origin, as clients do', async () => {
    const { of } = await at((origin) => ({
      [`${prm}/mcp`]: () => ({ status: 301, headers: { location: `${prm}/mcp/` } }),
      [`${prm}/mcp/`]: () => ({ body: resourceMetadata(origin) }),
    }));
    expect(notPassed(of)).toEqual([]);
  });

  it('takes the origin as the authorization server of a server without resource metadata', async () => {
    const { of } = await at((origin) => ({
      '/mcp': () => ({ status: 401, headers: { 'www-authenticate': 'Bearer' } }),
      [prm]: undefined,
      [`${prm}/mcp`]: undefined,
      [asm]: () => ({ body: serverMetadata(origin) }),
    }));
    expect(notPassed(of)).toEqual([]);
  });

  it('shows no code, token or secret that the server issues, and no control characters', async () => {
    const { of } = await at((origin) => ({
      ...redirectWith(() => ({ code: 'a-secret-code', iss: origin }))(origin),
      '/token': () => ({
        status: 401,
        body: { error: 'invalid_client', error_description: '\u001b[31mred\u0007' },
      }),
    }));
    await server?.close();
    const named = await at(serverIs((origin) => ({ token_endpoint: `${origin}/\u001b[2J` })));
    const text = JSON.stringify([...of.values(), ...named.of.values()]);
    expect(text).toContain('[2J');
    expect(text).not.toMatch(/a-secret-code|of-the-client|\\u001b|\\u0007/);
    expect(text).toContain('[31mred');
  });

  it('sends nothing to a private address that a server names which is only partly private', async () => {
    const inner = await startForeignServer();
    server = await startForeignServer(
      resourceIs(() => ({ authorization_servers: [inner.origin] })),
    );
    const outer = server.mcp.replace('127.0.0.1', 'localhost');
    // The owner of a name decides which addresses it has.
    const resolve = async (host: string) =>
      host === 'localhost' ? ['8.8.8.8', '10.0.0.1'] : [host];
    const { of } = await verdictsAt(outer, CLIENTS.slice(0, 1), { resolve });
    expect([...of.values()]).toMatchObject([{ message: /private network/ }].map(matching));
    expect(inner.requests).toEqual([]);
    await inner.close();
  });

  it('is not kept busy by an error page that costs much to read', async () => {
    const { of } = await at(
      () => ({ '/authorize': () => ({ status: 500, body: '<h1'.repeat(80_000) }) }),
      CLIENTS.slice(0, 1),
    );
    expect([...of.values()]).toMatchObject([{ outcome: 'failed' }]);
  });

  it('sends nothing to a private address that a public server names', async () => {
    const inner = await startForeignServer();
    server = await startForeignServer(
      resourceIs(() => ({ authorization_servers: [inner.origin] })),
    );
    // The name stands for a public host.
    const outer = server.mcp.replace('127.0.0.1', 'localhost');
    const resolve = async (host: string) => [host === 'localhost' ? '8.8.8.8' : host];
    const { of } = await verdictsAt(outer, CLIENTS.slice(0, 1), { resolve });
    expect(of.get('Claude (claude.ai, Desktop)')).toMatchObject({
      outcome: 'failed',
      fault: 'server',
      message: expect.stringContaining('private network'),
    });
    expect(inner.requests).toEqual([]);
    await inner.close();
  });
});

/** Regular expressions as matchers. */
function matching(expected: object): object {
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [
      name,
      value instanceof RegExp ? expect.stringMatching(value) : value,
    ]),
  );
}
