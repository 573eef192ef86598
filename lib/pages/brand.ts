/** Name, logo, accent colour and links of the pages, from the option `branding`. */
import { isHexColor } from './color.js';
import { isOwnPath, webLink } from './html.js';
import { displayName } from './untrusted-text.js';

/** Longest logo inside a page, in characters of its data URI: it is sent with every page. */
const MAX_LOGO_LENGTH = 64 * 1024;

/** Readable on both schemes, and unlike the colours of warnings. */
const DEFAULT_ACCENT_COLOR = '#2f5fd0';

const DATA_IMAGE =
  /^data:image\/(?:png|jpeg|gif|webp|avif|svg\+xml)(?:;[\w=-]+)*,[\w+/=%.~!*()-]+$/i;

/** The option `branding` (`BrandingOptions`), with the name of the service. */
export interface BrandOptions extends Partial<Omit<Brand, 'name'>> {
  readonly name: string;
}

/** A validated brand. */
export interface Brand {
  readonly name: string;
  readonly logo: string | undefined;
  readonly accentColor: string;
  readonly policyUrl: string | undefined;
  readonly termsUrl: string | undefined;
}

/** @throws RangeError with the field, its value, and what is allowed */
export function parseBrand(options: BrandOptions): Brand {
  const { name, logo, accentColor = DEFAULT_ACCENT_COLOR, policyUrl, termsUrl } = options;
  const shownName = typeof name === 'string' ? displayName(name) : undefined;
  if (shownName === undefined) throw refusal('name', name, 'a readable name');
  if (logo !== undefined && !isLogo(logo)) {
    const allowed = 'a data:image/… URI of at most 64 kB or a path such as "/logo.svg"';
    throw refusal('logo', logo, `${allowed}; pages load nothing from other hosts`);
  }
  if (!isHexColor(accentColor)) {
    throw refusal('accentColor', accentColor, 'a hex colour such as "#2f5fd0"');
  }
  return {
    name: shownName,
    logo,
    accentColor,
    policyUrl: parseLink('policyUrl', policyUrl),
    termsUrl: parseLink('termsUrl', termsUrl),
  };
}

function isLogo(value: string): boolean {
  return isOwnPath(value) || (value.length <= MAX_LOGO_LENGTH && DATA_IMAGE.test(value));
}

function parseLink(field: string, value: string | undefined): string | undefined {
  if (value === undefined) return undefined;
  const link = webLink(value);
  if (link === undefined || link.startsWith('http:')) {
    throw refusal(field, value, 'an https URL or a path such as "/privacy"');
  }
  return link;
}

function refusal(field: string, value: unknown, allowed: string): RangeError {
  const received = (JSON.stringify(value) ?? String(value)).slice(0, 80);
  return new RangeError(`branding.${field} is ${received}; it must be ${allowed}`);
}
