/**
 * Links to connect an account. A link names the grant that needs the account; it is no authority: the user of that
 * grant has to be signed in, and has to approve.
 */
import { randomBytes } from 'node:crypto';

import type { ConnectionRequest } from '../auth0/connected-accounts.js';
import type { Core } from '../core.js';
import { createSealer } from '../keys/seal.js';
import { openCollection } from '../storage/collection.js';
import type { UsedLinkRecord } from '../storage/records.js';

/** Lifetime of a link, in seconds: until the user sees it in the app. */
const LINK_TTL_SECONDS = 900;

/** Longest link that is read, in characters: several times a real one. */
const MAX_LINK_LENGTH = 2048;

/** The content of a link. */
export interface ConnectionLink {
  readonly id: string;
  readonly grantId: string;
  readonly connection: string;
  /** Unix seconds. */
  readonly expiresAt: number;
}

export interface ConnectionLinks {
  /** A new link, as a URL. Stores nothing. */
  create(grantId: string, request: Pick<ConnectionRequest, 'connection'>): string;
  /** The URL of a link. */
  urlOf(link: string): string;
  /** Undefined if it is forged or has expired. */
  read(link: string | undefined): ConnectionLink | undefined;
  /** @returns false if it was used before */
  use(link: ConnectionLink): Promise<boolean>;
  /** After a failure of Auth0: the same link can be used again. */
  release(link: ConnectionLink): Promise<void>;
}

/** @param connectUrl the page */
export function createConnectionLinks(
  { config, collections, signingKeys, now }: Core,
  connectUrl: string,
): ConnectionLinks {
  const sealer = createSealer(signingKeys.derive('connection-link'));
  const used = openCollection<UsedLinkRecord>(collections, 'connection-link');
  // The seal includes the issuer: servers that share a key do not accept each other's links.
  const { issuer } = config;
  const urlOf = (link: string): string => `${connectUrl}?link=${encodeURIComponent(link)}`;
  return {
    create(grantId, { connection }) {
      const id = randomBytes(12).toString('base64url');
      const link: ConnectionLink = { id, grantId, connection, expiresAt: now() + LINK_TTL_SECONDS };
      const sealed = sealer.seal(Buffer.from(JSON.stringify(link)), issuer);
      return urlOf(sealed.toString('base64url'));
    },
    urlOf,
    read(text = '') {
      if (text.length > MAX_LINK_LENGTH) return undefined;
      const opened = sealer.open(Buffer.from(text, 'base64url'), issuer);
      // Sealed by `create`, so its shape is known.
      const link: ConnectionLink | undefined = opened && JSON.parse(String(opened));
      return link !== undefined && link.expiresAt > now() ? link : undefined;
    },
    use: ({ id, expiresAt }) => used.add(id, true, Math.max(expiresAt - now(), 1)),
    release: ({ id }) => used.delete(id),
  };
}
