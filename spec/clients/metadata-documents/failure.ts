/**
 * What a refused client leaves behind, for comparing.
 *
 * @module
 */
import { ClientMetadataError } from '../../../lib/clients/metadata-documents/client-metadata-error.js';

/** The error of a call that has to be refused. */
export async function failureOf(call: () => unknown): Promise<ClientMetadataError> {
  try {
    await call();
  } catch (error) {
    if (error instanceof ClientMetadataError) return error;
    throw error;
  }
  throw new Error('was expected to fail');
}

/** Its reason alone. */
export async function reasonOf(call: () => unknown): Promise<string> {
  return (await failureOf(call)).reason;
}
