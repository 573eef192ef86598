/** Requirements that come from faults found in use: row number → what it asks for. */
export const FAULT_ROWS: Readonly<Record<string, string>> = {
  'FA-22': 'a token from the token endpoint may leave its application out, not name another',
};
