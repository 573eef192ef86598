/** The redirect URI of a client on this machine, for one login (RFC 8252 §7.3). */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Callback {
  readonly redirectUri: string;
  /** The parameters of the authorization response with this state. @throws Error no user logged in */
  response(state: string): Promise<URLSearchParams>;
  close(): void;
}

/** @param port 0: a free one. @param timeoutMs for the user to log in */
export async function listenForCallback(
  timeoutMs: number,
  { port, path }: { readonly port: number; readonly path: string } = { port: 0, path: '/callback' },
): Promise<Callback> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const redirectUri = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`;
  return {
    redirectUri,
    response: (state) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error('no user logged in')), timeoutMs);
        server.on('request', (req, res) => {
          // Any page in the browser can send requests here, `//` for example, which is no URL.
          const target =
            req.url !== undefined && URL.canParse(req.url, redirectUri) ? req.url : '/';
          const { pathname, searchParams } = new URL(target, redirectUri);
          const isOurs = pathname === path && searchParams.get('state') === state;
          res.writeHead(isOurs ? 200 : 404, { 'Content-Type': 'text/plain' });
          res.end(
            isOurs
              ? 'The login has ended. The result is in the terminal; you can close this window.'
              : '',
          );
          if (!isOurs) return;
          clearTimeout(timer);
          resolve(searchParams);
        });
      }),
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
