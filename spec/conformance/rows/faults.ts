/** Requirements that come from faults found in use: row number → what it asks for. */
export const FAULT_ROWS: Readonly<Record<string, string>> = {
  'FA-1': 'one reading of a message: what the guard judges is what the route executes',
  'FA-3': 'no session is taken from its owner by what another caller does',
  'FA-2': 'toolScopes and anonymous do not change which bodies are taken',
  'FA-17': 'an Authorization header that is not Basic does not matter at /token and /revoke',
  'FA-20': 'a client id is good at its issuer, and while its kind of client is admitted',
  'FA-19': 'null and empty members count as absent, and a byte order mark is no error',
  'FA-25': 'a client assertion is stored only with a code or token that is genuine, within bounds',
  'FA-26': 'limits count what is proved, and the address; no field of a form decides',
  'FA-15':
    'the reason of the tenant for a denial reaches the user, the client, the log and the event',
  'FA-24': 'an answer to a replaced refresh token inside the grace window leaves an event',
  'FA-27': 'refused refresh tokens are counted, and too many of one address are a 429',
  'FA-22': 'a token from the token endpoint may leave its application out, not name another',
  'FA-4': 'a refusal by Origin is in the log and in the events',
  'FA-18': 'preflights allow the header names they ask for, and what the app exposes stays exposed',
  'FA-32': 'a warning of the log or the doctor blames only what nothing else explains',
  'FA-11': 'a decision that came sooner than the page can be read is not one',
  'FA-10': 'sign-in by popup works: no page or redirect of it cuts the popup off from its opener',
  'FA-7':
    'logins that begin at the same moment do not end each other, nor do neighbours on one host',
  'FA-8': 'every login has its ten minutes at Auth0, whatever was before it in that browser',
  'FA-9': 'a consent page that was left open says that it has expired, and how to begin again',
  'FA-12': 'a decision counts once',
  'FA-14': 'abandoned approvals lock no browser out: the oldest is given up',
  'FA-28': 'a caller has a limit of its own in whatever form its address is written',
  'FA-33': 'a stall of the process is not an outage of what it waits for',
};
