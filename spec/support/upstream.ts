/** What a grant's life does at Auth0, seen from the stand-in, and time that passes on both sides. */
import { DEMO_AUDIENCE, type TenantOptions } from '../../lib/testing/options.js';
import type { TenantRequest } from '../../lib/testing/request-log.js';
import type { World } from './world.js';

/** An API whose tokens are due for renewal as soon as they are issued. */
export const ALWAYS_DUE: TenantOptions = {
  apis: [
    {
      identifier: DEMO_AUDIENCE,
      scopes: ['read:notes', 'files:write'],
      tokenLifetimeSeconds: 50,
    },
  ],
};

/** Refreshes that arrived at Auth0. */
export function upstreamRefreshes({ tenant }: World): TenantRequest[] {
  return tenant.requests.filter(
    ({ path, form }) => path === '/oauth/token' && form.grant_type === 'refresh_token',
  );
}

/** Refresh tokens that were given back to Auth0. */
export function givenBack({ tenant }: World): string[] {
  return tenant.requests
    .filter(({ path, status }) => path === '/oauth/revoke' && status === 200)
    .map(({ form }) => String(form.token));
}

/** Lets time pass for us and for Auth0. */
export function pass(world: World, seconds: number): void {
  world.advance(seconds);
  const { clockSkewSeconds } = world.tenant.settings;
  world.tenant.configure({ clockSkewSeconds: clockSkewSeconds + seconds });
}

/** Waits for something that happens in the background. */
export async function until(isTrue: () => boolean | Promise<boolean>): Promise<void> {
  for (let round = 0; round < 400; round += 1) {
    if (await isTrue()) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`did not come true: ${isTrue}`);
}

/** Log lines that contain a text. */
export function linesWith({ log }: World, text: string): string[] {
  return log.map((line) => JSON.stringify(line)).filter((line) => line.includes(text));
}
