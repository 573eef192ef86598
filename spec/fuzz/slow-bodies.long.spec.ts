import { connect } from 'node:net';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { startWorld, type World } from '../support/world.js';

describe('a body that never ends', () => {
  let world: World;
  beforeAll(async () => {
    world = await startWorld({ options: { toolScopes: { delete_file: ['files:write'] } } });
    // As hosts behind some proxies set it: then nothing but us ends such a request.
    world.server.requestTimeout = 0;
  });
  afterAll(() => world.close());

  /** Sends a byte now and then; resolves when the server has closed the connection. */
  function trickle(path: string, type: string): Promise<string> {
    const { port } = new URL(world.origin);
    const head = `POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: ${type}\r\nContent-Length: 1000\r\n\r\n`;
    return new Promise((resolve) => {
      let received = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(head));
      const timer = setInterval(() => socket.write('a'), 500);
      socket.on('data', (data) => {
        received += data.toString();
      });
      socket.on('error', () => {});
      socket.on('close', () => {
        clearInterval(timer);
        resolve(received);
      });
    });
  }

  it('times out at every endpoint that reads one', async () => {
    const form = 'application/x-www-form-urlencoded';
    const expected = [
      ['/authorize', form, 408],
      ['/consent', form, 408],
      ['/token', form, 408],
      ['/revoke', form, 408],
      ['/register', 'application/json', 408],
      ['/mcp', 'application/json', 401],
    ] as const;
    const responses = expected.map(async ([path, type]) => {
      const response = await trickle(path, type);
      return [path, type, Number(response.split(' ')[1])];
    });
    expect(await Promise.all(responses)).toEqual(expected);
  }, 30_000);
});
