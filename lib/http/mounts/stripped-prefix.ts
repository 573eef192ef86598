/**
 * What a proxy in front has cut off the path before a request arrived here.
 *
 * @module
 */
import type { Request } from 'express';

import { isFromTrustedProxy } from '../caller-address.js';

/** Tells the prefix that is missing from the URL of a request, `''` for none. */
export type StrippedPrefixOf = (req: Request) => string;

/**
 * The option says it for every request. Otherwise `X-Forwarded-Prefix` does, where Express trusts
 * the proxy: anybody else could have a document kept by a cache under a path that is not ours.
 *
 * @param basePath a prefix that is not the start of it belongs to somebody else
 */
export function createStrippedPrefix(paths: {
  readonly basePath: string;
  readonly strippedPrefix: string;
}): StrippedPrefixOf {
  const { basePath, strippedPrefix } = paths;
  return function strippedPrefixOf(req) {
    if (basePath === '') return strippedPrefix;
    const header = req.headers['x-forwarded-prefix'];
    if (typeof header !== 'string' || !isFromTrustedProxy(req)) {
      return strippedPrefix;
    }
    const forwarded = header.replace(/\/+$/, '');
    return forwarded !== '' && `${basePath}/`.startsWith(`${forwarded}/`)
      ? forwarded
      : strippedPrefix;
  };
}
