/**
 * What a person allowed in this browser, remembered (`consent: 'remember'`).
 *
 * Each approval is a record of its own: two given at once do not overwrite each other.
 *
 * Spec: PX-2, PX-13, PX-25; RFC 8252 §8.6 (never for apps that anybody could impersonate).
 *
 * @module
 */
import { redirectUriKind } from '../oauth/redirect-uri.js';
import { openCollection, type SealedStorage } from '../storage/collection.js';
import type { ApprovalRecord } from '../storage/records.js';

/** One question put to a person. */
export interface Consent {
  readonly browser: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly scopes: readonly string[];
}

/** The registry of approvals. */
export interface Approvals {
  save(question: Consent): Promise<void>;
  /** Whether the same or more was allowed before; never for loopback and app-scheme clients. */
  covers(question: Consent): Promise<boolean>;
}

/** 30 days from the last approval. */
export const APPROVAL_TTL_SECONDS: number = 30 * 24 * 60 * 60;

export function createApprovals(deps: SealedStorage): Approvals {
  const approvals = openCollection<ApprovalRecord>(deps, 'approval');
  const idOf = ({ browser, clientId, redirectUri }: Consent): string =>
    JSON.stringify([browser, clientId, redirectUri]);
  return {
    async save(question) {
      if (!mayBeRemembered(question)) return;
      await approvals.set(idOf(question), { scopes: question.scopes }, APPROVAL_TTL_SECONDS);
    },
    async covers(question) {
      if (!mayBeRemembered(question)) return false;
      const approval = await approvals.get(idOf(question));
      return approval !== undefined && question.scopes.every((s) => approval.scopes.includes(s));
    },
  };
}

/** RFC 8252 §8.6: not for clients that anyone could impersonate. */
export function mayBeRemembered({ redirectUri }: Pick<Consent, 'redirectUri'>): boolean {
  return redirectUriKind(redirectUri) === 'https';
}
