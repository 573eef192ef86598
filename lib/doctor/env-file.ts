// A file of variables. The doctor reads it as `node --env-file` does; other tools read the same file otherwise.
import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

import { type Finding, warning } from './finding.js';

/** Tells which of our values a tool that takes each line as it is would hand over otherwise. */
export function envFileFindings(file: string): Finding[] {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const literal = readLiterally(text);
  const names = Object.entries(parseEnv(text))
    .filter(([name]) => /^(AUTH0_MCP|FASTMCP_SERVER_AUTH)_/.test(name))
    .filter(([name, value]) => literal.get(name)?.trim() !== value?.trim())
    .map(([name]) => name);
  if (names.length === 0) return [];
  return [
    warning(
      'configuration',
      `${file} is judged as node --env-file reads it. docker run --env-file and Kubernetes keep quotation marks and comments, and would hand over other values of ${names.join(', ')}`,
      'Where one of those reads this file, write these values without quotation marks, comments and "export", each on one line.',
    ),
  ];
}

/** As Docker does: a name, the first `=`, and the rest of the line. */
function readLiterally(text: string): ReadonlyMap<string, string> {
  const lines = text.split(/\r?\n/).filter((line) => !/^\s*(#|$)/.test(line));
  return new Map(
    lines.map((line) => {
      const at = line.indexOf('=');
      return [line.slice(0, at).trim(), line.slice(at + 1)];
    }),
  );
}
