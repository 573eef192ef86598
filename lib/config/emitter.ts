/**
 * Hands events to whoever listens without letting it break a request.
 *
 * @module
 */
import { channel } from 'node:diagnostics_channel';

import { type CounterName, count } from '../telemetry.js';
import { type Auth0McpEvent, EVENT_CHANNEL, type EventListener } from './events.js';
import type { Logger } from './logger.js';

interface EmitterDeps {
  readonly listener: EventListener;
  readonly log: Pick<Logger, 'error'>;
  /** The reference of the request under way, if there is one. */
  readonly correlationId: () => string | undefined;
}

/** The listener, fenced: what it throws is logged. And the channel, where somebody subscribed. */
export function createEmitter({ listener, log, correlationId }: EmitterDeps): EventListener {
  const published = channel(EVENT_CHANNEL);
  return function emit(event) {
    const id = correlationId();
    const told = Object.freeze(id === undefined ? event : { ...event, correlationId: id });
    countLogin(event);
    if (published.hasSubscribers) published.publish(told);
    try {
      listener(told);
    } catch (error) {
      log.error({ event: event.type, error: String(error) }, 'onEvent threw');
    }
  };
}

const COUNTERS: ReadonlyMap<Auth0McpEvent['type'], CounterName> = new Map([
  ['login_started', 'auth0_mcp.logins.started'],
  ['sign_in_started', 'auth0_mcp.logins.started'],
  ['login_completed', 'auth0_mcp.logins'],
  ['login_failed', 'auth0_mcp.logins'],
  ['signed_in', 'auth0_mcp.sign_ins'],
  ['sign_in_failed', 'auth0_mcp.sign_ins'],
]);

/** The events say how a login ended, whatever ended it: Auth0, a rule of ours, or the user. */
function countLogin(event: Auth0McpEvent): void {
  const counter = COUNTERS.get(event.type);
  if (counter !== undefined) count(counter, 'reason' in event ? event.reason : undefined);
}
