/**
 * A login in progress, as the provider keeps it while a page is shown.
 *
 * Found by `state`, not by cookie, so that two tabs do not disturb each other; the way back to
 * `/authorize` is still bound to the browser by a cookie of its own.
 *
 * @module
 */
import type { InteractionResults, Provider } from 'oidc-provider';

/** The login in progress. */
export type Interaction = NonNullable<Awaited<ReturnType<Provider['Interaction']['find']>>> & {
  session?: { uid: string; accountId: string } | undefined;
  result?: InteractionResults | undefined;
  params: Record<string, unknown>;
  returnTo: string;
  persist(): Promise<string>;
};

/** @returns undefined where it has expired, or never was */
export async function findInteraction(
  provider: Provider,
  state: unknown,
): Promise<Interaction | undefined> {
  return (await provider.Interaction.find(String(state ?? ''))) as Interaction | undefined;
}
