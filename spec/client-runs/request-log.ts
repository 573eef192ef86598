/** Logs the requests of a client in front of Express, without tokens, codes and secrets. */
import type { RequestHandler } from 'express';

export interface LoggedRequest {
  readonly method: string;
  readonly path: string;
  /** 0 before the end of the response, as of a stream. */
  status: number;
  readonly userAgent: string;
  readonly protocolVersion: string;
  /** The harmless parameters of query and form. */
  parameters: Readonly<Record<string, string>>;
  /** The metadata of a registration. */
  registration?: Readonly<Record<string, unknown>>;
  /** JSON-RPC method and tool. */
  call?: string;
}

const HARMLESS = ['grant_type', 'scope', 'resource', 'redirect_uri', 'prompt', 'response_type'];

export function logRequests(log: LoggedRequest[]): RequestHandler {
  return function logRequest(req, res, next) {
    const url = new URL(req.originalUrl, 'http://server');
    const entry: LoggedRequest = {
      method: req.method,
      path: url.pathname,
      status: 0,
      userAgent: req.get('user-agent') ?? '',
      protocolVersion: req.get('mcp-protocol-version') ?? '',
      parameters: harmless(url.searchParams),
    };
    log.push(entry);
    const chunks: Buffer[] = [];
    // A listener for `data` would start the stream before the parsers listen.
    const { emit } = req;
    req.emit = function observe(event: string, ...args: unknown[]): boolean {
      if (event === 'data') chunks.push(Buffer.from(args[0] as Buffer));
      if (event === 'end') Object.assign(entry, contentOf(req.path, Buffer.concat(chunks)));
      return emit.call(req, event, ...args);
    };
    res.once('finish', () => {
      entry.status = res.statusCode;
    });
    next();
  };
}

function contentOf(path: string, body: Buffer): Partial<LoggedRequest> {
  const text = body.toString();
  if (path.endsWith('/token')) return { parameters: harmless(new URLSearchParams(text)) };
  if (!text.startsWith('{')) return {};
  const value = JSON.parse(text);
  if (path.endsWith('/register')) return { registration: value };
  return { call: [value.method, value.params?.name].filter(Boolean).join(' ') };
}

function harmless(parameters: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...parameters].filter(([name]) => HARMLESS.includes(name)));
}

/** One line for each request, such as `POST /token 200 grant_type=refresh_token`. */
export function transcript(log: readonly LoggedRequest[]): string[] {
  return log.map(({ method, path, status, call, parameters }) =>
    [
      `${method} ${path} ${status || 'open'}`,
      ...(call === undefined ? [] : [call]),
      ...['grant_type', 'scope'].flatMap((name) =>
        parameters[name] === undefined ? [] : [`${name}=${parameters[name]}`],
      ),
    ].join(' '),
  );
}
