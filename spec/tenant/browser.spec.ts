import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCookieJar } from '../../lib/testing/browser/cookie-jar.js';
import { approve, createBrowser, deny } from '../../lib/testing/browser.js';

const CONSENT_PAGE = `<!-- <form action="/decoy/consent"><input name=decoy></form> -->
<form method="post" action="/login/consent">
  <input type="hidden" name="ticket" value="a&amp;b&#39;&quot;">
  <input type="checkbox" name="remember">
  <button name="decision" value="deny">No</button>
  <button name="decision" value="allow">Yes</button>
</form>`;

let server: Server;
let origin: string;
let seen: { url: string; headers: IncomingMessage['headers']; body: string }[];

async function serve(req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of req) chunks.push(chunk as Buffer);
  seen.push({ url: req.url ?? '', headers: req.headers, body: Buffer.concat(chunks).toString() });
  res.setHeader('content-type', 'text/html; charset=utf-8');
  if (req.url === '/start') res.writeHead(302, { location: '/page', 'set-cookie': 'a=1' }).end();
  else if (req.url === '/page') res.end(CONSENT_PAGE);
  else res.writeHead(303, { location: 'http://client.invalid/cb?code=1&x=2' }).end();
}

beforeAll(async () => {
  seen = [];
  server = createServer(serve);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve));
});

describe('the headless browser', () => {
  it.each([
    ['approves', approve, 'allow'],
    ['denies', deny, 'deny'],
  ])(
    '%s a consent page as a real browser would, and stops where it is told',
    async (_name, press, decision) => {
      const browser = createBrowser();
      const page = await browser.follow(`${origin}/start`);
      expect(page.chain).toEqual([`${origin}/start`, `${origin}/page`]);
      const done = await press(browser, page, { stopBefore: 'http://client.invalid/' });
      expect(done.next?.href).toBe('http://client.invalid/cb?code=1&x=2');
      const sent = seen.at(-1);
      expect(sent?.url).toBe('/login/consent');
      expect(Object.fromEntries(new URLSearchParams(sent?.body))).toEqual({
        ticket: `a&b'"`,
        decision,
      });
      expect(sent?.headers).toMatchObject({
        cookie: 'a=1',
        origin,
        'sec-fetch-site': 'same-origin',
      });
    },
  );
});

describe('its cookies (RFC 6265bis)', () => {
  const jarWith = (from: string, ...lines: string[]) => {
    const jar = createCookieJar();
    jar.store(new URL(from), lines);
    return (url: string, method = 'GET', crossSite = false) =>
      jar.header({ url: new URL(url), method, crossSite });
  };

  it('belong to a host with all its ports, and to a path', () => {
    const header = jarWith(
      'http://127.0.0.1:1/a/b',
      'root=1; Path=/',
      'here=2',
      'deep=3; Path=/a/b',
    );
    expect(header('http://127.0.0.1:2/a/b/c')).toBe('deep=3; here=2; root=1');
    expect(header('http://127.0.0.1:2/ab')).toBe('root=1');
    expect(header('http://localhost:1/a/b')).toBe('');
  });

  it('are rejected from plain http if Secure, and prefixes are enforced', () => {
    const host = '__Host-s=1; Secure; Path=/';
    expect(jarWith('http://127.0.0.1/', host, 's=1; Secure')('https://127.0.0.1/')).toBe('');
    expect(jarWith('https://app.test/', host)('https://app.test/x')).toBe('__Host-s=1');
    expect(jarWith('https://app.test/', host)('http://app.test/x')).toBe('');
    expect(jarWith('https://app.test/', `${host}; Domain=app.test`)('https://app.test/')).toBe('');
    expect(jarWith('https://app.test/', '__Host-s=1; Path=/')('https://app.test/')).toBe('');
  });

  it('obey SameSite, by default Lax, and expire', () => {
    const header = jarWith(
      'http://app.test/',
      'lax=1',
      'strict=2; SameSite=Strict',
      'gone=3; Max-Age=0',
    );
    expect(header('http://app.test/')).toBe('lax=1; strict=2');
    expect(header('http://app.test/', 'GET', true)).toBe('lax=1');
    expect(header('http://app.test/', 'POST', true)).toBe('');
  });
});
