/** A world under attack: two clients, one person logged in, and what must never be seen of it. */
import express, { type Express } from 'express';
import type { Auth0McpOptions } from '../../lib/config/options.js';
import { createBrowser } from '../../lib/testing/browser.js';
import { DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';
import { cookiesFor, grantField, letIn, signIn, signOutField } from '../support/connected-apps.js';
import { CHALLENGE, type OAuthClient, registerClient, VERIFIER } from '../support/oauth-client.js';
import { SPEC_SIGNING_KEY, startWorld, type World } from '../support/world.js';
import { INJECTED_HEADER, type Known, MARKUP, type Target } from './inputs.js';
import type { RawResponse } from './socket.js';

export interface HostileWorld {
  readonly world: World;
  readonly known: Known;
  readonly targets: readonly Target[];
  /** What is wrong with an answer; undefined for nothing. */
  faultOf(path: string, response: RawResponse): string | undefined;
}

/** What a host app does with bodies before we see them. */
export const HOSTS: Readonly<Record<string, (app: Express) => void>> = {
  'a bare app': () => {},
  'an app that parses every body first': (app) => {
    app.use(express.urlencoded({ extended: true }), express.json());
  },
};

export async function startHostileWorld(
  host: (app: Express) => void,
  options: Partial<Auth0McpOptions> = {},
): Promise<HostileWorld> {
  const world = await startWorld({
    connectedApps: true,
    options: { scopesSupported: ['openid', 'read:notes'], ...options },
    before(app) {
      // So that each request can come from an address of its own and meets no rate limit.
      app.set('trust proxy', true);
      host(app);
    },
  });
  world.app.use((error: Error, _req: unknown, res: express.Response, _next: unknown) => {
    // The host app's own route refused it, after the guard: its answer, not ours.
    res.status(418).json({ error: 'host', error_description: error.name });
  });
  const person = await registerClient(world.origin);
  const web = await registerClient(world.origin, {
    redirect_uris: ['https://client.example/cb'],
    token_endpoint_auth_method: 'client_secret_post',
  });
  const tokens = await person.tokens();
  const form = await consentForm(person);
  const apps = await appForms(world);
  const known: Known = {
    client_id: [person.id, web.id],
    redirect_uri: [person.redirectUri, web.redirectUri],
    response_type: ['code'],
    code_challenge: [CHALLENGE],
    code_challenge_method: ['S256'],
    scope: ['openid', 'read:notes'],
    resource: [world.mcp],
    grant_type: ['authorization_code', 'refresh_token'],
    code_verifier: [VERIFIER],
    code: ['A'.repeat(64)],
    refresh_token: [String(tokens.refresh_token)],
    token: [String(tokens.refresh_token), String(tokens.access_token)],
    client_secret: [web.secret ?? ''],
    request: [form.request],
    decision: ['allow', 'deny'],
    state: ['s'.repeat(43)],
    form: [apps.signIn.field, apps.signOut.field],
    grant: [apps.disconnect.field],
    sessionCookie: [form.cookie.split('=')[0] ?? ''],
  };
  const secrets = [
    SPEC_SIGNING_KEY,
    DEMO_CLIENT_SECRET,
    web.secret ?? '',
    String(tokens.access_token),
    ...[apps.disconnect, apps.signOut].map(({ cookie }) => cookie.split('.').at(-1) ?? ''),
    'node_modules',
    '/lib/',
    'at Object.',
    'at async',
  ];
  const mayLeadTo = [
    // A form post of /authorize is repeated as a GET.
    /^\?[^#]*$/,
    /^http:\/\/127\.0\.0\.1(:\d+)?\/callback\?/,
    /^https:\/\/client\.example\/cb\?/,
    new RegExp(`^${world.tenant.issuer}authorize\\?`),
    new RegExp(`^${world.origin}/connected-apps$`),
  ];
  return {
    world,
    known,
    targets: [...targetsOf({ person, web, tokens, form }), ...appTargets(apps)],
    faultOf: (path, response) => faultIn(response, path, secrets, mayLeadTo),
  };
}

async function consentForm(client: OAuthClient): Promise<{ request: string; cookie: string }> {
  const browser = createBrowser();
  const url = client.authorizeUrl();
  const page = await browser.get(url);
  const request = /name="request" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
  const cookie = browser.cookies.header({ url: new URL(url), method: 'GET', crossSite: false });
  return { request, cookie };
}

/** A field that works, with the cookies it works with. */
interface AppForm {
  readonly field: string;
  readonly cookie: string;
}

/** The buttons of the page of connected apps, each in a browser of its own. */
async function appForms(
  world: World,
): Promise<Readonly<Record<'signIn' | 'disconnect' | 'signOut', AppForm>>> {
  await letIn(world, 'Fuzz');
  const url = `${world.origin}/connected-apps`;
  const [stranger, one, other] = [createBrowser(), createBrowser(), createBrowser()];
  const { body } = await stranger.get(url);
  return {
    signIn: {
      field: /name="form" value="([^"]+)"/.exec(body)?.[1] ?? '',
      cookie: cookiesFor(stranger, url),
    },
    disconnect: {
      field: grantField(await signIn(one, world.origin), 'Fuzz'),
      cookie: cookiesFor(one, url),
    },
    signOut: {
      field: signOutField(await signIn(other, world.origin)),
      cookie: cookiesFor(other, url),
    },
  };
}

