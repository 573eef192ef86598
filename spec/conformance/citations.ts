/** The requirements, and the specs that cite them in their titles. */
import { sourceFiles } from '../support/source-tree.js';
import { titlesOf } from '../support/spec-titles.js';
import { CLIENT_ROWS } from './rows/clients.js';
import { FAULT_ROWS } from './rows/faults.js';
import { MCP_ROWS } from './rows/mcp.js';
import { RFC_ROWS } from './rows/rfcs.js';

/** A title that names a row. */
export interface Citation {
  readonly row: string;
  /** From the top folder. */
  readonly path: string;
  /** Without the numbers of rows. */
  readonly title: string;
}

const NUMBER = /(?<![\w-])(?:(?:RS|AS|PX|EX|FA|CLI|R-(?:[A-Z]{2}|8252))-\d+|R-ERR)(?![\w-])/g;
const NUMBERS = new RegExp(`(?:${NUMBER.source}[:, ]*)+`, 'g');

/** All rows: number and requirement. */
export const REQUIREMENTS: readonly (readonly [string, string])[] = [
  MCP_ROWS,
  RFC_ROWS,
  CLIENT_ROWS,
  FAULT_ROWS,
].flatMap((section) => Object.entries(section));

/** Read from the files of the specs, which takes seconds. */
export function readCitations(): Citation[] {
  return sourceFiles('spec')
    .filter(({ path }) => path.endsWith('.spec.ts'))
    .flatMap(({ path, text }) => titlesOf(text).map((title) => ({ path, title })))
    .flatMap(({ path, title }) =>
      (title.match(NUMBER) ?? []).map((row) => ({
        row,
        path,
        title: title
          .replace(NUMBERS, '')
          .replace(/ ?\( ?\)/, '')
          .trim(),
      })),
    );
}
