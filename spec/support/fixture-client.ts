/**
 * A client that behaves as its fixture says: discovers, introduces itself, logs a person in, calls a
 * tool and refreshes, as strict on the way as the client is.
 */
import { createHash, randomBytes } from 'node:crypto';
import { expect } from '@jest/globals';
import { decodeJwt, exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { ClientFacts } from '../../lib/doctor/clients/client-facts.js';
import { approve, createBrowser, logIn } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import {
  json as answerJson,
  documentFor,
  type TlsHost,
} from '../clients/metadata-documents/tls-host.js';
import { isConsentPage, rpc, toolResult } from './oauth-client.js';

/** What the client has learned and holds. */
interface Known {
  readonly resource: { readonly resource: string; readonly scopes_supported: string[] };
  readonly server: Readonly<Record<string, string>> & {
    readonly scopes_supported: string[];
    readonly token_endpoint_auth_methods_supported: string[];
  };
  readonly challengeScopes: string[];
}

interface Identity {
  readonly id: string;
  /** Authenticates a form for the token endpoint. */
  readonly sign: (form: URLSearchParams, headers: Headers) => Promise<void>;
}

/** The whole way, with the expectations of the client; the answer of the tool at its end. */
export async function useAs(
  fixture: ClientFacts,
  mcp: string,
  documents: TlsHost,
): Promise<Record<string, unknown>> {
  const call = (url: string, init: RequestInit = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    const { protocolVersion = '2025-11-25' } = fixture;
    if (protocolVersion !== null) headers.set('mcp-protocol-version', protocolVersion);
    if (fixture.userAgent !== undefined) headers.set('user-agent', fixture.userAgent);
    if (fixture.origin !== undefined) headers.set('origin', fixture.origin);
    return fromBrowser(fixture, url, { ...init, headers });
  };
  const known = await discover(fixture, mcp, call);
  const identity = await introduce(fixture, known, documents, call);
  const scope = scopesOf(fixture, known).join(' ');
  const { code, verifier } = await authorize(fixture, known, identity, scope, call);

  const post = async (fields: Record<string, string>): Promise<Record<string, unknown>> => {
    const form = new URLSearchParams(fields);
    const headers = new Headers();
    if (fixture.resource.token !== undefined) {
      form.set('resource', resourceAs(fixture.resource.token, mcp));
    }
    await identity.sign(form, headers);
    const response = await call(String(known.server.token_endpoint), {
      method: 'POST',
      body: form,
      headers,
    });
    const body = (await response.json()) as Record<string, unknown>;
    expect([response.status, body.error]).toEqual([200, undefined]);
    return body;
  };
  const tokens = await post({
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: fixture.redirectUri,
  });
  expect(tokens).toMatchObject({ token_type: 'Bearer', scope: expect.any(String) });
  expect(Number(tokens.expires_in)).toBeGreaterThan(60);
  expect(decodeJwt(String(tokens.access_token)).aud).toBe(mcp);

  const refresh = (): Promise<Record<string, unknown>> =>
    post({
      grant_type: 'refresh_token',
      refresh_token: String(tokens.refresh_token),
      ...(fixture.refreshesWithScope && { scope: String(tokens.scope) }),
    });
  const refreshed = await Promise.all(
    Array.from({ length: fixture.parallelRefreshes ?? 1 }, refresh),
  );
  const callTool = (token: unknown) =>
    rpc(mcp, token, { method: 'tools/call', params: { name: 'whoami', arguments: {} } });
  for (const { access_token: token } of refreshed) {
    expect((await callTool(token)).status).toBe(200);
  }
  return toolResult(await callTool(tokens.access_token));
}

type Call = (url: string, init?: RequestInit) => Promise<Response>;

async function discover(fixture: ClientFacts, mcp: string, call: Call): Promise<Known> {
  const method = fixture.firstRequest ?? 'POST';
  const first = await call(mcp, {
    method,
    headers: {
      accept: 'application/json, text/event-stream',
      ...(method === 'POST' && { 'content-type': 'application/json' }),
    },
    ...(method === 'POST' && { body: '{"jsonrpc":"2.0","id":0,"method":"initialize"}' }),
  });
  expect(first.status).toBe(401);
  const challenge = first.headers.get('www-authenticate') ?? '';
  expect(challenge).toMatch(/^Bearer \S/);
  const parameter = (name: string): string =>
    new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? '';

  const { origin } = new URL(mcp);
  const resource = await json<Known['resource']>(
    call(
      fixture.readsRootMetadata
        ? `${origin}/.well-known/oauth-protected-resource`
        : parameter('resource_metadata'),
    ),
  );
  expect(resource.resource).toBe(mcp);
  const [issuer = ''] =
    (resource as { authorization_servers?: string[] }).authorization_servers ?? [];
  const wellKnown = new URL(fixture.readsRootMetadata ? origin : issuer);
  wellKnown.pathname = `/.well-known/oauth-authorization-server${wellKnown.pathname}`.replace(
    /\/$/,
    '',
  );
  const server = await json<Known['server']>(call(wellKnown.href));
  expect(server.issuer).toBe(issuer);
  return { resource, server, challengeScopes: words(parameter('scope')) };
}

async function introduce(
  fixture: ClientFacts,
  { server }: Known,
  documents: TlsHost,
  call: Call,
): Promise<Identity> {
  const { introduction, tokenAuth } = fixture;
  if (introduction.by === 'document') {
    // Clients that have a document use it only where both are advertised.
    expect(server).toMatchObject({ client_id_metadata_document_supported: true });
    expect(server.token_endpoint_auth_methods_supported).toContain('none');
    const { assertionAlgorithm: alg = 'ES256' } = fixture;
    const { publicKey, privateKey } = await generateKeyPair(alg);
    const keys = answerJson({
      keys: [{ ...(await exportJWK(publicKey)), kid: 'of-the-client', alg }],
    });
    const path = new URL(introduction.url).pathname;
    const keysAt = `${path}.keys`;
    const document = documentFor({
      ...introduction.document,
      ...(tokenAuth === 'private_key_jwt' && { jwks_uri: documents.url(keysAt) }),
    });
    documents.answer = (req, res) => (req.url === keysAt ? keys : document)(req, res);
    const id = documents.url(path);
    const assert = (): Promise<string> =>
      new SignJWT({ jti: randomBytes(9).toString('hex') })
        .setProtectedHeader({ alg, kid: 'of-the-client' })
        .setIssuer(id)
        .setSubject(id)
        .setAudience(String(server.issuer))
        .setIssuedAt()
        .setExpirationTime('1 minute')
        .sign(privateKey);
    return {
      id,
      async sign(form) {
        form.set('client_id', id);
        if (tokenAuth !== 'private_key_jwt') return;
        form.set('client_assertion_type', 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer');
        form.set('client_assertion', await assert());
      },
    };
  }
  const response = await call(String(server.registration_endpoint), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(introduction.metadata),
  });
  expect(response.status).toBe(201);
  const registered = (await response.json()) as Record<string, string>;
  expect(registered.redirect_uris).toEqual(introduction.metadata.redirect_uris);
  expect(registered.token_endpoint_auth_method).toBe(tokenAuth);
  expect('client_secret' in registered).toBe(tokenAuth !== 'none');
  return {
    id: String(registered.client_id),
    sign: async (...to) => prove(fixture, registered, ...to),
  };
}

function prove(
  { tokenAuth }: ClientFacts,
  { client_id: id = '', client_secret: secret = '' }: Record<string, string>,
  form: URLSearchParams,
  headers: Headers,
): void {
  if (tokenAuth === 'client_secret_basic') {
    const pair = `${encodeURIComponent(id)}:${encodeURIComponent(secret)}`;
    headers.set('authorization', `Basic ${Buffer.from(pair).toString('base64')}`);
    return;
  }
  form.set('client_id', id);
  if (tokenAuth === 'client_secret_post') form.set('client_secret', secret);
}

async function authorize(
  fixture: ClientFacts,
  { resource, server }: Known,
  { id }: Identity,
  scope: string,
  call: Call,
): Promise<{ code: string; verifier: string }> {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(40).toString('base64');
  const url = new URL(String(server.authorization_endpoint));
  const parameters = {
    response_type: 'code',
    client_id: id,
    redirect_uri: fixture.redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state,
    ...(scope !== '' && { scope }),
    ...(fixture.resource.authorize !== undefined && {
      resource: resourceAs(fixture.resource.authorize, resource.resource),
    }),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  if (fixture.hasPreflight) {
    const looked = await call(url.href, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
    });
    expect(looked.status).toBeLessThan(400);
  }
  const browser = createBrowser();
  const stopBefore = fixture.redirectUri;
  let page = await browser.follow(url, { stopBefore });
  expect(isConsentPage(page)).toBe(true);
  page = await approve(browser, page, { stopBefore });
  if (page.next === undefined) page = await logIn(browser, page, ADA, { stopBefore });
  expect(page.next?.href).toContain(fixture.redirectUri);
  const response = page.next?.searchParams ?? new URLSearchParams();
  expect(response.get('state')).toBe(state);
  // RFC 9207 §2.4: advertised, so it has to be there, and to be the issuer to the character.
  expect(response.get('iss')).toBe(server.issuer);
  return { code: response.get('code') ?? '', verifier };
}

function scopesOf(fixture: ClientFacts, { resource, server, challengeScopes }: Known): string[] {
  const asked = {
    challenge: challengeScopes,
    'resource metadata': resource.scopes_supported,
    'server metadata': server.scopes_supported,
    nowhere: [],
  }[fixture.scopes];
  return [...asked, ...(fixture.extraScopes ?? [])];
}

function resourceAs(habit: 'exact' | 'origin' | 'origin with slash', mcp: string): string {
  const { origin } = new URL(mcp);
  return { exact: mcp, origin, 'origin with slash': `${origin}/` }[habit];
}

/** What a browser allows a page of another origin: it asks first, and hides what is not exposed. */
async function fromBrowser(
  fixture: ClientFacts,
  url: string,
  init: RequestInit,
): Promise<Response> {
  if (fixture.origin === undefined) return fetch(url, init);
  const method = init.method ?? 'GET';
  const asked = [...new Headers(init.headers).keys()].filter((name) => name !== 'origin');
  const preflight = await fetch(url, {
    method: 'OPTIONS',
    headers: {
      origin: fixture.origin,
      'access-control-request-method': method,
      'access-control-request-headers': asked.join(', '),
    },
  });
  expect(preflight.status).toBe(204);
  const allowed = words(
    (preflight.headers.get('access-control-allow-headers') ?? '').toLowerCase(),
  );
  expect(allowed).toEqual(expect.arrayContaining(asked));
  const response = await fetch(url, init);
  expect(['*', fixture.origin]).toContain(response.headers.get('access-control-allow-origin'));
  if (response.status === 401) {
    const exposed = response.headers.get('access-control-expose-headers') ?? '';
    expect(exposed.toLowerCase()).toContain('www-authenticate');
  }
  return response;
}

async function json<T>(pending: Promise<Response>): Promise<T> {
  const response = await pending;
  expect(response.status).toBe(200);
  return (await response.json()) as T;
}

function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== '');
}