function appTargets({
  signIn: stranger,
  disconnect,
  signOut,
}: Awaited<ReturnType<typeof appForms>>): readonly Target[] {
  const page = '/connected-apps';
  const locale = [['ui_locales', 'de']] as const;
  const post = (path: string, name: string, { field, cookie }: AppForm): Target => ({
    path: `${page}/${path}`,
    method: 'POST',
    where: 'form',
    base: [[name, field]],
    headers: [FORM, ['Cookie', cookie]],
  });
  return [
    { path: page, method: 'GET', where: 'query', base: locale },
    {
      path: page,
      method: 'GET',
      where: 'query',
      base: locale,
      headers: [['Cookie', disconnect.cookie]],
    },
    post('sign-in', 'form', stranger),
    post('disconnect', 'grant', disconnect),
    post('sign-out', 'form', signOut),
  ];
}

const FORM = ['Content-Type', 'application/x-www-form-urlencoded'] as const;
const JSON_TYPE = ['Content-Type', 'application/json'] as const;

function targetsOf(made: {
  person: OAuthClient;
  web: OAuthClient;
  tokens: Record<string, unknown>;
  form: { request: string; cookie: string };
}): readonly Target[] {
  const { person, web, tokens, form } = made;
  const authorize = [...new URL(person.authorizeUrl({ state: 'st' })).searchParams];
  const authorizeWeb = [...new URL(web.authorizeUrl({ state: 'st' })).searchParams];
  const cookie = ['Cookie', form.cookie] as const;
  const bearer = ['Authorization', `Bearer ${tokens.access_token}`] as const;
  const refresh = [
    ['grant_type', 'refresh_token'],
    ['refresh_token', String(tokens.refresh_token)],
    ['client_id', person.id],
  ] as const;
  const code = [
    ['grant_type', 'authorization_code'],
    ['code', 'A'.repeat(64)],
    ['code_verifier', VERIFIER],
    ['client_id', web.id],
    ['client_secret', web.secret ?? ''],
  ] as const;
  const consent = [
    ['request', form.request],
    ['decision', 'deny'],
  ] as const;
  const callback = [
    ['state', 's'.repeat(43)],
    ['code', 'c'],
  ] as const;
  const registration = [
    ['redirect_uris', JSON.stringify(['https://client.example/cb'])],
    ['client_name', '"Fuzz"'],
    ['token_endpoint_auth_method', '"none"'],
    ['grant_types', JSON.stringify(['authorization_code', 'refresh_token'])],
    ['response_types', '["code"]'],
  ] as const;
  const call = [
    ['jsonrpc', '"2.0"'],
    ['id', '1'],
    ['method', '"tools/list"'],
  ] as const;
  return [
    { path: '/authorize', method: 'GET', where: 'query', base: authorize },
    { path: '/authorize', method: 'GET', where: 'query', base: authorizeWeb },
    { path: '/authorize', method: 'POST', where: 'form', base: authorize, headers: [FORM] },
    { path: '/consent', method: 'POST', where: 'form', base: consent, headers: [FORM, cookie] },
    { path: '/auth/callback', method: 'GET', where: 'query', base: callback },
    { path: '/token', method: 'POST', where: 'form', base: refresh, headers: [FORM] },
    { path: '/token', method: 'POST', where: 'form', base: code, headers: [FORM] },
    { path: '/revoke', method: 'POST', where: 'form', base: code, headers: [FORM] },
    { path: '/register', method: 'POST', where: 'json', base: registration, headers: [JSON_TYPE] },
    { path: '/mcp', method: 'POST', where: 'json', base: call, headers: [JSON_TYPE, bearer] },
    { path: '/mcp', method: 'POST', where: 'json', base: call, headers: [JSON_TYPE] },
    { path: '/.well-known/oauth-protected-resource/mcp', method: 'GET', where: 'query', base: [] },
    { path: '/.well-known/jwks.json', method: 'GET', where: 'query', base: [] },
  ];
}

