/**
 * A pending login of the provider. It is found by `state`, not by cookie, so that two tabs do not
 * interfere; the return to `/authorize` is bound to the browser by a cookie.
 */
import type { InteractionResults, Provider } from 'oidc-provider';

/** A pending login. */
export type Interaction = NonNullable<Awaited<ReturnType<Provider['Interaction']['find']>>> & {
  session?: { uid: string; accountId: string } | undefined;
  result?: InteractionResults | undefined;
  params: Record<string, unknown>;
  returnTo: string;
  persist(): Promise<string>;
};

/** @returns undefined if it has expired or is unknown */
export async function findInteraction(
  provider: Provider,
  state: unknown,
): Promise<Interaction | undefined> {
  return (await provider.Interaction.find(String(state ?? ''))) as Interaction | undefined;
}
