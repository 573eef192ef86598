/** An OAuth client spoken by hand, so that a spec can send exactly what it wants to send. */
import { createHash, randomBytes } from 'node:crypto';

import {
  approve,
  type Browser,
  createBrowser,
  logIn,
  type Page,
} from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';

/** A JSON answer. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

/** A registered client and how it talks. */
export interface OAuthClient {
  readonly id: string;
  readonly secret: string | undefined;
  readonly redirectUri: string;
  /** Parameters of a valid authorization request; overrides win, `undefined` leaves one out. */
  authorizeUrl(overrides?: Readonly<Record<string, string | undefined>>): string;
  /** Consent and login in a browser; the parameters that come back to the redirect URI. */
  logIn(how?: LogInOptions): Promise<URLSearchParams>;
  /** The whole way to tokens. */
  tokens(how?: LogInOptions): Promise<Record<string, unknown>>;
  redeem(code: string, overrides?: Readonly<Record<string, string | undefined>>): Promise<Answer>;
  refresh(
    token: unknown,
    overrides?: Readonly<Record<string, string | undefined>>,
  ): Promise<Answer>;
  post(path: string, form: Readonly<Record<string, string | undefined>>): Promise<Answer>;
}

export interface LogInOptions {
  readonly browser?: Browser;
  readonly user?: { readonly email: string; readonly password: string };
  readonly parameters?: Readonly<Record<string, string | undefined>>;
}

export const VERIFIER = 'spec-verifier.with~every-kind_of-character-0123456789';
export const CHALLENGE = createHash('sha256').update(VERIFIER).digest('base64url');

/** Registers a client at a server that answers below `base`. */
export async function registerClient(
  base: string,
  metadata: Readonly<Record<string, unknown>> = {},
): Promise<OAuthClient> {
  const redirectUris = (metadata.redirect_uris as string[] | undefined) ?? [
    'http://127.0.0.1:45454/callback',
  ];
  const response = await fetch(`${base}/register`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ client_name: 'Spec client', redirect_uris: redirectUris, ...metadata }),
  });
  const body = (await response.json()) as Record<string, string>;
  if (response.status !== 201) throw new Error(`registration: ${JSON.stringify(body)}`);
  return oauthClient(base, {
    id: body.client_id ?? '',
    secret: body.client_secret,
    redirectUri: redirectUris[0] ?? '',
  });
}

/** Speaks for a client that is known already. */
export function oauthClient(
  base: string,
  client: Pick<OAuthClient, 'id' | 'secret' | 'redirectUri'>,
): OAuthClient {
  const { id, secret, redirectUri } = client;

  async function post(path: string, form: Readonly<Record<string, string | undefined>>) {
    return answerOf(
      await fetch(base + path, { method: 'POST', body: new URLSearchParams(present(form)) }),
    );
  }

  const self: OAuthClient = {
    ...client,
    post,
    authorizeUrl(overrides = {}) {
      const parameters = present({
        response_type: 'code',
        client_id: id,
        redirect_uri: redirectUri,
        code_challenge: CHALLENGE,
        code_challenge_method: 'S256',
        state: randomBytes(8).toString('hex'),
        ...overrides,
      });
      return `${base}/authorize?${new URLSearchParams(parameters)}`;
    },
    async logIn({ browser = createBrowser(), user = ADA, parameters = {} } = {}) {
      const stopBefore = parameters.redirect_uri ?? redirectUri;
      let page = await browser.follow(self.authorizeUrl(parameters), { stopBefore });
      if (isConsentPage(page)) page = await approve(browser, page, { stopBefore });
      if (page.next === undefined) page = await logIn(browser, page, user, { stopBefore });
      if (page.next === undefined)
        throw new Error(`no way back to the client: ${page.status} ${page.body.slice(0, 500)}`);
      return new URL(page.next).searchParams;
    },
    async tokens(how) {
      const response = await self.logIn(how);
      const code = response.get('code');
      if (code === null) throw new Error(`no code: ${response}`);
      const { status, body } = await self.redeem(code);
      if (status !== 200) throw new Error(`no tokens: ${JSON.stringify(body)}`);
      return body;
    },
    redeem: (code, overrides = {}) =>
      post('/token', {
        grant_type: 'authorization_code',
        code,
        code_verifier: VERIFIER,
        redirect_uri: redirectUri,
        client_id: id,
        client_secret: secret,
        ...overrides,
      }),
    refresh: (token, overrides = {}) =>
      post('/token', {
        grant_type: 'refresh_token',
        refresh_token: String(token),
        client_id: id,
        client_secret: secret,
        ...overrides,
      }),
  };
  return self;
}

/** Calls a tool at an MCP endpoint, in one request, as clients of the stateless protocol do. */
export async function callTool(
  mcp: string,
  token: unknown,
  name: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  return rpc(mcp, token, { method: 'tools/call', params: { name, arguments: {} } }, headers);
}

/** One JSON-RPC request; the result or error comes back as the body. */
export async function rpc(
  mcp: string,
  token: unknown,
  message: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const withId = (one: unknown) => ({ jsonrpc: '2.0', id: 1, ...(one as object) });
  const response = await fetch(mcp, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    body: JSON.stringify(Array.isArray(message) ? message.map(withId) : withId(message)),
  });
  const text = await response.text();
  const data = /^data: (.*)$/m.exec(text)?.[1] ?? text;
  return { status: response.status, headers: response.headers, body: JSON.parse(data || '{}') };
}

/** What a tool answered. */
export function toolResult(response: Answer): Record<string, unknown> {
  const result = response.body.result as { content?: { text: string }[] } | undefined;
  return JSON.parse(result?.content?.[0]?.text ?? 'null');
}

export function isConsentPage(page: Page): boolean {
  return page.status === 200 && page.body.includes('name="decision"');
}

async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const body = text === '' ? {} : JSON.parse(text);
  return { status: response.status, headers: response.headers, body };
}

function present(form: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(form).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
