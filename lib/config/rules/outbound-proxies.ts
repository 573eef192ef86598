/** Forward proxies for outbound requests: the variables that curl, and Node with `NODE_USE_ENV_PROXY=1`, read. */
import type { ForwardProxy, OutboundProxies, ProxyException } from '../config.js';
import type { Environment } from '../env.js';
import { Auth0McpConfigError } from '../errors.js';

/**
 * Proxies are used only if the process asks for them by Node's own switch: build tools set the variables as well, and
 * through a proxy the addresses of metadata documents are no longer checked here alone.
 *
 * @throws Auth0McpConfigError a variable that is used is not the URL of a proxy
 */
export function resolveOutboundProxies(environment: Environment): OutboundProxies {
  const forHttps = setVariable(environment, ['https_proxy', 'HTTPS_PROXY']);
  const forHttp = setVariable(environment, ['http_proxy', 'HTTP_PROXY']);
  if (environment['NODE_USE_ENV_PROXY'] !== '1') {
    const unusedVariable = (forHttps ?? forHttp)?.variable;
    return { https: undefined, http: undefined, exceptions: [], unusedVariable };
  }
  const http = forHttp && proxyIn(forHttp);
  const noProxy = setVariable(environment, ['no_proxy', 'NO_PROXY'])?.text ?? '';
  return {
    // As in Node's fetch: without a proxy of their own, https URLs use the other one.
    https: forHttps ? proxyIn(forHttps) : http,
    http,
    exceptions: noProxy.split(/[\s,]+/).flatMap(exceptionIn),
    unusedVariable: undefined,
  };
}

interface Variable {
  readonly variable: string;
  readonly text: string;
}

/** curl's order: the lower-case name first. */
function setVariable(environment: Environment, names: readonly string[]): Variable | undefined {
  const set = names.map((variable) => ({ variable, text: environment[variable]?.trim() ?? '' }));
  return set.find(({ text }) => text !== '');
}

function proxyIn({ variable, text }: Variable): ForwardProxy {
  try {
    const { protocol, host, username, password, pathname, search, hash } = new URL(text);
    const credentials = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
    // An unencoded `/`, `?` or `#` in the password: a part of it would be the host, which the log shows.
    const isCutOff = (pathname + search + hash).includes('@');
    if (/^https?:$/.test(protocol) && !isCutOff) {
      const authorization =
        credentials === ':' ? undefined : `Basic ${Buffer.from(credentials).toString('base64')}`;
      return { variable, url: `${protocol}//${host}`, authorization };
    }
  } catch {
    // Without the cause: its message repeats the URL.
  }
  throw new Auth0McpConfigError(
    variable,
    `${variable} (in use because of NODE_USE_ENV_PROXY=1) is not the URL of a proxy. Write http://HOST:PORT or https://HOST:PORT, with USER:PASSWORD@ before the host if the proxy needs it, percent-encoded. The value is not shown: it may contain a password.`,
  );
}

/** `host`, `.host`, `*.host`, `host:port`, `[::1]:port`, or `*` for all. */
function exceptionIn(entry: string): ProxyException[] {
  const { host, port } = /^(?<host>\[.*\]|[^:]+):(?<port>\d+)$/.exec(entry)?.groups ?? {};
  const name = (host ?? entry).replace(/^\*?\./, '').replace(/^\[(.*)\]$/, '$1');
  return name === '' ? [] : [{ host: name.toLowerCase(), port }];
}