const PAGES = new Set([
  '/authorize',
  '/consent',
  '/auth/callback',
  '/connected-apps',
  '/connected-apps/sign-in',
  '/connected-apps/disconnect',
  '/connected-apps/sign-out',
]);

/** Node refuses what is no HTTP before any of our code runs; it has no body and says 400 or 431. */
function isNodes({ status, headers, body }: RawResponse): boolean {
  return body === '' && headers.size <= 1 && [0, 400, 408, 413, 417, 431].includes(status);
}

function faultIn(
  response: RawResponse,
  path: string,
  secrets: readonly string[],
  mayLeadTo: readonly RegExp[],
): string | undefined {
  const { status, headers, body } = response;
  if (isNodes(response)) return undefined;
  if (status >= 500 && !(status === 503 && headers.has('retry-after'))) return `status ${status}`;
  if (headers.has(INJECTED_HEADER)) return 'a header was injected';
  const location = headers.get('location');
  if (location !== undefined && !mayLeadTo.some((pattern) => pattern.test(location))) {
    return `leads to ${location}`;
  }
  const all = [...headers.values(), body].join('\n');
  const seen = secrets.find((secret) => secret !== '' && all.includes(secret));
  // The one place where our own token endpoint hands tokens out.
  if (seen !== undefined && !(path === '/token' && status === 200)) return `shows ${seen}`;
  const type = headers.get('content-type') ?? '';
  if (body.includes(MARKUP) && !type.startsWith('application/json')) return 'markup came through';
  if (type.startsWith('application/json') && headers.get('x-content-type-options') !== 'nosniff') {
    return status === 418 || path === '/mcp' ? undefined : 'JSON that may be sniffed';
  }
  // A path below ours that nobody has: the host's own 404.
  if (status === 404) return undefined;
  if (body === '' || (status >= 300 && status < 400)) return undefined;
  if (PAGES.has(path)) return undefined;
  if (!type.startsWith('application/json')) return `answers with ${type}`;
  return jsonFault(status, body);
}

function jsonFault(status: number, body: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    const isError = typeof parsed === 'object' && parsed !== null && 'error' in parsed;
    return status >= 400 && !isError ? 'an error without a code' : undefined;
  } catch {
    return 'JSON that is none';
  }
}
