/**
 * Hands events to whoever listens without letting it break a request.
 *
 * @module
 */
import { channel } from 'node:diagnostics_channel';

import { EVENT_CHANNEL, type EventListener } from './events.js';
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
    if (published.hasSubscribers) published.publish(told);
    try {
      listener(told);
    } catch (error) {
      log.error({ event: event.type, error: String(error) }, 'onEvent threw');
    }
  };
}
