/** Remembered consent of a browser (`consent: 'remember'`). */
import { redirectUriKind } from '../oauth/redirect-uri.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { ApprovalRecord } from '../storage/records.js';

export interface Consent {
  readonly browser: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/** Each approval is a record of its own: two parallel ones do not overwrite each other. */
export interface Approvals {
  save(consent: Consent): Promise<void>;
  /** Whether the same or more was approved before; never for loopback and app-scheme clients. */
  covers(consent: Consent): Promise<boolean>;
}

/** 30 days from the last approval. */
export const APPROVAL_TTL_SECONDS: number = 30 * 24 * 60 * 60;

export function createApprovals(collections: SealedStorage): Approvals {
  const approvals = openCollection<ApprovalRecord>(collections, 'approval');
  const idOf = ({ browser, clientId, redirectUri }: Consent): string =>
    JSON.stringify([browser, clientId, redirectUri]);
  return {
    async save(consent) {
      if (!mayBeRemembered(consent)) return;
      await approvals.set(idOf(consent), { scopes: consent.scopes }, APPROVAL_TTL_SECONDS);
    },
    async covers(consent) {
      if (!mayBeRemembered(consent)) return false;
      const approval = await approvals.get(idOf(consent));
      return approval !== undefined && consent.scopes.every((s) => approval.scopes.includes(s));
    },
  };
}

/** RFC 8252 §8.6: not for clients that another app can impersonate. */
export function mayBeRemembered({ redirectUri }: Pick<Consent, 'redirectUri'>): boolean {
  return redirectUriKind(redirectUri) === 'https';
}
