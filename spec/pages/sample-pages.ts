/** Every page with ordinary and with extreme content, for the specs beside this file. */
import { appPage } from '../../lib/pages/app-page.js';
import { type Brand, parseBrand } from '../../lib/pages/brand.js';
import {
  type ConnectAccountPage,
  connectAccountPage,
  connectResultPage,
  connectSignInPage,
} from '../../lib/pages/connect-account-page.js';
import {
  type ConnectedApp,
  type ConnectedAppsPage,
  connectedAppsPage,
  signedOutPage,
  signInPage,
} from '../../lib/pages/connected-apps-page.js';
import { type ConsentPage, consentPage } from '../../lib/pages/consent-page.js';
import { errorPage } from '../../lib/pages/error-page.js';
import type { PageContext } from '../../lib/pages/layout.js';
import { createCatalogue } from '../../lib/pages/texts/catalogue.js';

export const brand: Brand = parseBrand({
  name: 'Harbour Weather',
  policyUrl: '/privacy',
  termsUrl: 'https://weather.example.com/terms',
});

export const pageContext: PageContext = {
  brand,
  texts: createCatalogue().choose({ uiLocales: 'en' }),
};

export const consent: ConsentPage = {
  form: { action: '/consent', fields: { request: 'sealed' } },
  clientName: 'Claude',
  clientNameVerified: false,
  clientHost: undefined,
  clientFingerprint: '7f3a91c05be2',
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  redirectHost: 'claude.ai',
  redirectKind: 'https',
  scopes: [{ name: 'openid', description: 'Know who you are' }, { name: 'forecasts:read' }],
  auth0Scopes: ['openid', 'profile', 'email', 'offline_access'],
  resource: 'https://weather.example.com/mcp',
};

export const app: ConnectedApp = {
  id: 'grant-1',
  clientName: 'Claude',
  host: 'claude.ai',
  createdAt: 1_769_904_000,
  lastUsedAt: 1_773_478_800,
  scopes: ['openid', 'forecasts:read'],
};

export const connectedApps: ConnectedAppsPage = {
  account: 'ada@example.com',
  apps: [app, { ...app, id: 'grant-2', clientName: 'Cursor', lastUsedAt: 1_773_392_400 }],
  disconnectForm: { action: '/connected-apps', fields: { csrf: 'token' } },
  signOutForm: { action: '/sign-out', fields: {} },
};

const connectAccount: ConnectAccountPage = {
  form: { action: '/connected-accounts/connect', fields: { form: 'sealed' } },
  provider: 'Google',
  clientName: 'Claude',
  host: 'claude.ai',
  scopes: ['openid', 'https://www.googleapis.com/auth/calendar.readonly'],
  account: 'ada@example.com',
};

const unbreakable = 'unbreakable'.repeat(40);

/** Twenty scopes, a name and a URI without a place to break, and the longest warning. */
const crowded: ConsentPage = {
  ...consent,
  clientName: unbreakable,
  redirectUri: `cursor://anysphere.cursor-retrieval/${unbreakable}`,
  redirectHost: 'cursor://anysphere.cursor-retrieval',
  redirectKind: 'custom_scheme',
  scopes: Array.from({ length: 20 }, (_, i) => ({
    name: `${i}:${unbreakable.slice(0, 90)}`,
    ...(i % 2 === 0 && { description: `Do the thing that is number ${i}, as often as it likes` }),
  })),
};

const offeredScopes = [
  { name: 'alerts:write', description: 'Create and change your storm alerts' },
  { name: 'stations:admin' },
];

/** As after a click. */
const opened = (page: string): string => page.replace('<details ', '<details open ');

