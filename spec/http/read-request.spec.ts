import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';

import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Request, type Response } from 'express';
import { jsonErrors } from '../../lib/http/error-responses.js';
import { readBytes } from '../../lib/http/read-request.js';
import { sendRaw } from '../fuzz/socket.js';
import { block } from '../support/stall.js';

describe('the bytes of a body', () => {
  let server: Server;
  let origin: string;
  beforeAll(async () => {
    const app = express();
    app.post(
      '/read',
      async (req: Request, res: Response) => {
        const body = await readBytes(req, res, { maxBytes: 1000, timeoutMs: 200 });
        res.json({ bytes: body.length });
      },
      jsonErrors(() => '', 'https://mcp.example.test'),
    );
    server = createServer(app);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Sends these bytes and nothing more; resolves when the server closes the connection. */
  function trickle(...parts: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(origin).port), '127.0.0.1');
      let answer = '';
      socket.on('data', (data) => {
        answer += data.toString();
      });
      socket.on('close', () => resolve(answer));
      socket.on('error', reject);
      for (const part of parts) socket.write(part);
    });
  }
  const head = 'POST /read HTTP/1.1\r\nHost: x\r\n';

  it('FA-33: are read when they arrive while the event loop is blocked', async () => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    const answer = once(socket, 'data');
    socket.write(`${head}Content-Length: 6\r\nConnection: close\r\n\r\nabc`);
    await pause(50);
    // Behind the poll phase: timers come before the next one.
    await turn();
    socket.write('def');
    block(600);
    expect(String(await answer)).toContain('{"bytes":6}');
    socket.destroy();
  });

  it('are read to the end, with Content-Length and chunked', async () => {
    for (const framing of ['length', 'chunked'] as const) {
      const request = { method: 'POST', target: '/read', body: 'a'.repeat(1000), framing };
      expect((await sendRaw(origin, request)).body).toBe('{"bytes":1000}');
    }
    expect((await sendRaw(origin, { method: 'POST', target: '/read' })).body).toBe('{"bytes":0}');
  });

  it('R-RG-7 get 413 above the limit, with Content-Length and chunked', async () => {
    for (const framing of ['length', 'chunked'] as const) {
      const request = { method: 'POST', target: '/read', body: 'a'.repeat(1001), framing };
      expect(await sendRaw(origin, request)).toMatchObject({ status: 413 });
    }
  });

  it('R-RG-7 get 413 while an endless body still arrives', async () => {
    const endless = trickle(
      `${head}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`,
      `800\r\n${'a'.repeat(2048)}\r\n`,
    );
    expect(await endless).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('CLI-45 get 408 in JSON without an end, and the connection closes', async () => {
    const slow = await trickle(`${head}Content-Length: 10\r\n\r\n`, 'a');
    expect(slow).toMatch(/^HTTP\/1\.1 408 /);
    expect(slow).toMatch(/\r\nConnection: close\r\n/i);
    expect(slow).toContain('{"error":"invalid_request","error_description":');
    const silent = await trickle(`${head}Transfer-Encoding: chunked\r\n\r\n`);
    expect(silent).toMatch(/^HTTP\/1\.1 408 /);
  });

  it('CLI-45 get 415 when compressed', async () => {
    const request = {
      method: 'POST',
      target: '/read',
      headers: [['Content-Encoding', 'gzip']] as const,
      body: gzipSync('a'),
    };
    expect(await sendRaw(origin, request)).toMatchObject({ status: 415 });
  });

  it('of a connection that ends early fail this request only', async () => {
    const port = Number(new URL(origin).port);
    await new Promise<void>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => {
        socket.write(`${head}Content-Length: 10\r\n\r\na`, () => socket.destroy());
      });
      socket.on('close', () => resolve());
    });
    expect(await sendRaw(origin, { method: 'POST', target: '/read' })).toMatchObject({
      status: 200,
    });
  });
});
