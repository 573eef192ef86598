/**
 * Calls to Auth0: a client span and a duration for each.
 *
 * Only where to and how it ended: the address of a call holds no secret, but its body does.
 *
 * @module
 */
import type { Auth0Http } from '../auth0/http.js';
import { errorType, note } from './outcome.js';
import type { Attributes, Telemetry } from './telemetry.js';

/** The same calls, reported. */
export function observeAuth0Http(http: Auth0Http, telemetry: Telemetry): Auth0Http {
  return function callAndReport(request) {
    if (!telemetry.isOn()) return http(request);
    const { hostname, port, protocol } = new URL(request.url);
    const operation = { 'auth0_mcp.operation': request.what.match(/\w+/g)?.join('_') ?? '' };
    const place: Attributes = {
      ...operation,
      'http.request.method': request.form === undefined ? 'GET' : 'POST',
      'server.address': hostname,
      'server.port': Number(port) || (protocol === 'https:' ? 443 : 80),
    };
    const startedAtMs = performance.now();
    return telemetry.span(
      'auth0_mcp.upstream',
      { isUpstream: true, attributes: place },
      async (span) => {
        let end: Attributes = {};
        try {
          const answer = await http(request);
          end = { 'http.response.status_code': answer.status };
          // OpenTelemetry, HTTP spans: to a client every 4xx is an error of type its status.
          if (answer.status >= 400) end = { ...end, 'error.type': String(answer.status) };
          return answer;
        } catch (error) {
          end = { 'error.type': errorType(error) };
          note(span, errorType(error));
          throw error;
        } finally {
          span.set(end);
          const seconds = (performance.now() - startedAtMs) / 1000;
          telemetry.record('auth0_mcp.upstream.duration', seconds, { ...operation, ...end });
        }
      },
    );
  };
}
