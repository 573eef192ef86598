/** Access to the MCP endpoint: consent, anonymous requests, web origins, message size. */
import type { AnonymousAccess, Config } from '../config.js';
import { unknownName, wrongOption } from '../errors.js';
import type { Logger } from '../logger.js';
import type { RawOptions } from '../option-table.js';
import { asEntries, asList, choiceOf, listOf, wholeNumberOf } from '../values.js';

const CONSENT_MODES = ['always', 'remember', 'external'] as const;
/** At least the limit of unauthenticated callers; by default that of the MCP SDK. */
const MESSAGE_BYTES = {
  min: 100 * 1024,
  max: 100 * 1024 * 1024,
  fallback: 4 * 1024 * 1024,
} as const;

const ANONYMOUS_FIELDS = ['methods', 'tools'] as const;

/** @throws Auth0McpConfigError */
export function resolveConsent(raw: RawOptions, logger: Logger): Config['consent'] {
  const value = raw.consent;
  // In FastMCP it is a switch, where a misspelt word counts as true and disables the browser binding.
  if (/^(true|false)$/i.test(String(value))) {
    const remedy =
      "Consent is a mode, not a switch: 'always' shows the page at each login, 'remember' once per browser, " +
      "'external' leaves consent to a page in front of this server.";
    throw wrongOption('consent', value, remedy);
  }
  const mode = choiceOf(raw, 'consent', CONSENT_MODES) ?? 'always';
  if (mode === 'external') {
    const message =
      "consent is 'external': this server does not ask users before it grants access to a client. Without " +
      'another consent page in front of it, an attacker can obtain the tokens of a user who follows a link.';
    logger.warn({ option: 'consent' }, message);
  }
  return mode;
}

/**
 * @param toolsWithScopes the tools of `toolScopes`, which need a token
 * @throws Auth0McpConfigError
 */
export function resolveAnonymous(
  raw: RawOptions,
  toolsWithScopes: ReadonlyMap<string, readonly string[]>,
): AnonymousAccess | undefined {
  if (raw.anonymous === undefined) return undefined;
  const fields = new Map(asEntries(raw.anonymous, 'anonymous'));
  for (const name of fields.keys()) {
    if (!ANONYMOUS_FIELDS.some((known) => known === name)) {
      throw unknownName('field of anonymous', name, ANONYMOUS_FIELDS);
    }
  }
  const methods = namesOf(fields.get('methods'), 'anonymous.methods');
  const tools = namesOf(fields.get('tools'), 'anonymous.tools');
  if (methods.length + tools.length === 0) {
    throw wrongOption('anonymous', raw.anonymous, 'Name methods or tools, or remove it.');
  }
  if (methods.includes('tools/call')) {
    const remedy = 'That would allow every tool: name the tools in anonymous.tools.';
    throw wrongOption('anonymous.methods', 'tools/call', remedy);
  }
  const both = tools.find((tool) => toolsWithScopes.has(tool));
  if (both !== undefined) {
    const remedy = 'toolScopes requires scopes for this tool: remove it from one of the two.';
    throw wrongOption('anonymous.tools', both, remedy);
  }
  return { methods: new Set(methods), tools: new Set(tools) };
}

/** @throws Auth0McpConfigError an entry that is not a web origin */
export function resolveAllowedOrigins(raw: RawOptions): Config['allowedOrigins'] {
  const origins = listOf(raw, 'allowedOrigins') ?? [];
  if (origins.length === 1 && origins[0] === '*') return 'any';
  return origins.map((text) => {
    const origin = URL.canParse(text) ? new URL(text).origin : '';
    const isWeb = /^https?:\/\/[^*]+$/.test(origin);
    if (isWeb && [origin, `${origin}/`].includes(text)) return origin;
    const remedy =
      "Give scheme, host and port as browsers write them, such as 'https://app.example.com', or '*' alone.";
    throw wrongOption('allowedOrigins', text, remedy);
  });
}

function namesOf(value: unknown, option: string): readonly string[] {
  if (value === undefined) return [];
  const names = asList(value, option);
  const pattern = names.find((name) => name.includes('*'));
  if (pattern === undefined) return names;
  throw wrongOption(option, pattern, 'Write each name in full: wildcards are not supported.');
}

/** @throws Auth0McpConfigError */
export function resolveMaxMessageBytes(raw: RawOptions): number {
  return wholeNumberOf(raw, 'maxMessageBytes', MESSAGE_BYTES);
}
