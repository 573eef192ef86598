/** The page behind `ConnectionRequiredError.url`: a user decides whether to connect an account at another provider. */
import { createHash, randomBytes } from 'node:crypto';

import type { Request, RequestHandler, Response } from 'express';

import type { Context } from '../../app/context.js';
import type { ConnectionConfig } from '../../config/config.js';
import { MAX_FORM_BYTES } from '../../http/account-forms.js';
import type { SignedInUser } from '../../http/account-sign-ins.js';
import type { ConnectionLink } from '../../http/connection-links.js';
import type { Connections } from '../../http/connections.js';
import { createReadingCheck } from '../../http/consent-prompt.js';
import { alreadySubmitted, PageError, sendPage } from '../../http/pages.js';
import { queryOf, readForm } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { AccessDeniedError, InvalidRequestError } from '../../oauth/errors.js';
import { optionalParameter } from '../../oauth/parameters.js';
import { redirectUriHost } from '../../oauth/redirect-uri.js';
import {
  connectAccountPage,
  connectResultPage,
  connectSignInPage,
} from '../../pages/connect-account-page.js';
import type { GrantRecord } from '../../storage/records.js';

/**
 * Handlers of the GET of a link and of the POST of its form. The link alone has no effect: the user of its grant has
 * to be signed in here, so that no user connects an account to another user's login.
 *
 * @throws PageError the link is forged, was used or has expired, or the form is not of this session
 */
export function connectEndpoint(context: Context, connections: Connections): RequestHandler[] {
  const isTooSoon = createReadingCheck(context);
  return [
    noStore,
    async function showOrConnect(req, res) {
      if (req.method === 'GET') await showPage(req, res, context, connections);
      else await decide(req, res, context, connections, isTooSoon);
    },
  ];
}

async function showPage(
  req: Request,
  res: Response,
  context: Context,
  connections: Connections,
): Promise<void> {
  const { accountSignIns, grants, pageContextOf, config } = context;
  const { links, signInForms, urls } = connections;
  const text = optionalParameter(queryOf(req), 'link');
  const link = links.read(text);
  const connection = config.connections.get(link?.connection ?? '');
  const grant = link && (await grants.find(link.grantId));
  if (text === undefined || connection === undefined || link === undefined || grant === undefined) {
    throw linkExpired('the link is forged, or it or its grant has expired');
  }
  const page = pageContextOf(req);
  const user = await accountSignIns.visit(req);
  if (user === undefined || user.account.subject !== grant.subject) {
    const isOther = user !== undefined;
    const reauthenticate = isOther || accountSignIns.hasSignedOut(req);
    const form = signInForms.write(req, res, { link: text, reauthenticate });
    const target = { action: urls.signIn, fields: { form } };
    const other = isOther ? (user.account.name ?? user.account.subject) : undefined;
    const body = connectSignInPage(page, target, connection.name, other);
    sendPage(res, isOther ? 403 : 200, body);
    return;
  }
  sendDecision(req, res, { user, link, connection, grant }, context, connections);
}

/** What a user decides on. */
interface Decision {
  readonly user: SignedInUser;
  readonly link: ConnectionLink;
  readonly connection: ConnectionConfig;
  readonly grant: GrantRecord;
  readonly wasTooSoon?: boolean;
}

function sendDecision(
  req: Request,
  res: Response,
  { user, link, connection, grant, wasTooSoon = false }: Decision,
  { accountForms, pageContextOf, nowMs = Date.now }: Context,
  { urls }: Connections,
): void {
  const form = accountForms.write(user, { type: 'connect_account', link, createdAtMs: nowMs() });
  sendPage(
    res,
    200,
    connectAccountPage(pageContextOf(req), {
      form: { action: urls.connect, fields: { form } },
      wasTooSoon,
      provider: connection.name,
      clientName: grant.client.name,
      host: grant.code && redirectUriHost(grant.code.redirectUri),
      scopes: connection.scopes,
      account: user.account.name,
    }),
  );
}

async function decide(
  req: Request,
  res: Response,
  context: Context,
  connections: Connections,
  isTooSoon: (createdAtMs: number) => boolean,
): Promise<void> {
  const { accountSignIns, accountForms, grants, limits, pageContextOf, config } = context;
  const form = await readForm(req, res, MAX_FORM_BYTES);
  accountForms.requireOwnPage(req);
  const user = await accountSignIns.visit(req);
  if (user === undefined) {
    throw new PageError('page_expired', new AccessDeniedError('The user is not signed in'));
  }
  const field = optionalParameter(form, 'form');
  const { link, createdAtMs } = accountForms.read(user, field, 'connect_account');
  const decision = optionalParameter(form, 'decision');
  if (decision !== 'connect' && decision !== 'cancel') {
    throw new InvalidRequestError('The decision must be connect or cancel');
  }
  const connection = config.connections.get(link.connection);
  const grant = await grants.find(link.grantId);
  const isOwn = grant !== undefined && grant.subject === user.account.subject;
  if (!isOwn || connection === undefined || link.expiresAt <= context.now()) {
    throw linkExpired('the link or its grant has expired');
  }
  if (decision === 'connect' && isTooSoon(createdAtMs)) {
    const shown = { user, link, connection, grant, wasTooSoon: true };
    sendDecision(req, res, shown, context, connections);
    return;
  }
  await limits.countLogin(req);
  if (!(await connections.links.use(link))) throw alreadySubmitted();
  if (decision === 'cancel') {
    const page = pageContextOf(req);
    sendPage(res, 200, connectResultPage(page, 'cancelled', connection.name, grant.client.name));
    return;
  }
  try {
    await redirectToProvider(req, res, user, link, context, connections);
  } catch (error) {
    await connections.links.release(link).catch(() => undefined);
    throw error;
  }
}

/** Auth0 leads to the provider and back to the callback. */
async function redirectToProvider(
  req: Request,
  res: Response,
  { account }: SignedInUser,
  { grantId, connection, expiresAt }: ConnectionLink,
  { flows, grants, config }: Context,
  { attempts, myAccount, urls }: Connections,
): Promise<void> {
  const token = await grants.auth0Token(grantId, myAccount.api('create'));
  const flow = flows.begin(req, res);
  const codeVerifier = randomBytes(32).toString('base64url');
  const { location, authSession, expiresInSeconds } = await myAccount.connect(token, {
    connection,
    scopes: config.connections.get(connection)?.scopes ?? [],
    redirectUri: urls.callback,
    state: flow.state,
    codeChallenge: createHash('sha256').update(codeVerifier).digest('base64url'),
  });
  const { subject } = account;
  const attempt = { subject, grantId, connection, authSession, codeVerifier };
  await attempts.add(flow.state, { ...attempt, browser: flow.secret }, expiresInSeconds);
  // Approved by the user in a form: the forms that other sites open do not replace its cookie.
  flows.setLoginCookie(res, { ...flow, formExpiresAt: expiresAt });
  res.redirect(303, location);
}

function linkExpired(detail: string): PageError {
  const error = new InvalidRequestError('The link can no longer be used', { detail });
  return new PageError('connection_expired', error);
}
