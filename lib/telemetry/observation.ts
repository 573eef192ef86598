/**
 * The rooms under observation: each port, wrapped in one that does the same and reports it.
 *
 * So neither the domain nor the endpoints know of telemetry, and without OpenTelemetry in the app the
 * ports stay as they are.
 *
 * @module
 */
import type { Auth0, LoginTransactions } from '../auth0/auth0.js';
import type { Auth0Http } from '../auth0/http.js';
import type { VerifyBearer } from '../bearer/verification.js';
import type { Auth0McpEvent, EventListener } from '../config/events.js';
import type { Grants } from '../grants/grants.js';
import type { Storage } from '../storage/storage.js';
import { observeLoginTransactions } from './open-logins.js';
import { errorType, note, outcomeOf } from './outcome.js';
import { observeStorage } from './storage-calls.js';
import type { CounterName, SpanName, Telemetry } from './telemetry.js';
import { observeAuth0Http } from './upstream-calls.js';

/** Wraps each port; the result takes its place. */
export interface Observation {
  storage(storage: Storage): Storage;
  events(emit: EventListener): EventListener;
  auth0(auth0: Auth0): Auth0;
  auth0Http(http: Auth0Http): Auth0Http;
  transactions(transactions: LoginTransactions): LoginTransactions;
  grants(grants: Grants): Grants;
  bearer(verify: VerifyBearer): VerifyBearer;
}

/**
 * @param telemetry undefined where nobody observes
 * @param now unix seconds
 */
export function createObservation(
  telemetry: Telemetry | undefined,
  now: () => number,
): Observation {
  if (telemetry === undefined) return UNOBSERVED;
  const run = reporter(telemetry);
  return {
    storage: (storage) => observeStorage(storage, telemetry),
    events: (emit) => countLogins(emit, telemetry),
    auth0: (auth0) => ({
      ...auth0,
      startLogin: (...args) => run('auth0_mcp.login.start', () => auth0.startLogin(...args)),
      finishLogin: (...args) => run('auth0_mcp.login.finish', () => auth0.finishLogin(...args)),
    }),
    auth0Http: (http) => observeAuth0Http(http, telemetry),
    transactions: (transactions) => observeLoginTransactions(transactions, telemetry, now),
    grants: (grants) => ({
      ...grants,
      redeemCode: (...args) =>
        run(
          'auth0_mcp.code.redeem',
          () => grants.redeemCode(...args),
          'auth0_mcp.code_redemptions',
        ),
      refresh: (...args) =>
        run('auth0_mcp.token.refresh', () => grants.refresh(...args), 'auth0_mcp.refreshes'),
    }),
    bearer: (verify) => (token) =>
      telemetry.isOn()
        ? run('auth0_mcp.bearer.verify', async () => verify(token), 'auth0_mcp.bearer.checks')
        : verify(token),
  };
}

const UNOBSERVED: Observation = {
  storage: (storage) => storage,
  events: (emit) => emit,
  auth0: (auth0) => auth0,
  auth0Http: (http) => http,
  transactions: (transactions) => transactions,
  grants: (grants) => grants,
  bearer: (verify) => verify,
};

type Run = <T>(name: SpanName, work: () => Promise<T>, counter?: CounterName) => Promise<T>;

/** Runs work inside a span, and counts how it ends. */
function reporter(telemetry: Telemetry): Run {
  return (name, work, counter) => {
    if (!telemetry.isOn()) return work();
    return telemetry.span(name, {}, async (span) => {
      let type: string | undefined;
      try {
        return await work();
      } catch (error) {
        type = errorType(error);
        throw error;
      } finally {
        note(span, type);
        if (counter !== undefined) telemetry.count(counter, outcomeOf(type));
      }
    });
  };
}

/** The events know how a login ended, whatever ended it: Auth0, our own rules, or the person. */
function countLogins(emit: EventListener, telemetry: Telemetry): EventListener {
  return function emitAndCount(event) {
    const counter = COUNTERS.get(event.type);
    const reason = 'reason' in event ? event.reason : undefined;
    if (counter !== undefined) telemetry.count(counter, outcomeOf(reason));
    emit(event);
  };
}

const COUNTERS: ReadonlyMap<Auth0McpEvent['type'], CounterName> = new Map([
  ['login_completed', 'auth0_mcp.logins'],
  ['login_failed', 'auth0_mcp.logins'],
  ['signed_in', 'auth0_mcp.sign_ins'],
  ['sign_in_failed', 'auth0_mcp.sign_ins'],
]);
