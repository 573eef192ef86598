/**
 * What the two grants of the token endpoint work with.
 *
 * @module
 */
import type { EventListener, RevocationCause } from '../config/events.js';
import type { Auth0Sessions } from './auth0-session.js';
import type { Deliveries } from './deliveries.js';
import type { EndedSessions } from './ended-sessions.js';
import type { GrantStore } from './grant-store.js';
import type { RefreshTokens } from './refresh-token.js';
import type { Supersede } from './supersession.js';
import type { TokenIssuerDeps } from './token-set.js';

/** What the parts of the domain share. */
export interface GrantsDeps extends TokenIssuerDeps {
  readonly store: GrantStore;
  readonly sessions: Auth0Sessions;
  readonly refreshTokens: RefreshTokens;
  readonly codeKeys: readonly Uint8Array[];
  readonly deliveries: Deliveries;
  readonly supersede: Supersede;
  readonly endedSessions: Pick<EndedSessions, 'requireAlive'>;
  readonly knownScopes: ReadonlySet<string>;
  readonly emit: EventListener;
  /** Whether it was there and alive. */
  readonly revokeGrant: (id: string, cause: RevocationCause) => Promise<boolean>;
  /** Looks after a person's other grants, in the background. */
  readonly tidy: (subject: string) => void;
}
