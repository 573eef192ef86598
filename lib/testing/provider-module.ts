/** Loads `oidc-provider`: sessions, codes, PKCE, refresh-token families, client authentication. */
import type { KoaContextWithOIDC } from 'oidc-provider';

/** The module as returned by `import()`. */
export type ProviderModule = typeof import('oidc-provider');

/** Koa's context of a request. */
export type Context = KoaContextWithOIDC;

/** Koa middleware of the tenant. */
export type Middleware = (ctx: Context, next: () => Promise<unknown>) => Promise<unknown> | unknown;

/** A harmless warning while the module loads: it wants a newer Node, but works on this one. */
const KNOWN_NOTICE = /^oidc-provider WARNING: Unsupported runtime/;

/** Imports the module without its warning about the runtime. @throws an error with the command that installs it */
export async function loadProviderModule(): Promise<ProviderModule> {
  const { warn } = console;
  console.warn = (...args: unknown[]) => {
    if (!KNOWN_NOTICE.test(String(args[0]).replace(/^\W\[[\d;]+m/, ''))) warn(...args);
  };
  try {
    return await import('oidc-provider');
  } catch (cause) {
    throw new Error(
      'The stand-in for an Auth0 tenant needs the package "oidc-provider", which did not load. Install it with ' +
        '"npm install --save-dev oidc-provider".',
      { cause },
    );
  } finally {
    console.warn = warn;
  }
}
