/**
 * Loads `oidc-provider`, the certified OpenID server which keeps the tenant's state: sessions,
 * codes, PKCE, refresh-token families, client authentication.
 *
 * @module
 */
import type { KoaContextWithOIDC } from 'oidc-provider';

/** The module as `import()` gives it. */
export type ProviderModule = typeof import('oidc-provider');

/** One request, on its way through the tenant. */
export type Context = KoaContextWithOIDC;

/** A step of the tenant's pipeline. */
export type Step = (ctx: Context, next: () => Promise<unknown>) => Promise<unknown> | unknown;

/**
 * The one notice we know to be harmless: the module asks for a newer Node but works on this one.
 * Printed while it loads, so only that moment is filtered; every other warning is shown.
 */
const KNOWN_NOTICE = /^oidc-provider WARNING: Unsupported runtime/;

/** Imports the module without its notice about the runtime. */
export async function loadProviderModule(): Promise<ProviderModule> {
  const { warn } = console;
  console.warn = (...args: unknown[]) => {
    if (!KNOWN_NOTICE.test(String(args[0]).replace(/^\W\[[\d;]+m/, ''))) warn(...args);
  };
  try {
    return await import('oidc-provider');
  } finally {
    console.warn = warn;
  }
}
