/** Real clients, by their fixtures: each logs in with exactly what it is reported to send. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { CLIENTS } from '../../lib/doctor/clients/clients.js';
import { ADA } from '../../lib/testing/options.js';
import { startTlsHost, type TlsHost } from '../clients/metadata-documents/tls-host.js';
import { useAs } from '../support/fixture-client.js';
import { startWorld, type World } from '../support/world.js';

describe.each([
  ['at the root of the origin', ''],
  ['below a path', '/api'],
])('a server %s', (_where, basePath) => {
  let world: World;
  let documents: TlsHost;
  beforeAll(async () => {
    documents = await startTlsHost();
    world = await startWorld({
      basePath,
      options: { scopesSupported: ['files:write'] },
      host: { allowedNetwork: documents.network() },
    });
  });
  afterAll(async () => {
    await world.close();
    await documents.close();
  });

  it.each(CLIENTS.map((fixture) => [fixture.name, fixture] as const))(
    'CLI-16: %s discovers, registers, logs in, calls a tool and refreshes',
    async (_name, fixture) => {
      const response = await useAs(fixture, world.mcp, documents);
      expect(response).toMatchObject({ subject: ADA.sub, sameAsExtra: true });
    },
  );
});
