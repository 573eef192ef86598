/** HTTP as bytes on a socket, for requests that `fetch` would tidy up or refuse to send. */
import { connect } from 'node:net';

/** A request, to the byte. */
export interface RawRequest {
  readonly method: string;
  /** The request target as it stands on the first line. */
  readonly target: string;
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Buffer | string | undefined;
  /** `length` (default) says the truth; `chunked`; `truncated` announces more than it sends. */
  readonly framing?: 'length' | 'chunked' | 'truncated' | undefined;
}

/** What came back. */
export interface RawResponse {
  readonly status: number;
  /** Lower-case names; several values of one name joined by a line feed. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** The bytes of a request; strings are written as latin1, so any byte can be in them. */
export function bytesOf(request: RawRequest, host: string): Buffer {
  const { method, target, headers = [], framing = 'length' } = request;
  const body = Buffer.from(request.body ?? '');
  const lines = [`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close'];
  for (const [name, value] of headers) lines.push(`${name}: ${value}`);
  if (framing === 'chunked') lines.push('Transfer-Encoding: chunked');
  else if (body.length > 0) {
    lines.push(`Content-Length: ${body.length + (framing === 'truncated' ? 10 : 0)}`);
  }
  const head = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1');
  return Buffer.concat([head, framing === 'chunked' ? chunked(body) : body]);
}

function chunked(body: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < body.length; at += 1000) {
    const part = body.subarray(at, at + 1000);
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'));
  }
  return Buffer.concat([...parts, Buffer.from('0\r\n\r\n')]);
}

/**
 * Sends one request and reads to the end. A truncated request hangs up, and may get no answer: then
 * the status is 0.
 *
 * @throws Error no whole answer within `timeoutMs`
 */
export function sendRaw(
  origin: string,
  request: RawRequest,
  timeoutMs = 2000,
): Promise<RawResponse> {
  const { hostname, port, host } = new URL(origin);
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
    const timer = setTimeout(() => {
      socket.destroy();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
    const finish = (): void => {
      clearTimeout(timer);
      socket.destroy();
      try {
        const bytes = Buffer.concat(parts);
        const isHungUp = request.framing === 'truncated' && bytes.length === 0;
        resolve(isHungUp ? { status: 0, headers: new Map(), body: '' } : parse(bytes));
      } catch (error) {
        reject(error);
      }
    };
    socket.on('data', (part) => parts.push(part));
    socket.on('end', finish);
    socket.on('error', finish);
    socket.write(bytesOf(request, host));
    if (request.framing === 'truncated') socket.end();
  });
}

function parse(bytes: Buffer): RawResponse {
  const text = bytes.toString('latin1');
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) throw new Error(`no whole answer: ${JSON.stringify(text.slice(0, 200))}`);
  const [statusLine = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(statusLine.split(' ')[1]);
  const rest = bytes.subarray(end + 4);
  if (status < 200) return parse(rest);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const known = headers.get(name);
    const value = line.slice(colon + 1).trim();
    headers.set(name, known === undefined ? value : `${known}\n${value}`);
  }
  const isChunked = headers.get('transfer-encoding') === 'chunked';
  return { status, headers, body: (isChunked ? unchunked(rest) : rest).toString('utf8') };
}

function unchunked(bytes: Buffer): Buffer {
  const parts: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lineEnd = bytes.indexOf('\r\n', at);
    const size = Number.parseInt(bytes.subarray(at, lineEnd).toString(), 16);
    if (!(size > 0)) break;
    parts.push(bytes.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 2 + size + 2;
  }
  return Buffer.concat(parts);
}
