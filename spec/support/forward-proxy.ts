/** A forward proxy on loopback that tunnels (CONNECT) and resolves names by a table. */
import { createServer } from 'node:http';
import { connect, type Socket } from 'node:net';

import { close, listen } from './listen.js';

export interface ForwardProxy {
  /** `http://127.0.0.1:PORT`, without credentials. */
  readonly url: string;
  readonly port: number;
  /** The targets of CONNECT so far: `host:port`. */
  readonly targets: string[];
  /** The `Proxy-Authorization` of the last request. */
  authorization(): string | undefined;
  /** Its status for every CONNECT from now on; `stalls` for none at all. */
  answer: 'tunnels' | 'stalls' | number;
  close(): Promise<void>;
}

/** @param addressOf the address that it connects to for a host name. Default: 127.0.0.1 */
export async function startForwardProxy(
  addressOf: (hostname: string) => string = () => '127.0.0.1',
): Promise<ForwardProxy> {
  const server = createServer((_req, res) => res.writeHead(405).end());
  const sockets = new Set<Socket>();
  const keep = (socket: Socket): Socket => {
    sockets.add(socket);
    return socket.on('error', () => socket.destroy()).on('close', () => sockets.delete(socket));
  };
  let authorization: string | undefined;
  server.on('connect', (req, stream, head) => {
    const client = keep(stream as Socket);
    const target = req.url ?? '';
    proxy.targets.push(target);
    authorization = req.headers['proxy-authorization'];
    if (proxy.answer === 'stalls') return;
    if (proxy.answer !== 'tunnels') {
      client.end(`HTTP/1.1 ${proxy.answer} No\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    const { hostname, port } = new URL(`tunnel://${target}`);
    const upstream = keep(connect(Number(port), addressOf(hostname)));
    upstream.once('connect', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      client.pipe(upstream).pipe(client);
    });
    upstream.once('error', () => client.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  const port = await listen(server);
  const proxy: ForwardProxy = {
    url: `http://127.0.0.1:${port}`,
    port,
    targets: [],
    authorization: () => authorization,
    answer: 'tunnels',
    async close() {
      for (const socket of sockets) socket.destroy();
      await close(server);
    },
  };
  return proxy;
}
