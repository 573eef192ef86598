import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, it, jest } from '@jest/globals';
import { createEmitter, EVENT_CHANNEL } from '../../lib/config/events.js';

const EVENT = { type: 'login_started', client: 'client' } as const;
const log = { error: jest.fn() };

describe('an event without the option onEvent', () => {
  it('reaches the subscribers of the channel, also one that comes later, until it leaves', () => {
    const emit = createEmitter(undefined, log);
    emit(EVENT);
    const received: unknown[] = [];
    const subscriber = (event: unknown): void => void received.push(event);
    subscribe(EVENT_CHANNEL, subscriber);
    emit(EVENT);
    unsubscribe(EVENT_CHANNEL, subscriber);
    emit(EVENT);
    expect(received).toEqual([EVENT]);
    expect(log.error).not.toHaveBeenCalled();
  });
});
