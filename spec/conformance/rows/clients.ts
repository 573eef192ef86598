/**
 * What real clients need, learnt from their traffic and their bug reports.
 *
 * @module
 */

/** Row number → what it asks for. */
export const CLIENT_ROWS: Readonly<Record<string, string>> = {
  'CLI-10': 'a registration answer that the schema of the SDK accepts',
  'CLI-11': 'no secret for a client that asked for none; Basic and body for the others',
  'CLI-12': 'the redirect URIs of VS Code, Cursor, claude.ai and others',
  'CLI-13': 'metadata documents as Claude Code and Copilot CLI publish them',
  'CLI-14': 'metadata-document clients can be switched off',
  'CLI-15': 'odd and large registrations',
  'CLI-16': 'Claude and ChatGPT as their vendors describe them now, and as they were before',
  'CLI-20': 'an unknown client: invalid_client for a program, a page with advice for a person',
  'CLI-21': 'a program may try an authorization request before the browser makes it',
  'CLI-22': 'client ids and secrets do not expire',
  'CLI-23': 'an unknown client at the token endpoint is a 401 invalid_client',
  'CLI-24': 'unauthorized_client is not used lightly',
  'CLI-25': 'client ids survive a key rotation',
  'CLI-30': 'without scope, the defaults',
  'CLI-31': 'unknown scopes are dropped, and the answer tells',
  'CLI-32': 'a client may ask for more later than it registered',
  'CLI-33': 'scopes_supported of the resource is never empty',
  'CLI-34': 'scope is in every token answer',
  'CLI-35': 'a client that only refreshes after a 403 keeps what it had',
  'CLI-36': 'a step-up that Auth0 does not grant is told, not hidden',
  'CLI-40': 'refresh needs no browser, no scope and no resource',
  'CLI-41': 'parallel and repeated refreshes all get working tokens',
  'CLI-42': 'and Auth0 sees one refresh',
  'CLI-43': 'a refresh token is returned each time',
  'CLI-44': 'access tokens live for more than a minute',
  'CLI-45': 'every error of a machine endpoint is OAuth JSON',
  'CLI-46': 'a token is good the moment it is handed out',
  'CLI-50': 'GET of the MCP endpoint without a token is challenged too',
  'CLI-51': 'refusals do not contain words that make a client change its transport',
  'CLI-52': 'a trailing slash after the MCP endpoint makes no difference',
  'CLI-53': 'server metadata at the origin root even with an issuer path',
  'CLI-54': 'uncompressed answers where they are asked for',
  'CLI-55': 'redirect URIs are not rewritten',
  'CLI-56': 'errors are sent to the client even if old ones do not show them',
  'CLI-57': 'the way from consent to an app scheme works in a real browser',
};
