/**
 * Where the browser comes back to after the login: a web server on this machine, for as long as the
 * client runs.
 *
 * Spec: RFC 8252 §7.3 (loopback redirect), RFC 6749 §4.1.2.
 *
 * @module
 */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The web server, listening. */
export interface LoopbackCallback {
  /** `http://127.0.0.1:PORT/callback`. */
  readonly redirectUri: string;
  /** The parameters of the next answer. */
  next(): Promise<URLSearchParams>;
  close(): void;
}

/** How long a person may take for a login, in milliseconds. */
const PATIENCE_MS = 10 * 60 * 1000;

/** Listens on the port of an earlier redirect URI, if that is free, else on any. */
export async function listenForCallback(earlier?: string): Promise<LoopbackCallback> {
  let deliver: (answer: URLSearchParams) => void = () => {};
  const server = createServer(answerBrowser((answer) => deliver(answer)));
  const listen = (port: number): Promise<void> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
  await listen(Number(new URL(earlier ?? 'http://127.0.0.1').port)).catch(() => listen(0));
  const { port } = server.address() as AddressInfo;
  return {
    redirectUri: `http://127.0.0.1:${port}/callback`,
    next: () =>
      new Promise((resolve, reject) => {
        // The open server keeps the process running; once it is closed, nothing waits for the rest.
        const timer = setTimeout(
          () => reject(new Error('No login was completed in time.')),
          PATIENCE_MS,
        ).unref();
        deliver = (answer) => {
          clearTimeout(timer);
          resolve(answer);
        };
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answerBrowser(deliver: (answer: URLSearchParams) => void): RequestListener {
  return function answer(req, res) {
    const { pathname, searchParams } = new URL(req.url ?? '/', 'http://127.0.0.1');
    if (pathname !== '/callback') {
      res.writeHead(404).end();
      return;
    }
    const sentence = searchParams.has('code')
      ? 'You are logged in. You can close this window.'
      : 'The login did not succeed. The terminal says why.';
    // The address holds the code: it is not to be kept, and not to be told to other pages.
    res.writeHead(200, {
      'Content-Type': 'text/html; charset=utf-8',
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    });
    res.end(`<!doctype html><html lang="en"><title>Demo client</title><p>${sentence}</p></html>`);
    deliver(searchParams);
  };
}
