/** Universal Login: a page with e-mail, password and a cancel button. */
import type { InteractionResults, Provider } from 'oidc-provider';
import { type Html, html } from '../pages/html.js';
import { asksForFactor, MULTI_FACTOR, ONE_TIME_CODE } from './authentication.js';
import { page } from './html.js';
import { findInteraction, type Interaction } from './interaction.js';
import type { TenantSettings, User } from './options.js';
import type { Middleware } from './provider-module.js';
import { formOf, type Params } from './request-body.js';

/** Serves `/u/login`. */
export function loginPage(provider: Provider, settings: () => TenantSettings): Middleware {
  return async function logIn(ctx, next) {
    if (ctx.path !== '/u/login') return await next();
    const login = await findInteraction(provider, ctx);
    if (login === undefined) return;
    const form = formOf(ctx);
    const { users, loginNotice, multiFactor } = settings();
    const needsCode = multiFactor !== 'never' && asksForFactor(login.params.acr_values);
    const result = ctx.method === 'POST' ? outcome(form, users, needsCode) : undefined;
    if (result === undefined) {
      const wrong = ctx.method === 'POST';
      if (wrong) ctx.status = 400;
      const username = form.username ?? String(login.params.login_hint ?? '');
      ctx.body = page(
        'Log in',
        html`${loginNotice !== undefined && html`<p>${loginNotice}</p>`}
${wrong && html`<p role="alert">Wrong email${needsCode && ', code'} or password</p>`}
${loginForm(String(ctx.query.state), username, needsCode)}`,
      );
      return;
    }
    await finish(provider, login, result);
    ctx.redirect(login.returnTo);
  };
}

function outcome(
  form: Params,
  users: readonly User[],
  needsCode: boolean,
): InteractionResults | undefined {
  if (form.action === 'cancel') {
    return { error: 'access_denied', error_description: 'User did not authorize the request' };
  }
  const user = users.find(
    ({ email, password }) => email === form.username && password === form.password,
  );
  if (user === undefined || (needsCode && form.code !== ONE_TIME_CODE)) return undefined;
  if (user.blocked === true) return { error: 'unauthorized', error_description: 'user is blocked' };
  const factors = needsCode ? { acr: MULTI_FACTOR, amr: ['mfa'] } : { amr: ['pwd'] };
  return { login: { accountId: user.sub, ...factors } };
}

async function finish(
  provider: Provider,
  login: Interaction,
  result: InteractionResults,
): Promise<void> {
  if (result.login !== undefined && login.session !== undefined) {
    // Another user in the same browser: the previous session ends.
    if (login.session.accountId !== result.login.accountId) {
      await (await provider.Session.findByUid(login.session.uid))?.destroy();
      login.session = undefined;
    }
  }
  login.result = result;
  await login.persist();
}

function loginForm(state: string, username: string, needsCode: boolean): Html {
  return html`<form method="post" action="/u/login?state=${encodeURIComponent(state)}">
<input type="hidden" name="state" value="${state}">
<label for="username">Email address</label>
<input id="username" name="username" type="text" autocomplete="username" value="${username}" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
${
  needsCode &&
  html`<label for="code">One-time code (${ONE_TIME_CODE})</label>
<input id="code" name="code" type="text" autocomplete="one-time-code" required>`
}
<button type="submit" name="action" value="continue">Continue</button>
<button type="submit" name="action" value="cancel" formnovalidate>Cancel</button>
</form>`;
}
