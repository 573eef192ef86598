/** A load balancer on loopback: each request goes to the next instance, over a connection of its own. */
import { randomInt } from 'node:crypto';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request,
  type ServerResponse,
} from 'node:http';
import { close, listen } from './listen.js';

/** A running load balancer. */
export interface LoadBalancer {
  readonly origin: string;
  /** Puts an instance into the rotation. */
  add(port: number): void;
  /** Takes an instance out and waits until it has answered what it was sent. */
  drain(port: number): Promise<void>;
  /** Takes an instance out at once. */
  drop(port: number): void;
  /** The instance of every request, oldest first. */
  readonly served: readonly number[];
  close(): Promise<void>;
}

export async function startLoadBalancer(): Promise<LoadBalancer> {
  let targets: number[] = [];
  const open = new Map<number, number>();
  const served: number[] = [];

  function next(): number | undefined {
    const [first, ...others] = targets;
    if (first !== undefined) targets = [...others, first];
    return first;
  }

  function forward(req: IncomingMessage, body: Buffer, res: ServerResponse, attempts = 0): void {
    const port = next();
    if (port === undefined || attempts > 5) {
      req.socket.destroy();
      return;
    }
    open.set(port, (open.get(port) ?? 0) + 1);
    served.push(port);
    const options = { port, host: '127.0.0.1', method: req.method, path: req.url, agent: false };
    const onward = request({ ...options, headers: headersFor(req) }, (response) => {
      res.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(res);
      // Half an answer is none: the client's connection ends as the instance's did.
      response.on('error', () => req.socket.destroy());
    });
    onward.on('close', () => open.set(port, (open.get(port) ?? 1) - 1));
    onward.on('error', (error: NodeJS.ErrnoException) => {
      // Nothing was sent yet: another instance may have it.
      if (error.code === 'ECONNREFUSED') forward(req, body, res, attempts + 1);
      else req.socket.destroy();
    });
    onward.end(body);
  }

  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => forward(req, Buffer.concat(chunks), res));
  });
  const port = await listen(server);
  const drop = (port: number): void => {
    targets = targets.filter((other) => other !== port);
  };
  return {
    origin: `http://127.0.0.1:${port}`,
    served,
    add: (port) => void targets.push(port),
    drop,
    async drain(port) {
      drop(port);
      while ((open.get(port) ?? 0) > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    },
    close: () => close(server),
  };
}

/** The caller's address is made up, a new one each time: a rate limit counts each address. */
function headersFor(req: IncomingMessage): OutgoingHttpHeaders {
  const address = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`;
  return { ...req.headers, connection: 'close', 'x-forwarded-for': address };
}
