/** Branding and texts of the pages. */
import { type BrandOptions, parseBrand } from '../../pages/brand.js';
import { createCatalogue, type TextOverrides } from '../../pages/texts/catalogue.js';
import type { Config } from '../config.js';
import { Auth0McpConfigError, label, unknownName } from '../errors.js';
import { OPTION_TABLE, type RawOptions } from '../option-table.js';
import { asEntries, asText } from '../values.js';

const FIELDS = Object.keys(OPTION_TABLE.branding.fields ?? {});

/**
 * @param resource its host is the default name of the service
 * @throws Auth0McpConfigError
 */
export function resolveAppearance(
  raw: RawOptions,
  resource: string,
): Pick<Config, 'brand' | 'catalogue'> {
  const name = new URL(resource).host;
  return {
    brand: withOptionName(() => parseBrand({ name, ...brandingOf(raw) })),
    catalogue: withOptionName(() => createCatalogue(textsOf(raw))),
  };
}

function brandingOf(raw: RawOptions): Partial<BrandOptions> {
  if (raw.branding === undefined) return {};
  const fields = asEntries(raw.branding, 'branding').filter(([, value]) => value !== undefined);
  for (const [name, value] of fields) {
    if (!FIELDS.includes(name)) throw unknownName('field of branding', name, FIELDS);
    asText(value, `branding.${name}`);
  }
  return Object.fromEntries(fields);
}

function textsOf(raw: RawOptions): TextOverrides {
  if (raw.texts === undefined) return {};
  // The catalogue checks languages and sentences.
  return Object.fromEntries(asEntries(raw.texts, 'texts')) as TextOverrides;
}

/** Errors of the pages begin with the option and the position in it. */
function withOptionName<T>(parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const [option = 'branding'] = /^[\w.-]+/.exec(error.message) ?? [];
    throw new Auth0McpConfigError(option, label(option) + error.message.slice(option.length));
  }
}
