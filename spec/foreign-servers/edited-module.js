/**
 * Lets a published server run with lines changed, as its user would change them, and with `auth0Mcp` imported:
 * `EDITED_MODULE=file:///… EDITS='[["line","other lines"]]' node --import ./edited-module.js server.js`.
 */
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath } from 'node:url';

const { EDITED_MODULE, EDITS = '[]' } = process.env;

// Also loaded as the hooks, in another thread, by itself.
if (!import.meta.url.endsWith('#hooks')) register(`${import.meta.url}#hooks`);

export async function load(url, context, next) {
  if (url !== EDITED_MODULE) return next(url, context);
  let source = await readFile(fileURLToPath(url), 'utf8');
  for (const [line, edited] of JSON.parse(EDITS)) {
    if (source.split(line).length !== 2) throw new Error(`${url} has not one "${line}"`);
    source = source.replace(line, () => edited);
  }
  // Imports may stand anywhere.
  source += "\nimport { auth0Mcp } from 'express-auth0-mcp';\n";
  return { format: 'module', source, shortCircuit: true };
}
