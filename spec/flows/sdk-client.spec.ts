import { afterEach, describe, expect, it } from '@jest/globals';

import { ADA, BOB, DEMO_AUDIENCE } from '../../lib/testing/options.js';
import { atMcp, mcpRoute, sessionRoute } from '../support/mcp-route.js';
import { callJson, connect, HeadlessProvider } from '../support/sdk-client.js';
import { startWorld, type World, type WorldOptions } from '../support/world.js';

describe.each([
  ['stateless', () => mcpRoute],
  ['with sessions', () => sessionRoute()],
])('the SDK client and the SDK transport, %s', (_name, createRoute) => {
  let world: World;
  afterEach(() => world.close());

  async function start(options: WorldOptions = {}): Promise<void> {
    const route = createRoute();
    world = await startWorld({
      mount: atMcp(route),
      ...options,
    });
  }

  it('RS-24 registers, logs in and calls tools that see the user', async () => {
    await start();
    const provider = new HeadlessProvider();
    const { client } = await connect(world.mcp, provider);
    expect(await callJson(client, 'get_token_info')).toMatchObject({
      issuer: world.tenant.issuer,
      audience: expect.arrayContaining([DEMO_AUDIENCE]),
    });
    expect(await callJson(client, 'whoami')).toMatchObject({
      name: ADA.name,
      email: ADA.email,
      sameAsExtra: true,
    });
    expect(provider.visits).toHaveLength(1);
    expect(provider.visits[0]?.searchParams.get('resource')).toBe(world.mcp);
    await client.close();
  });

  it('CLI-40 refreshes by itself when the access token has expired, without a browser', async () => {
    await start();
    const provider = new HeadlessProvider();
    const { client } = await connect(world.mcp, provider);
    const before = provider.saved?.refresh_token;
    world.advance(3700);
    expect(await callJson(client, 'whoami')).toMatchObject({ email: ADA.email });
    expect(provider.visits).toHaveLength(1);
    expect(provider.saved?.refresh_token).not.toBe(before);
    await client.close();
  });

  it('separates the interleaved calls of two users', async () => {
    await start();
    const people = await Promise.all(
      [ADA, BOB].map(async (user) => {
        const { client } = await connect(world.mcp, new HeadlessProvider(user));
        return { user, client };
      }),
    );
    const calls = Array.from({ length: 20 }, (_, n) => people[n % 2]).flatMap((one) => one ?? []);
    const responses = await Promise.all(
      calls.map(async ({ user, client }) => ({ user, answer: await callJson(client, 'whoami') })),
    );
    for (const { user, answer } of responses) {
      expect(answer).toMatchObject({ subject: user.sub, email: user.email, sameAsExtra: true });
    }
    await Promise.all(people.map(({ client }) => client.close()));
  });

  it('RS-13 requests a further scope once, and the same call succeeds after the step-up', async () => {
    await start({ options: { toolScopes: { write_file: ['files:write'] } } });
    const provider = new HeadlessProvider();
    const { client, transport } = await connect(world.mcp, provider);
    expect(await callJson(client, 'whoami')).toMatchObject({ email: ADA.email });
    await expect(callJson(client, 'write_file')).rejects.toThrow();
    await transport.finishAuth(provider.answer.get('code') ?? '');
    expect(provider.visits.at(-1)?.searchParams.get('scope')).toBe('openid files:write');
    expect(await callJson(client, 'write_file')).toBe('written');
    expect(provider.visits).toHaveLength(2);
    await client.close();
  });
});
