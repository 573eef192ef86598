/**
 * Hands events to the listener without letting it break a request.
 *
 * @module
 */
import type { EventListener } from './events.js';
import type { Logger } from './logger.js';

/** The listener, fenced: what it throws is logged. */
export function createEmitter(listener: EventListener, log: Logger): EventListener {
  return function emit(event) {
    try {
      listener(event);
    } catch (error) {
      log.error({ event: event.type, error: String(error) }, 'onEvent threw');
    }
  };
}
