/**
 * The forms of somebody who is signed in: each button carries, sealed, the one thing it does, and
 * works in the session and for the person it was shown to.
 *
 * So there is no id on the wire that anything else would take, and none that could be put in.
 *
 * Spec: PX-8 (CSRF); OWASP's signed double submit, with the session in place of a second cookie.
 *
 * @module
 */
import type { Request } from 'express';

import type { Sealer } from '../keys/seal.js';
import { AccessDeniedError } from '../oauth/errors.js';
import type { SignedInUser } from './account-sign-ins.js';
import { PageError } from './pages.js';
import { crossSiteEvidence } from './same-origin.js';

/** Largest body of a form on this page, in bytes: several times the sealed field. */
export const MAX_FORM_BYTES: number = 4 * 1024;

/** What a button does. */
export type AccountAction =
  | { readonly does: 'disconnect'; readonly grantId: string }
  | { readonly does: 'sign_out' };

/** Writes the forms, and reads what they send. */
export interface AccountForms {
  /** The text for the hidden field. */
  write(visitor: SignedInUser, action: AccountAction): string;
  /** @throws PageError a page of another site sends it */
  requireOwnPage(req: Request): void;
  /** @throws PageError the field is not of this session, of another button, or forged */
  read<Does extends AccountAction['does']>(
    visitor: SignedInUser,
    sealed: string | undefined,
    does: Does,
  ): Extract<AccountAction, { does: Does }>;
}

interface AccountFormsDeps {
  readonly sealer: Sealer;
  readonly issuer: string;
  /** Our public origin; a form from any other is refused. */
  readonly origin: string;
}

export function createAccountForms({ sealer, issuer, origin }: AccountFormsDeps): AccountForms {
  const boundTo = ({ sessionId, account }: SignedInUser): string =>
    JSON.stringify([issuer, sessionId, account.subject]);
  return {
    write(visitor, action) {
      const text = Buffer.from(JSON.stringify(action));
      return sealer.seal(text, boundTo(visitor)).toString('base64url');
    },
    requireOwnPage(req) {
      const sign = crossSiteEvidence(req, origin);
      if (sign !== undefined) throw expired(sign);
    },
    read(visitor, sealed, does) {
      const opened = sealer.open(Buffer.from(sealed ?? '', 'base64url'), boundTo(visitor));
      if (opened === undefined) throw expired('not of this session');
      // Sealed by `write`, so its form is known.
      const action: AccountAction = JSON.parse(String(opened));
      if (!isFor(action, does)) throw expired(`it does ${action.does}`);
      return action;
    },
  };
}

function isFor<Does extends AccountAction['does']>(
  action: AccountAction,
  does: Does,
): action is Extract<AccountAction, { does: Does }> {
  return action.does === does;
}

function expired(detail: string): PageError {
  return new PageError(
    'page_expired',
    new AccessDeniedError('The form is not valid here', { detail }),
  );
}
