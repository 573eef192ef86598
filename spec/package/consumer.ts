/**
 * A program that uses the published package: it mounts the bundle and sends the requests that a client sends
 * before a login. `tarball.spec.ts` compiles and runs it as an ES module and as CommonJS; the responses go to
 * stdout as JSON.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type Request, type Response } from 'express';
import { type AccessToken, auth0Mcp, getAccessToken, memoryStorage } from 'express-auth0-mcp';
import { redisStorage } from 'express-auth0-mcp/redis';

async function main(): Promise<void> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const auth = auth0Mcp({
    configUrl: 'https://tenant.example.com/.well-known/openid-configuration',
    clientId: 'an-auth0-application',
    clientSecret: 'the-secret-of-an-auth0-application',
    audience: 'https://api.example.com',
    baseUrl,
    jwtSigningKey: 'a signing key of more than thirty-two characters',
    storage: memoryStorage(),
  });
  const app = express();
  app.use(auth);
  app.post('/mcp', respondWithSubject);
  server.on('request', app);

  const responses = {
    resource: await request(`${baseUrl}/.well-known/oauth-protected-resource/mcp`),
    server: await request(`${baseUrl}/.well-known/oauth-authorization-server`),
    mcp: await request(`${baseUrl}/mcp`, 'POST'),
    redis: typeof redisStorage,
  };
  await auth.close();
  server.close();
  process.stdout.write(JSON.stringify({ baseUrl, ...responses }));
}

function respondWithSubject(_req: Request, res: Response): void {
  const token: AccessToken = getAccessToken();
  res.json({ subject: token.subject });
}

async function request(url: string, method = 'GET'): Promise<object> {
  const response = await fetch(url, { method, headers: { connection: 'close' } });
  const challenge = response.headers.get('www-authenticate');
  return { status: response.status, challenge, body: await response.text() };
}

void main();
