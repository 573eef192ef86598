/**
 * Signing keys of the enterprise's identity providers: at `jwksUri`, or where their discovery document says (OpenID
 * Connect Discovery 1.0 §4). Fetched under the rules of client metadata documents.
 */
import { type ClientKeySet, parseKeySet } from '../../clients/metadata-documents/client-keys.js';
import { ClientMetadataError } from '../../clients/metadata-documents/client-metadata-error.js';
import {
  createDocumentCache,
  type OnLoadFailure,
} from '../../clients/metadata-documents/document-cache.js';
import {
  createDocumentFetch,
  MAX_KEY_SET_BYTES,
} from '../../clients/metadata-documents/document-fetch.js';
import type { EnterpriseIssuer } from '../../config/config.js';
import type { Core } from '../../core.js';
import { TemporarilyUnavailableError } from '../../oauth/errors.js';
import { isJsonObject } from '../../oauth/json-object.js';

/** A provider with many applications publishes about a dozen. */
const MAX_KEYS = 50;
/** `Retry-After` for an outage of unknown duration. */
const RETRY_AFTER_SECONDS = 5;

export interface IssuerKeys {
  /**
   * @param renewal `isRenewal` fetches again if the cached set is older than half a minute
   * @throws TemporarilyUnavailableError they cannot be fetched
   */
  find(issuer: EnterpriseIssuer, renewal?: { readonly isRenewal: boolean }): Promise<ClientKeySet>;
  /** Aborts pending fetches. */
  close(): Promise<void>;
}

export function createIssuerKeys(core: Core): IssuerKeys {
  const { config, now } = core;
  const localOrigins = config.enterprise
    .flatMap(({ issuer, jwksUri }) => [issuer, jwksUri ?? issuer])
    .map((url) => new URL(url).origin)
    .filter((origin) => origin.startsWith('http:'));
  const documents = createDocumentFetch(core, localOrigins);

  const onFailure: OnLoadFailure = (url, { reason, detail }, isCopyUsed) => {
    if (!isCopyUsed) return;
    config.logger.warn(
      { url, reason, detail },
      'signing keys of an enterprise issuer could not be fetched: the last good copy is used',
    );
  };
  const cacheOf = <T>(parse: (body: unknown) => T) =>
    createDocumentCache(
      async (url) => {
        const { body, ...caching } = await documents.fetch(url, MAX_KEY_SET_BYTES, 'options');
        return { value: parse(body), ...caching };
      },
      onFailure,
      now,
    );
  const discovery = cacheOf((body) => (isJsonObject(body) ? body : {}));
  const keySets = cacheOf((body) => parseKeySet(body, MAX_KEYS));

  async function jwksUriOf({ issuer, jwksUri }: EnterpriseIssuer): Promise<string> {
    if (jwksUri !== undefined) return jwksUri;
    const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
    const { issuer: named, jwks_uri: uri } = await discovery.find(url);
    // §4.3: identical, including a trailing slash.
    if (named !== issuer) throw invalid(`${url} names another issuer: correct enterprise.issuer`);
    if (typeof uri !== 'string') throw invalid(`${url} has no jwks_uri: set enterprise.jwksUri`);
    return uri;
  }

  return {
    async find(issuer, renewal) {
      try {
        return await keySets.find(await jwksUriOf(issuer), renewal?.isRenewal);
      } catch (error) {
        if (!(error instanceof ClientMetadataError)) throw error;
        // The configuration trusts this issuer, so that even a wrong document is a failure on this side.
        throw new TemporarilyUnavailableError('The keys of the issuer cannot be fetched now', {
          detail: `${issuer.issuer}: ${error.detail}`,
          cause: error,
          retryAfterSeconds: RETRY_AFTER_SECONDS,
        });
      }
    },
    close: documents.close,
  };
}

function invalid(detail: string): ClientMetadataError {
  return new ClientMetadataError('invalid_document', detail);
}
