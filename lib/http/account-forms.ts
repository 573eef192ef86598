/**
 * Forms of the page of connected apps. Their action is sealed in a hidden field and bound to the session, so that no
 * id in the page is valid elsewhere.
 */
import type { Request } from 'express';

import type { Core } from '../core.js';
import { createSealer } from '../keys/seal.js';
import type { SignedInUser } from './account-sign-ins.js';
import type { ConnectionLink } from './connection-links.js';
import { crossSiteEvidence } from './cross-site.js';
import { invalidForm } from './sealed-forms.js';

/** Request body limit of a form on the page of connected apps, in bytes: several times the sealed field. */
export const MAX_FORM_BYTES: number = 4 * 1024;

/** The action of a button on the page of connected apps. */
type AccountAction =
  | { readonly type: 'disconnect'; readonly grantId: string }
  | { readonly type: 'sign_out' }
  | {
      readonly type: 'connect_account';
      readonly link: ConnectionLink;
      /** When the page was created; unix time in milliseconds. */
      readonly createdAtMs: number;
    }
  | { readonly type: 'remove_account'; readonly accountId: string; readonly connection: string };

/** Forms of a signed-in user: OWASP's signed double submit, with the session in place of a second cookie. */
export interface AccountForms {
  /** The value of the hidden field. */
  write(user: SignedInUser, action: AccountAction): string;
  /** @throws PageError the request comes from a page of another site */
  requireOwnPage(req: Request): void;
  /** @throws PageError the field belongs to another session or button, or is forged */
  read<Type extends AccountAction['type']>(
    user: SignedInUser,
    sealed: string | undefined,
    type: Type,
  ): Extract<AccountAction, { type: Type }>;
}

export function createAccountForms({ config, signingKeys }: Core): AccountForms {
  const sealer = createSealer(signingKeys.derive('account-form'));
  const { origin } = new URL(config.baseUrl);
  const bindingOf = ({ sessionId, account }: SignedInUser): string =>
    JSON.stringify([config.issuer, sessionId, account.subject]);
  return {
    write(user, action) {
      const text = Buffer.from(JSON.stringify(action));
      return sealer.seal(text, bindingOf(user)).toString('base64url');
    },
    requireOwnPage(req) {
      const evidence = crossSiteEvidence(req, origin);
      if (evidence !== undefined) throw invalidForm('page_expired', evidence);
    },
    read(user, sealed, type) {
      const opened = sealer.open(Buffer.from(sealed ?? '', 'base64url'), bindingOf(user));
      if (opened === undefined) {
        throw invalidForm('page_expired', 'the form belongs to another session');
      }
      // Sealed by `write`, so its shape is known.
      const action: AccountAction = JSON.parse(String(opened));
      if (!isAction(action, type))
        throw invalidForm('page_expired', `the form is for ${action.type}`);
      return action;
    },
  };
}

function isAction<Type extends AccountAction['type']>(
  action: AccountAction,
  type: Type,
): action is Extract<AccountAction, { type: Type }> {
  return action.type === type;
}
