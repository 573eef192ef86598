/**
 * A short name for a client in logs and events.
 *
 * @module
 */
import { createHash } from 'node:crypto';

/** URL ids and short ids as they are; a long registered id as the start of its SHA-256. */
export function clientFingerprint(clientId: string): string {
  if (clientId.startsWith('https://') || clientId.length <= 40) return clientId;
  return createHash('sha256').update(clientId).digest('base64url').slice(0, 12);
}
