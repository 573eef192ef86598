/** One server for each organization of Auth0, on one origin and one store, as docs/mounting.md shows it. */
import { afterEach, expect, it } from '@jest/globals';
import express from 'express';
import { getAccessToken } from '../../lib/bearer/caller.js';
import { memoryStorage } from '../../lib/storage/memory-storage.js';
import { ADA, BOB } from '../../lib/testing/options.js';
import { type MountedApp, startApp } from '../support/mounted-app.js';
import { callTool, registerClient } from '../support/oauth-client.js';

const ORGANIZATIONS = { acme: 'org_acme00000000001', globex: 'org_globex000000001' } as const;
const MEMBERS = {
  acme: { ...ADA, claims: { org_id: ORGANIZATIONS.acme } },
  globex: { ...BOB, claims: { org_id: ORGANIZATIONS.globex } },
} as const;

let app: MountedApp;
afterEach(() => app.close());

it('one server per organization: members log in at theirs only, and no token is valid at the other', async () => {
  const storage = memoryStorage();
  app = await startApp(({ app: host, origin, auth }) => {
    for (const [name, organization] of Object.entries(ORGANIZATIONS)) {
      const baseUrl = `${origin}/${name}`;
      host.use(auth({ baseUrl, storage, authorizeParams: { organization } }));
      host.post(`/${name}/mcp`, express.json(), (_req, res) => {
        res.json({ organization: name, subject: getAccessToken().subject });
      });
    }
  });
  app.tenant.configure({ users: Object.values(MEMBERS) });

  for (const [own, other] of [
    ['acme', 'globex'],
    ['globex', 'acme'],
  ] as const) {
    const user = MEMBERS[own];
    const client = await registerClient(`${app.origin}/${own}`);
    const { access_token: token } = await client.tokens({ user });
    const { status, body } = await callTool(`${app.origin}/${own}/mcp`, token, 'any');
    expect([status, body]).toEqual([200, { organization: own, subject: user.sub }]);
    expect((await callTool(`${app.origin}/${other}/mcp`, token, 'any')).status).toBe(401);

    const sent = app.tenant.requests.filter(({ path }) => path === '/authorize').at(-1);
    expect(sent?.query).toMatchObject({
      organization: ORGANIZATIONS[own],
      redirect_uri: `${app.origin}/${own}/auth/callback`,
    });

    // Auth0 would not let the user in. If it did, its ID token would name the other organization.
    const outside = await registerClient(`${app.origin}/${other}`);
    const response = await outside.logIn({ user });
    expect([response.get('code'), response.get('error')]).toEqual([null, 'server_error']);
  }
});
