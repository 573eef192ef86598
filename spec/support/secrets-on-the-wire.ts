/** Collects every secret that went over the wire, and looks for them in bytes, however written. */
import { createHash } from 'node:crypto';

import type { Browser } from '../../lib/testing/browser.js';
import type { TenantRequest } from '../../lib/testing/request-log.js';

/** Listens to everything `fetch` sends and receives in this process: clients and library alike. */
export interface WireTap {
  /** Takes the secrets out of anything: strings, forms, JSON, JWTs, nested as they come. */
  add(what: unknown): void;
  addBrowser(browser: Browser): void;
  addTenant(requests: readonly TenantRequest[]): void;
  readonly secrets: ReadonlySet<string>;
  stop(): void;
}

/** Words of the protocols: everybody knows them, so finding one gives nothing away. */
const PUBLIC = [
  /^https?:\/\/127\.0\.0\.1:\d+(\/(auth\/callback|mcp|authorize|)?)?$/,
  /^https:\/\/(client\.example\/cb|api\.example\.test\/mcp-demo)$/,
  /^(authorization_code|refresh_token|client_secret_post|access_token|Spec client|continue)$/,
  /^[a-z0-9]+\/[a-z0-9.+-]+(;.*)?$/i,
  /^[a-z:_ ]*(openid|offline_access|profile|email)[a-z:_ ]*$/,
  /^(Mozilla|node|no-|gzip|same-|cross-|timeout=|keep-alive|navigate|document|tools\/)/i,
];

/** Shorter ones would be found by chance, and no secret is so short. */
const MIN_LENGTH = 8;

export function tapWire(): WireTap {
  const secrets = new Set<string>();
  const original = globalThis.fetch;

  function add(what: unknown): void {
    if (typeof what === 'string') addText(what);
    else if (Array.isArray(what)) what.forEach(add);
    else if (what instanceof URLSearchParams) for (const [, value] of what) add(value);
    else if (typeof what === 'object' && what !== null) Object.values(what).forEach(add);
  }

  function addText(text: string): void {
    if (text.length < MIN_LENGTH || PUBLIC.some((pattern) => pattern.test(text))) return;
    if (/^[[{]/.test(text)) addJson(text);
    else if (/^[\w%.~-]+=[^&]*(&[\w%.~-]+=[^&]*)+$/.test(text)) add(new URLSearchParams(text));
    else secrets.add(text);
    const [, payload, signature] = /^[\w-]+\.([\w-]+)\.([\w-]+)$/.exec(text) ?? [];
    if (signature !== undefined) {
      secrets.add(signature);
      addJson(Buffer.from(payload ?? '', 'base64url').toString());
    }
  }

  function addJson(text: string): void {
    try {
      add(JSON.parse(text));
    } catch {
      secrets.add(text);
    }
  }

  globalThis.fetch = async (input, init) => {
    add(new URL(String(input)).searchParams);
    add(init?.body instanceof URLSearchParams ? init.body : String(init?.body ?? ''));
    add(/^(Bearer|Basic) (.+)$/.exec(new Headers(init?.headers).get('authorization') ?? '')?.[2]);
    const response = await original(input, init);
    const isDocument = /\.well-known/.test(String(input));
    if (!isDocument) add(await response.clone().text());
    return response;
  };

  return {
    secrets,
    add,
    addBrowser(browser) {
      for (const { value } of browser.cookies.all()) {
        // `s:<id>.<signature>`: each half is worth hiding.
        const text = decodeURIComponent(value);
        add([text, ...text.replace(/^s:/, '').split('.')]);
      }
    },
    addTenant(requests) {
      for (const { query, form } of requests) add([query, form]);
    },
    stop() {
      globalThis.fetch = original;
    },
  };
}

/** Every secret that is in `haystack`: in clear, encoded, or as a plain SHA-256, with how. */
export function findSecrets(haystack: Buffer, secrets: Iterable<string>): string[] {
  return [...secrets].flatMap((secret) =>
    formsOf(secret)
      .filter(([, form]) => haystack.includes(form))
      .map(([how]) => `${how}: ${secret.slice(0, 12)}… (${secret.length})`),
  );
}

function formsOf(secret: string): [string, Buffer | string][] {
  const bytes = Buffer.from(secret);
  const hash = createHash('sha256').update(bytes).digest();
  const decoded = Buffer.from(secret, 'base64url');
  const isEncoded = decoded.length >= MIN_LENGTH && decoded.toString('base64url') === secret;
  return [
    ['in clear', bytes],
    ['JSON in clear', JSON.stringify(secret).slice(1, -1)],
    ...written('', bytes),
    ['SHA-256', hash],
    ...written('SHA-256 in ', hash),
    ...(isEncoded
      ? [['decoded', decoded] as [string, Buffer], ...written('decoded, ', decoded)]
      : []),
  ];
}

function written(prefix: string, bytes: Buffer): [string, string][] {
  return [
    [`${prefix}hex`, bytes.toString('hex')],
    [`${prefix}HEX`, bytes.toString('hex').toUpperCase()],
    // At any place of a longer text: the middle of the encoding, for each of three alignments.
    ...[0, 1, 2].flatMap((shift): [string, string][] => {
      const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
      const middle = (text: string): string => text.replace(/=+$/, '').slice(shift && 4, -1);
      return [
        [`${prefix}base64`, middle(shifted.toString('base64'))],
        [`${prefix}base64url`, middle(shifted.toString('base64url'))],
      ];
    }),
  ];
}
