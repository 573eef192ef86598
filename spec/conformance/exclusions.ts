/** Requirements without a spec, each with the reason. */
/** Row number → why no spec shows it. */
export const EXCLUSIONS: Readonly<Record<string, string>> = {
  'AS-37': 'Requires what the tables of the RFCs below require, and nothing else.',
  'EX-4': 'Not offered: the grant type of this extension is rejected like any unknown one.',
  'EX-5': 'The capabilities of the MCP server name extensions, and the app provides that server.',
  'R-RG-8':
    'Optional, and not offered: registration is open or off. A software statement is rejected, since it cannot be verified.',
};
