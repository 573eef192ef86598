/**
 * The public URLs: where we are, who we are, what we guard, where Auth0 sends the browser back.
 *
 * Spec: RFC 8414 §2 (issuer), RFC 9728 §1.2 (resource), requirements AS-15, R-MD-1, RS-7. Every
 * published URL is built here, once, as a string: clients compare them byte by byte.
 *
 * @module
 */
import { isLoopbackHost } from '../../oauth/redirect-uri.js';
import type { Config, ResourceConfig } from '../config.js';
import { wrongOption } from '../errors.js';
import type { OptionName, RawOptions } from '../option-table.js';
import { textOf } from '../values.js';
import {
  leadingPathOf,
  pathOf,
  refuseCollisions,
  refuseDoubledPath,
  refuseWellKnown,
} from './paths.js';
import { required } from './required.js';

/** Where the protected resource is. */
export type ResourcePlace = Pick<
  ResourceConfig,
  'baseUrl' | 'basePath' | 'strippedPrefix' | 'resource' | 'resourcePath' | 'isHttps'
>;

/** The URL part of the configuration. */
export type PublicUrls = ResourcePlace & Pick<Config, 'issuer' | 'callbackUrl'>;

/** The endpoint the SDK's examples use. */
const DEFAULT_RESOURCE_PATH = '/mcp';
/** What FastMCP registers at Auth0, so that one application serves both. */
const DEFAULT_REDIRECT_PATH = '/auth/callback';

interface PublicUrl {
  /** Canonical, no trailing slash. */
  readonly href: string;
  readonly origin: string;
  /** `''` or `/api`. */
  readonly path: string;
}

/** @throws Auth0McpConfigError */
export function resolveUrls(raw: RawOptions): PublicUrls {
  const place = placeOf(raw);
  const issuer = issuerUrl(raw, place.base);
  const belowBase = pathOf(raw, 'redirectPath', DEFAULT_REDIRECT_PATH);
  const redirectPath = place.base.path + belowBase;
  refuseCollisions({ ...place, redirectPath });
  return {
    ...publicPlace(place),
    issuer: issuer.href,
    callbackUrl: place.base.origin + redirectPath,
  };
}

/** The same for a resource without login endpoints of its own. @throws Auth0McpConfigError */
export function resolveResourcePlace(raw: RawOptions): ResourcePlace {
  const place = placeOf(raw);
  refuseWellKnown(place.resourcePath);
  return publicPlace(place);
}

interface Place {
  readonly base: PublicUrl;
  readonly basePath: string;
  readonly strippedPrefix: string;
  readonly resourceOrigin: string;
  /** `''` where the resource is the origin itself. */
  readonly resourcePath: string;
}

function placeOf(raw: RawOptions): Place {
  const base = required(publicUrl(raw, 'baseUrl'), 'baseUrl');
  const resourceBase = publicUrl(raw, 'resourceBaseUrl') ?? base;
  const belowResource = pathOf(raw, 'resourcePath', DEFAULT_RESOURCE_PATH);
  refuseDoubledPath(belowResource, resourceBase);
  return {
    base,
    basePath: base.path,
    strippedPrefix: leadingPathOf(raw, 'strippedPrefix', base.path),
    resourceOrigin: resourceBase.origin,
    resourcePath: resourceBase.path + (belowResource === '/' ? '' : belowResource),
  };
}

function publicPlace(place: Place): ResourcePlace {
  const { base, basePath, strippedPrefix, resourceOrigin, resourcePath } = place;
  return {
    baseUrl: base.href,
    basePath,
    strippedPrefix,
    resource: resourceOrigin + resourcePath,
    resourcePath: resourcePath === '' ? '/' : resourcePath,
    isHttps: base.origin.startsWith('https:'),
  };
}

function issuerUrl(raw: RawOptions, base: PublicUrl): PublicUrl {
  const issuer = publicUrl(raw, 'issuerUrl') ?? base;
  if (issuer.origin === base.origin) return issuer;
  throw wrongOption(
    'issuerUrl',
    issuer.href,
    `It has to be on the origin of baseUrl, ${base.origin}: its metadata is served there, and a ` +
      'client that finds it elsewhere refuses it.',
  );
}

/** Scheme, authority, path, and what must not follow; from the text, since parsers tidy up. */
const URL_PARTS = /^(https?):\/\/([^/?#\\]+)([^?#\\]*)(.*)$/is;
const HOST = /^(?:\[[0-9a-f:.]+\]|[a-z0-9_-]+(?:\.[a-z0-9_-]+)*)$/;
const SAFE_PATH = /^(?:\/[A-Za-z0-9._~-]+)*$/;

function publicUrl(raw: RawOptions, option: OptionName): PublicUrl | undefined {
  const text = textOf(raw, option);
  if (text === undefined) return undefined;
  const [, , authority = '', rawPath = '', rest = ''] = URL_PARTS.exec(text) ?? [];
  if (authority === '' || !URL.canParse(text)) {
    throw wrongOption(option, text, 'Give an absolute URL, such as https://mcp.example.com.');
  }
  if (rest !== '') throw wrongOption(option, text, 'Remove the query and the fragment.');
  if (authority.includes('@')) throw wrongOption(option, text, 'Remove user name and password.');
  const path = rawPath.replace(/\/+$/, '');
  if (!SAFE_PATH.test(path) || /\/\.{1,2}(\/|$)/.test(path)) {
    throw wrongOption(option, text, 'The path may have segments of A-Z a-z 0-9 . _ ~ - only.');
  }
  const { origin, protocol, hostname } = new URL(text);
  if (!HOST.test(hostname)) throw wrongOption(option, text, 'That host name cannot exist.');
  if (protocol === 'http:' && !isLoopbackHost(hostname)) {
    throw wrongOption(
      option,
      text,
      'Plain http is for localhost only: tokens travel there. Behind a proxy that ends TLS, give ' +
        'the https URL that clients use.',
    );
  }
  return { href: origin + path, origin, path };
}
