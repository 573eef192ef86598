/** The loopback redirect URI of the demo client (RFC 8252 §7.3): a web server while the client runs. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The web server, listening. */
export interface LoopbackCallback {
  /** `http://127.0.0.1:PORT/callback`. */
  readonly redirectUri: string;
  /** Parameters of the next authorization response. */
  next(): Promise<URLSearchParams>;
  close(): void;
}

/** Time limit for a login. */
const LOGIN_TIMEOUT_MS = 10 * 60 * 1000;

/** Listens on the port of the registered redirect URI, or on any other if that port is taken. */
export async function listenForCallback(registered?: string): Promise<LoopbackCallback> {
  let deliver: (response: URLSearchParams) => void = () => {};
  const server = createServer(callbackPage((response) => deliver(response)));
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(Number(new URL(registered ?? 'http://127.0.0.1').port)).catch(() => listen(0));
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    next: () =>
      new Promise((resolve, reject) => {
        // The listening server keeps the process alive; the timer must not.
        const timer = setTimeout(
          () => reject(new Error('The login was not completed in time.')),
          LOGIN_TIMEOUT_MS,
        ).unref();
        deliver = (response) => {
          clearTimeout(timer);
          resolve(response);
        };
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function callbackPage(deliver: (response: URLSearchParams) => void): RequestListener {
  return function showResult(req, res) {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (pathname !== '/callback') {
      res.writeHead(404).end();
      return;
    }
    const sentence = searchParams.has('code')
      ? 'You are logged in. You can close this window.'
      : 'The login failed. The terminal shows the reason.';
    // The URL contains the code: no caching, no Referer.
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    });
    res.end(`<!doctype html><html lang="en"><title>Demo client</title><p>${sentence}</p></html>`);
    deliver(searchParams);
  };
}