/** Name → document. `wide` ones have content that wants to be broader than any screen. */
export const samplePages: Readonly<Record<string, string>> = {
  consent: consentPage(pageContext, consent),
  'consent that was allowed too soon': consentPage(pageContext, { ...consent, wasTooSoon: true }),
  'consent with an offer': consentPage(pageContext, { ...consent, offeredScopes }),
  'consent with an open offer': opened(consentPage(pageContext, { ...consent, offeredScopes })),
  'crowded consent with an open offer, in German': opened(
    consentPage(
      { brand, texts: createCatalogue().choose({ uiLocales: 'de' }) },
      { ...crowded, scopes: [], offeredScopes: crowded.scopes },
    ),
  ),
  'consent for a loopback client': consentPage(pageContext, {
    ...consent,
    redirectUri: 'http://127.0.0.1:3334/callback',
    redirectHost: '127.0.0.1:3334',
    redirectKind: 'loopback',
  }),
  'consent for a metadata document, in German': consentPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'de' }) },
    { ...consent, clientHost: 'vscode.dev' },
  ),
  'consent for a custom scheme, in French': consentPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'fr' }) },
    {
      ...consent,
      clientName: undefined,
      redirectUri: 'cursor://anysphere.cursor-retrieval/cb',
      redirectHost: 'anysphere.cursor-retrieval',
      redirectKind: 'custom_scheme',
    },
  ),
  'consent in Spanish': consentPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'es' }) },
    consent,
  ),
  'crowded consent': consentPage(pageContext, crowded),
  'crowded consent from right to left': consentPage(
    { brand, texts: createCatalogue({ ar: { dir: 'rtl' } }).choose({ uiLocales: 'ar' }) },
    crowded,
  ),
  'opens an app': appPage(pageContext, {
    href: 'cursor://anysphere.cursor-mcp/oauth/callback?code=c',
    clientName: 'Cursor',
  }),
  'opens an app with a long name, in German': appPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'de' }) },
    { href: `com.example.${unbreakable}:/cb?code=c`, clientName: unbreakable },
  ),
  error: errorPage(pageContext, {
    kind: 'other_browser',
    correlationId: '01JPA6Q9',
    link: { href: 'https://weather.example.com/' },
  }),
  'error with a long way on': errorPage(pageContext, {
    kind: 'invalid_redirect',
    correlationId: '01JPA6Q9',
    link: { href: `https://${'unbreakable'.repeat(5)}.weather.example.com/` },
  }),
  'not allowed, with a link to the app': errorPage(pageContext, {
    kind: 'not_allowed',
    correlationId: '01JPA6Q9',
    link: { href: 'cursor://anysphere.cursor-retrieval/cb?error=access_denied' },
  }),
  'access denied': errorPage(pageContext, { kind: 'denied', correlationId: '01JPA6Q9' }),
  'access denied by the tenant': errorPage(pageContext, {
    kind: 'sign_in_denied',
    correlationId: '01JPA6Q9',
    tenantMessage: `Please verify ${'every-address'.repeat(12)} first.`,
    link: { href: 'https://weather.example.com/connected-apps', text: 'Try again' },
  }),
  'no sign-in to finish': errorPage(pageContext, { kind: 'no_login', correlationId: '01JPA6Q9' }),
  'connected apps': connectedAppsPage(pageContext, { ...connectedApps, disconnected: 'Inspector' }),
  'no connected apps': connectedAppsPage(pageContext, { ...connectedApps, apps: [] }),
  'sign in': signInPage(pageContext, { action: '/connected-apps/sign-in', fields: { form: 'x' } }),
  'out of date': errorPage(pageContext, {
    kind: 'page_expired',
    correlationId: '01JPA6Q9',
    link: { href: 'https://weather.example.com/connected-apps', text: 'Try again' },
  }),
  'connect an account': connectAccountPage(pageContext, connectAccount),
  'connect an account, pressed too soon': connectAccountPage(pageContext, {
    ...connectAccount,
    wasTooSoon: true,
  }),
  'connect an account, crowded, in German': connectAccountPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'de' }) },
    {
      ...connectAccount,
      clientName: unbreakable,
      scopes: Array.from({ length: 20 }, (_, i) => `https://scopes.example/${i}/${unbreakable}`),
    },
  ),
  'sign in to connect an account': connectSignInPage(pageContext, connectAccount.form, 'Google'),
  'connect an account of another user': connectSignInPage(
    pageContext,
    connectAccount.form,
    'Google',
    'bob@example.com',
  ),
  'account connected, in French': connectResultPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'fr' }) },
    'done',
    'Google',
    'Claude',
  ),
  'no account connected, in Spanish': connectResultPage(
    { brand, texts: createCatalogue().choose({ uiLocales: 'es' }) },
    'cancelled',
    'Google',
    undefined,
  ),
  'connected apps and accounts': connectedAppsPage(pageContext, {
    ...connectedApps,
    ownAccounts: {
      accounts: [{ id: 'account-1', provider: 'Google', scopes: ['openid', unbreakable] }],
      removeForm: { action: '/connected-accounts/remove', fields: {} },
    },
  }),
  'signed out': signedOutPage(pageContext, '/connected-apps'),
};
