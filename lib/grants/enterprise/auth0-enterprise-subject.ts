/** The Auth0 user id of an employee, for the option `enterprise`. */
import type { EnterpriseOptions } from '../../config/options.js';

/**
 * The user ids of an Auth0 enterprise connection: `okta|CONNECTION|SUB`, `oidc|CONNECTION|SUB`. For the `subject` of an
 * entry in `enterprise`, with the connection through which the same employees log in to Auth0 in a browser.
 *
 * Compare it with a real user first (Auth0 dashboard: User Management, Users, Raw JSON, `user_id`). Connections of
 * other strategies form their ids differently (`waad` hashes them, `samlp` has the NameID): write a function for those.
 * An assertion with a `tenant` claim is refused, since the ids of such an issuer are unique in a tenant only.
 *
 * @param strategy of the connection
 * @param connection its name
 * @throws TypeError the name is not that of a connection
 */
export function auth0EnterpriseSubject(
  strategy: 'okta' | 'oidc',
  connection: string,
): EnterpriseOptions['subject'] {
  // With `|` in it, users of one connection could have the ids of another one.
  if (!/^(okta|oidc)$/.test(strategy) || !/^[a-z0-9][a-z0-9-]*$/i.test(connection)) {
    throw new TypeError(
      `auth0EnterpriseSubject('okta' or 'oidc', the name of the connection: letters, digits and hyphens); received ${JSON.stringify([strategy, connection])}`,
    );
  }
  return ({ sub, tenant }) =>
    tenant === undefined ? `${strategy}|${connection}|${sub}` : undefined;
}
