/** A Redis whose ACL allows exactly what our error recommends. */
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { redisFacts } from '../../../lib/doctor/checks/storage.js';
import { NEEDED_COMMANDS, unavailable } from '../../../lib/storage/redis/errors.js';
import { redisStorage } from '../../../lib/storage/redis/redis-storage.js';
import { type Storage, StorageUnavailableError } from '../../../lib/storage/storage.js';
import { pageAt } from '../../docs/markdown.js';
import { callTool, registerClient } from '../../support/oauth-client.js';
import { command, type RedisServer, startRedis } from '../../support/redis-server.js';
import { startWorld } from '../../support/world.js';

jest.setTimeout(30_000);

const PASSWORD = 'of-the-acl';
const KEYS = '~express-auth0-mcp:*';

/** Not tried by `ready()`: of the connection, for a database of its own, for the doctor. */
const BESIDE_LOGINS: readonly string[] = ['+ping', '+select', '+info'];

let server: RedisServer;
const opened: Storage[] = [];

function open(user: string, database = 0): Storage {
  const storage = redisStorage({ url: urlFor(user, database) });
  opened.push(storage);
  return storage;
}

function urlFor(user: string, database = 0): string {
  return `redis://${user}:${PASSWORD}@127.0.0.1:${server.port}/${database}`;
}

async function allow(user: string, keys: string, commands: readonly string[]): Promise<void> {
  const rule = `ACL SETUSER ${user} reset on >${PASSWORD} ${keys} ${commands.join(' ')}`;
  expect(await command(server.port, rule)).toBe('+OK\r\n');
}

/** Denied commands, except for the name of the client library, which may fail. */
async function denied(): Promise<string[]> {
  const log = await command(server.port, 'ACL LOG 100');
  const objects = [...log.matchAll(/\$6\r\nobject\r\n\$\d+\r\n([^\r]*)\r\n/g)];
  return objects.map(([, object = '']) => object).filter((object) => object !== 'client|setinfo');
}

beforeAll(async () => {
  server = await startRedis();
  await allow('exact', KEYS, NEEDED_COMMANDS);
});
afterEach(async () => {
  for (const storage of opened.splice(0)) await storage.close?.();
  await command(server.port, 'ACL LOG RESET');
});
afterAll(() => server.remove());

describe('a user with exactly the recommended permissions', () => {
  it('completes a login, and Redis denies no command', async () => {
    const world = await startWorld({
      options: { storage: redisStorage({ url: urlFor('exact') }) },
    });
    await world.auth.ready();
    const client = await registerClient(world.origin);
    const tokens = await client.tokens();
    for (const _call of [1, 2, 3]) {
      expect((await callTool(world.mcp, tokens.access_token, 'whoami')).status).toBe(200);
    }
    const renewed = await client.refresh(tokens.refresh_token);
    expect(renewed.status).toBe(200);
    const [grant] = await world.auth.grants.list({ clientId: client.id });
    await world.auth.grants.revoke(grant?.id ?? '');
    expect((await callTool(world.mcp, renewed.body.access_token, 'whoami')).status).toBe(401);
    await world.close();
    expect(await denied()).toEqual([]);
  });

  it('works for the doctor, and for a database by number', async () => {
    expect(await redisFacts(urlFor('exact', 1))).toMatchObject({ maxmemoryPolicy: 'noeviction' });
    await open('exact', 1).ready?.();
    expect(await denied()).toEqual([]);
  });

  it('deletes the trial keys', async () => {
    await command(server.port, 'FLUSHALL');
    await open('exact').ready?.();
    expect(await command(server.port, 'DBSIZE')).toBe(':0\r\n');
  });

  it('is in the documentation exactly', () => {
    expect(pageAt('docs/production.md').text).toContain(`${KEYS} ${NEEDED_COMMANDS.join(' ')}\n`);
  });
});

describe('ready()', () => {
  it.each(NEEDED_COMMANDS.filter((allowed) => !BESIDE_LOGINS.includes(allowed)))(
    'fails without %s, and says what to allow',
    async (missing) => {
      await allow('lacking', KEYS, [...NEEDED_COMMANDS, missing.replace('+', '-')]);
      const answer = open('lacking').ready?.();
      await expect(answer).rejects.toThrow(StorageUnavailableError);
      await expect(answer).rejects.toThrow(
        `ACL forbids a command or a key: allow the user ${KEYS}`,
      );
      await expect(answer).rejects.toThrow(NEEDED_COMMANDS.join(' '));
    },
  );

  it('fails where our keys are not allowed', async () => {
    await allow('elsewhere', '~other:*', NEEDED_COMMANDS);
    await expect(open('elsewhere').ready?.()).rejects.toThrow('ACL forbids a command or a key');
  });
});

describe('a denied command of a script', () => {
  it.each([
    "ERR Error running script (call to f_1): @user_script:3: @user_script: 3: The user executing the script can't run this command or subcommand",
    "ERR The user executing the script can't run this command or subcommand script: 1, on @user_script:3.",
    "NOPERM ACL failure in script: User ada has no permissions to run the 'zadd' command",
  ])('is known for a matter of the ACL: %s', (said) => {
    expect(unavailable('here', new Error(said)).message).toContain('its ACL forbids');
  });
});
