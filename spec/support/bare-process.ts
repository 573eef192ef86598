/** The bare passport-openidconnect strategy in a process of its own, for attacks that end it. */
import { spawn } from 'node:child_process';

/** How the process ended after one callback. */
export interface BareEnd {
  /** 1 where an exception or a rejection reached nobody. */
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Serves one login at `issuer`: start, then the callback with any code, then exit 0 once answered. */
const PROGRAM = `
import express from 'express';
import passport from 'passport';
import { Strategy } from 'passport-openidconnect';
const [issuer, mode] = process.argv.slice(1);
const app = express();
const store = { store: (_r, _c, _s, _m, done) => done(null, 'x'), verify: (_r, _h, done) => done(null, {}) };
const options = { issuer, authorizationURL: issuer + 'authorize', tokenURL: issuer + 'oauth/token',
  userInfoURL: issuer + 'userinfo', callbackURL: 'http://127.0.0.1/cb', clientID: 'our-application',
  clientSecret: 's', store, skipUserProfile: mode !== 'userinfo' };
passport.use('bare', new Strategy(options, async (_issuer, profile, done) => {
  if (mode === 'rejecting') throw new Error('signing keys unreachable');
  done(null, profile);
}));
app.get('/cb', passport.authenticate('bare', { session: false }), (_req, res) => res.json({}));
const server = app.listen(0, '127.0.0.1', async () => {
  await fetch('http://127.0.0.1:' + server.address().port + '/cb?code=c&state=x');
  process.exit(0);
});
`;

/** @param mode what goes wrong: a `/userinfo` that is not JSON, or a verification that rejects */
export function runBare(issuer: string, mode: 'userinfo' | 'rejecting'): Promise<BareEnd> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '-e', PROGRAM, issuer, mode], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { PATH: process.env['PATH'] },
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stderr }));
  });
}
