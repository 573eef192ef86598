/** Requirements without a spec, each with the reason. */
/** Row number → why no spec shows it. */
export const EXCLUSIONS: Readonly<Record<string, string>> = {
  'AS-36':
    'The grants for a person at a browser are there. One without a person would be client credentials (EX-2).',
  'AS-37': 'Says that the RFCs behind it hold: that is what all rows that begin with R- show.',
  'EX-1': 'An extension that is not offered: its grant type is refused like any unknown one.',
  'EX-2': 'An extension that is not offered: its grant type is refused like any unknown one.',
  'EX-4': 'An extension that is not offered: its grant type is refused like any unknown one.',
  'EX-5': 'Extensions are named in the capabilities of the MCP server, which is the host app.',
  'R-RG-8':
    'Optional, and not offered: registration is open or off. A software statement is refused, since it cannot be checked.',
};
