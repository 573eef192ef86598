/**
 * A program that uses the published package: a server with the bundle mounted, asked the three questions every
 * client asks before it logs anybody in. `tarball.spec.ts` compiles it twice, as an ES module and as CommonJS,
 * and runs both; the answers go to stdout as JSON.
 *
 * @module
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
  app.post('/mcp', answerWithSubject);
  server.on('request', app);

  const answers = {
    resource: await ask(`${baseUrl}/.well-known/oauth-protected-resource/mcp`),
    server: await ask(`${baseUrl}/.well-known/oauth-authorization-server`),
    mcp: await ask(`${baseUrl}/mcp`, 'POST'),
    redis: typeof redisStorage,
  };
  await auth.close();
  server.close();
  process.stdout.write(JSON.stringify({ baseUrl, ...answers }));
}

function answerWithSubject(_req: Request, res: Response): void {
  const token: AccessToken = getAccessToken();
  res.json({ subject: token.subject });
}

async function ask(url: string, method = 'GET'): Promise<object> {
  const answer = await fetch(url, { method, headers: { connection: 'close' } });
  const challenge = answer.headers.get('www-authenticate');
  return { status: answer.status, challenge, body: await answer.text() };
}

void main();
