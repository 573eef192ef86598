/** Callback of a connected account: the browser returns from the provider through Auth0. */
import type { Request, RequestHandler, Response } from 'express';

import type { Context } from '../../app/context.js';
import { Auth0Error, messageToUser } from '../../auth0/auth0.js';
import type { Connections } from '../../http/connections.js';
import { toOAuthError } from '../../http/error-responses.js';
import { PageError, sendPage } from '../../http/pages.js';
import { queryOf } from '../../http/read-request.js';
import { noStore } from '../../http/response-headers.js';
import { InvalidRequestError } from '../../oauth/errors.js';
import { optionalParameter } from '../../oauth/parameters.js';
import { connectResultPage } from '../../pages/connect-account-page.js';
import type { ConnectionRecord } from '../../storage/records.js';

/**
 * Handlers of the GET. Completes an attempt of this browser and of the user who is signed in to it, once: otherwise
 * an attacker could have the victim's browser complete the attacker's attempt, or the reverse.
 *
 * @throws PageError there is no such attempt, or Auth0 or the provider refused it
 */
export function connectCallbackEndpoint(
  context: Context,
  connections: Connections,
): RequestHandler[] {
  const { flows, accountSignIns, emit } = context;
  return [
    noStore,
    async function finishConnection(req, res) {
      const state = optionalParameter(queryOf(req), 'state') ?? '';
      const browser = flows.readCookie(req, state).secret;
      const user = await accountSignIns.find(req);
      const attempt = browser && user ? await connections.attempts.take(state, browser) : undefined;
      if (attempt === undefined || attempt.subject !== user?.account.subject) {
        const detail = 'no such attempt of this browser and user';
        const error = new InvalidRequestError('The account was not connected', { detail });
        throw new PageError('connection_expired', error);
      }
      const { connection, grantId, subject } = attempt;
      try {
        await complete(req, res, attempt, context, connections);
        emit({ type: 'account_connected', connection, grantId, subject });
      } catch (error) {
        const reason = error instanceof Auth0Error ? error.kind : toOAuthError(error).code;
        emit({ type: 'account_connection_failed', connection, grantId, subject, reason });
        throw error;
      }
    },
  ];
}

async function complete(
  req: Request,
  res: Response,
  attempt: ConnectionRecord,
  { grants, config, pageContextOf, logError }: Context,
  { myAccount, tokens, urls }: Connections,
): Promise<void> {
  const { connection, grantId, authSession, codeVerifier, subject } = attempt;
  const connectCode = codeOf(req);
  const token = await grants.auth0Token(grantId, myAccount.api('create'));
  const end = { authSession, connectCode, redirectUri: urls.callback, codeVerifier };
  const account = await myAccount.complete(token, end);
  if (account.connection !== connection) {
    throw new Auth0Error('invalid_response', 'complete: an account of another connection');
  }
  // The account may be another one than before. A token that is forgotten too late expires soon.
  await tokens
    .forget(subject, connection)
    .catch((error: unknown) => logError(req, toOAuthError(error)));
  const grant = await grants.find(grantId);
  const provider = config.connections.get(connection)?.name ?? connection;
  sendPage(res, 200, connectResultPage(pageContextOf(req), 'done', provider, grant?.client.name));
}

/** @throws Auth0Error `denied` */
function codeOf(req: Request): string {
  const query = queryOf(req);
  const code = optionalParameter(query, 'connect_code');
  const error = optionalParameter(query, 'error');
  if (code !== undefined && error === undefined) return code;
  const description = optionalParameter(query, 'error_description');
  throw new Auth0Error('denied', `connected accounts: ${error ?? 'no connect_code'}`, {
    tenantMessage: messageToUser(description),
  });
}
