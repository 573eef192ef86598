/** Outbound requests through a forward proxy, by a tunnel (RFC 9110 §9.3.6): TLS ends at the target. */
import type { buildConnector, Dispatcher, Pool } from 'undici';

import type { ForwardProxy, OutboundProxies } from './config/config.js';
import { once } from './once.js';

/** The proxy for a URL; undefined for a direct connection. */
export function proxyFor(proxies: OutboundProxies, url: URL): ForwardProxy | undefined {
  const isHttps = url.protocol === 'https:';
  const proxy = isHttps ? proxies.https : proxies.http;
  const hostname = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port || (isHttps ? '443' : '80');
  const isException = proxies.exceptions.some(
    (exception) =>
      (exception.host === '*' || `.${hostname}`.endsWith(`.${exception.host}`)) &&
      (exception.port ?? port) === port,
  );
  return isException ? undefined : proxy;
}

/** For messages; the URL has no credentials. */
export function nameOfProxy({ url, variable }: ForwardProxy): string {
  return `the proxy ${url} (${variable})`;
}

/** The proxy could not be reached, or refused the connection. `message` has no credentials. */
export class OutboundProxyError extends Error {
  override readonly name = 'OutboundProxyError';
  readonly remedy: string;

  constructor(message: string, remedy: string, cause?: unknown) {
    super(message, { cause });
    this.remedy = remedy;
  }
}

/**
 * Requests through one proxy.
 *
 * @param timeoutMs limit for its response to CONNECT
 * @param tls of the connection to the target
 */
export async function createProxyAgent(
  proxy: ForwardProxy,
  timeoutMs: number,
  tls: buildConnector.BuildOptions = {},
): Promise<Dispatcher> {
  // Loaded here and not at the top: most servers use no proxy.
  const { Pool, ProxyAgent } = await import('undici');
  const { url: uri, authorization: token } = proxy;
  return new ProxyAgent({
    uri,
    ...(token !== undefined && { token }),
    requestTls: tls,
    clientFactory(origin, options) {
      const pool = new Pool(origin, { ...options, headersTimeout: timeoutMs });
      const connect: Pool['connect'] = pool.connect.bind(pool);
      // undici would report these errors like those of the target, or as an aborted request.
      return Object.assign(pool, {
        async connect(request: Dispatcher.ConnectOptions) {
          const response = await connect(request).catch((error: unknown) => {
            throw unreachable(proxy, error);
          });
          if (response.statusCode === 200) return response;
          response.socket.on('error', () => undefined).destroy();
          throw refused(proxy, request.path, response.statusCode);
        },
      });
    },
    maxHeaderSize: 16 * 1024,
  });
}

function unreachable(proxy: ForwardProxy, cause: unknown): OutboundProxyError {
  const { code = 'no response' } = (cause ?? {}) as { code?: unknown };
  return new OutboundProxyError(
    `${nameOfProxy(proxy)} cannot be reached (${String(code)})`,
    `Check ${proxy.variable}, and whether the proxy runs. Hosts that need no proxy belong in NO_PROXY.`,
    cause,
  );
}

function refused(proxy: ForwardProxy, target: string, status: number): OutboundProxyError {
  return new OutboundProxyError(
    `${nameOfProxy(proxy)} refused the connection to ${target} (status ${status})`,
    // Some proxies send 401.
    status === 407 || status === 401
      ? `Write the user and password for the proxy into ${proxy.variable}: http://USER:PASSWORD@HOST:PORT.`
      : `Allow ${target} in the rules of the proxy; its log has the reason. If this machine reaches it directly, add it to NO_PROXY.`,
  );
}

/** The error of a proxy in an error of undici, whose fetch wraps it. */
export function proxyErrorIn(error: unknown): OutboundProxyError | undefined {
  const { cause } = (error ?? {}) as { cause?: unknown };
  return [error, cause].find((one) => one instanceof OutboundProxyError);
}

type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/**
 * `fetch`, through the proxy where one is configured for the host.
 *
 * @throws OutboundProxyError besides the errors of `fetch`
 */
export function createOutboundFetch(proxies: OutboundProxies, timeoutMs: number): Fetch {
  const agents = new Map<string, () => Promise<Dispatcher>>();

  function agentOf(proxy: ForwardProxy): Promise<Dispatcher> {
    const agent = agents.get(proxy.variable) ?? once(() => createProxyAgent(proxy, timeoutMs));
    agents.set(proxy.variable, agent);
    return agent();
  }

  return async function fetchOutbound(url, init) {
    const target = new URL(url);
    const proxy = proxyFor(proxies, target);
    if (proxy === undefined) return fetch(url, init);
    // The dispatcher and the fetch of one package: Node's own fetch may be of another version.
    const { fetch: undiciFetch } = (await import('undici')) as unknown as {
      fetch: (url: string, init: object) => Promise<Response>;
    };
    try {
      return await undiciFetch(url, { ...init, dispatcher: await agentOf(proxy) });
    } catch (error) {
      throw proxyErrorIn(error) ?? error;
    }
  };
}
