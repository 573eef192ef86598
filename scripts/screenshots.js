/**
 * `npm run screenshots`: takes the screenshots of docs/screenshots, in light and dark, for phone and desktop.
 * Needs Chromium (CHROMIUM_PATH, or /usr/bin/chromium) and the Liberation fonts, or every screenshot changes.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { chromium } from 'playwright-core';

import { appPage } from '../lib/pages/app-page.ts';
import { parseBrand } from '../lib/pages/brand.ts';
import { connectedAppsPage, signedOutPage, signInPage } from '../lib/pages/connected-apps-page.ts';
import { consentPage } from '../lib/pages/consent-page.ts';
import { errorPage } from '../lib/pages/error-page.ts';
import { createCatalogue } from '../lib/pages/texts/catalogue.ts';
import { smallPng } from './small-png.js';

const DIRECTORY = fileURLToPath(new URL('../docs/screenshots/', import.meta.url));

/** Size limit, since screenshots stay in the repository's history. */
const MAX_BYTES = 60_000;

const SIZES = {
  phone: { width: 390, height: 780 },
  desktop: { width: 1024, height: 780 },
};

/** 2026-03-14, fixed so that a screenshot changes only if the page changed. */
const NOW = 1_773_478_800;
const DAY = 86_400;

const context = {
  brand: parseBrand({ name: 'Harbour Weather', policyUrl: '/privacy', termsUrl: '/terms' }),
  texts: createCatalogue().choose({ uiLocales: 'en' }),
};

const scopes = [
  { name: 'openid', description: 'Know who you are' },
  { name: 'forecasts:read', description: 'Read forecasts and tide tables' },
  { name: 'alerts:write', description: 'Create and change your storm alerts' },
];

const consent = {
  form: { action: '/consent', fields: {} },
  clientName: 'Claude',
  clientNameVerified: false,
  clientHost: undefined,
  clientFingerprint: '7f3a91c05be2',
  redirectUri: 'https://claude.ai/api/mcp/auth_callback',
  redirectHost: 'claude.ai',
  redirectKind: 'https',
  scopes,
  auth0Scopes: ['openid', 'profile', 'email', 'offline_access', 'forecasts:read', 'alerts:write'],
  resource: 'https://weather.example.com/mcp',
};

const PAGES = {
  consent: consentPage(context, consent),
  // As after a click.
  'consent-offer': consentPage(context, {
    ...consent,
    scopes: scopes.slice(0, 2),
    offeredScopes: scopes.slice(2),
  }).replace('<details ', '<details open '),
  'consent-loopback': consentPage(context, {
    ...consent,
    clientName: 'MCP Inspector',
    clientFingerprint: 'c24e0d77a918',
    redirectUri: 'http://localhost:6274/oauth/callback',
    redirectHost: 'localhost:6274',
    redirectKind: 'loopback',
  }),
  'consent-verified': consentPage(context, {
    ...consent,
    clientName: 'Visual Studio Code',
    clientHost: 'vscode.dev',
    clientFingerprint: 'https://vscode.dev/oauth/client-metadata.json',
    redirectUri: 'https://vscode.dev/redirect',
    redirectHost: 'vscode.dev',
  }),
  app: appPage(context, {
    href: 'cursor://anysphere.cursor-mcp/oauth/callback',
    clientName: 'Cursor',
  }),
  error: errorPage(context, { kind: 'unknown_client', correlationId: '01JPA6Q9' }),
  denied: errorPage(context, { kind: 'denied', correlationId: '01JPA6R2' }),
  'sign-in': signInPage(context, { action: '/connected-apps/sign-in', fields: {} }),
  'signed-out': signedOutPage(context, '/connected-apps'),
  'connected-apps': connectedAppsPage(context, {
    account: 'ada@example.com',
    disconnectForm: { action: '/connected-apps/disconnect', fields: {} },
    signOutForm: { action: '/connected-apps/sign-out', fields: {} },
    apps: [
      {
        id: '1',
        clientName: 'Claude',
        host: 'claude.ai',
        createdAt: NOW - 41 * DAY,
        lastUsedAt: NOW,
        scopes: ['openid', 'forecasts:read', 'alerts:write'],
      },
      {
        id: '2',
        clientName: 'Cursor',
        host: 'anysphere.cursor-retrieval',
        createdAt: NOW - 3 * DAY,
        lastUsedAt: NOW - 2 * DAY,
        scopes: ['openid', 'forecasts:read'],
      },
    ],
  }),
};

/** @param {import('playwright-core').Browser} browser */
async function takeAll(browser) {
  const blank = await browser.newPage();
  for (const [name, markup] of Object.entries(PAGES)) {
    for (const [size, viewport] of Object.entries(SIZES)) {
      for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
        const page = await browser.newPage({ viewport, colorScheme, deviceScaleFactor: 1 });
        await page.setContent(markup);
        const picture = await smallPng(blank, await page.screenshot({ fullPage: true }));
        await page.close();
        await write(`${name}-${size}-${colorScheme}.png`, picture);
      }
    }
  }
}

/**
 * @param {string} name
 * @param {Buffer} picture
 */
async function write(name, picture) {
  if (picture.length > MAX_BYTES) throw new Error(`${name} has ${picture.length} bytes: too many`);
  await writeFile(`${DIRECTORY}${name}`, picture);
  console.log(`${name} ${picture.length} bytes`);
}

await mkdir(DIRECTORY, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM_PATH ?? '/usr/bin/chromium',
});
try {
  await takeAll(browser);
} finally {
  await browser.close();
}
