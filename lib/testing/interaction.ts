/**
 * A pending login of the provider. It is found by `state`, not by cookie, so that two tabs do not
 * interfere; the return to `/authorize` is bound to the browser by a cookie.
 */
import type { InteractionResults, Provider } from 'oidc-provider';

import { html } from '../pages/html.js';
import { page } from './html.js';
import type { Context } from './provider-module.js';

/** A pending login. */
export type Interaction = NonNullable<Awaited<ReturnType<Provider['Interaction']['find']>>> & {
  session?: { uid: string; accountId: string } | undefined;
  result?: InteractionResults | undefined;
  params: Record<string, unknown>;
  returnTo: string;
  persist(): Promise<string>;
};

/** @returns undefined if it has expired or is unknown; the response is then an error page */
export async function findInteraction(
  provider: Provider,
  ctx: Context,
): Promise<Interaction | undefined> {
  ctx.type = 'html';
  ctx.set('Cache-Control', 'no-store');
  const found = await provider.Interaction.find(String(ctx.query.state ?? ''));
  if (found === undefined) {
    ctx.status = 400;
    ctx.body = page('Oops!, something went wrong', html`<p>This login has expired.</p>`);
  }
  return found as Interaction | undefined;
}
