/**
 * Hands requests to an Express app without a socket.
 *
 * Over sockets the same server against itself differs by a third on a shared machine; handed in like
 * this, by less than two percent. Left out are the kernel and the TCP connection. Node's HTTP server is
 * there, with its parser: the bytes of a request go in, the bytes of an answer come out.
 */
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { Duplex } from 'node:stream';

/** One request. */
export interface HandedIn {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** The caller's address. */
  readonly from?: string;
}

/** What the app answered. */
export interface Answered {
  readonly status: number;
  readonly headers: () => ReturnType<ServerResponse['getHeaders']>;
  readonly text: () => string;
}

/** Sends prepared bytes, and hands over the answer when it is out. */
export type SendBytes = (bytes: Buffer, done: (answer: Answered) => void, from?: string) => void;

/** A connection to nobody: keeps what the last answer wrote. */
class OpenEnd extends Duplex {
  remoteAddress = '';
  written: Buffer[] = [];

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.written.push(chunk);
    done();
  }

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    for (const { chunk } of chunks) this.written.push(chunk);
    done();
  }

  setTimeout(): this {
    return this;
  }
}

/** Sends requests to `app`, as over one connection that is kept alive. */
export function handIn(app: RequestListener): (request: HandedIn) => Promise<Answered> {
  const send = sendTo(app);
  return (request) => new Promise((resolve) => send(bytesOf(request), resolve, request.from));
}

/** As {@link handIn}, without a promise: where async hooks are on, each promise of ours costs the app. */
export function sendTo(app: RequestListener): SendBytes {
  let done: (answer: Answered) => void = () => {};
  // One after the other, so that one connection does for all.
  const end = new OpenEnd();
  const server = createServer((req, res) => {
    res.once('close', () => {
      const { written } = end;
      const text = (): string => bodyOf(Buffer.concat(written).toString('latin1'));
      done({ status: res.statusCode, headers: () => res.getHeaders(), text });
    });
    app(req, res);
  });
  server.emit('connection', end);
  return function send(bytes, whenDone, from = '127.0.0.1') {
    end.written = [];
    end.remoteAddress = from;
    done = whenDone;
    end.push(bytes);
  };
}

/** The request as a client writes it (RFC 9112 §3). */
export function bytesOf({ method, url, headers, body }: HandedIn): Buffer {
  const all = {
    host: '127.0.0.1:8000',
    ...headers,
    ...(body && { 'content-length': body.length }),
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  const head = Buffer.from(`${method} ${url} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return body === undefined ? head : Buffer.concat([head, body]);
}

function bodyOf(answer: string): string {
  return answer.slice(answer.indexOf('\r\n\r\n') + 4);
}
