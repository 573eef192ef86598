/** Requirements that come from faults found in use: row number → what it asks for. */
export const FAULT_ROWS: Readonly<Record<string, string>> = {
  'FA-17': 'an Authorization header that is not Basic does not matter at /token and /revoke',
  'FA-22': 'a token from the token endpoint may leave its application out, not name another',
};
