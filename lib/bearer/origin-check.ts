/**
 * Which web pages may call the guarded endpoint from a browser.
 *
 * A page that has its own name point at this machine (DNS rebinding) still sends its own `Origin`.
 * Pages on the user's machine are let through: MCP Inspector is one, and what runs there needs no
 * detour through a browser. So are origins that are not http: apps have them, web pages cannot.
 *
 * Spec: MCP transports, "Security Warning"; RS-20.
 * Flow: CORS → origin check → guard.
 *
 * @module
 */
import type { ResourceConfig } from '../config/config.js';
import type { EventListener } from '../config/events.js';
import type { ErrorLog } from '../http/error-log.js';
import { sendJson } from '../http/send-json.js';
import type { Step } from '../http/step.js';
import { AccessDeniedError } from '../oauth/errors.js';
import { isLoopbackHost } from '../oauth/redirect-uri.js';

const REFUSAL = 'Pages of this origin may not call this server';

export interface OriginCheckDeps {
  readonly origins: Pick<ResourceConfig, 'baseUrl' | 'resource' | 'allowedOrigins'>;
  readonly logError: ErrorLog;
  readonly emit: EventListener;
}

/** Refuses pages of other sites, before anything else is looked at. */
export function checkOrigin({ origins, logError, emit }: OriginCheckDeps): Step {
  const { baseUrl, resource, allowedOrigins } = origins;
  const known = new Set([new URL(baseUrl).origin, new URL(resource).origin, ...allowedOrigins]);
  const isAllowed = (origin: string): boolean =>
    allowedOrigins === 'any' || known.has(origin) || isNoWebsite(origin);
  return function refuseOtherSites(req, res) {
    const { origin } = req.headers;
    if (origin === undefined || isAllowed(origin)) return true;
    const refused = shown(origin);
    const detail = `Origin ${refused} is not in allowedOrigins`;
    // Named here: frequent requests to the guard have no context of their own.
    const correlationId = logError(req, new AccessDeniedError(REFUSAL, { detail }));
    emit({ type: 'origin_refused', origin: refused, correlationId });
    // JSON-RPC 2.0 §5.1: no id, since nothing of the request has been read.
    const error = { code: -32000, message: REFUSAL };
    sendJson(res, 403, { jsonrpc: '2.0', error, id: null });
    return false;
  };
}

/** As far as log and event need it: the header is the caller's own, and may be any text. */
function shown(origin: string): string {
  if (origin === 'null') return origin;
  return URL.canParse(origin) ? new URL(origin).origin.slice(0, 200) : '(not a URL)';
}

/** `null` is what a sandboxed frame of any website sends. */
function isNoWebsite(origin: string): boolean {
  if (!URL.canParse(origin)) return false;
  const { protocol, hostname } = new URL(origin);
  return !/^https?:$/.test(protocol) || isLoopbackHost(hostname);
}
