/** Titles of specs, read from the files without running them. */
import { parseSync } from '@swc/core';

/** A node of swc's syntax tree, of which only `type` is always there. */
interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

/** Text of the first argument of every `describe(…)`, `it(…)` and their `.each(…)(…)`. */
export function titlesOf(text: string): string[] {
  const titles: string[] = [];
  walk(parseSync(text, { syntax: 'typescript', target: 'es2022' }), titles);
  return titles;
}

function walk(value: unknown, titles: string[]): void {
  if (typeof value !== 'object' || value === null) return;
  if (isNode(value) && value.type === 'CallExpression' && isTitled(value['callee'])) {
    const [first] = value['arguments'] as { expression: unknown }[];
    titles.push(textOf(first?.expression));
  }
  for (const child of Object.values(value).flat()) walk(child, titles);
}

/** `it`, `it.each`, `it.each([…])`, and the same for `describe`. */
function isTitled(callee: unknown): boolean {
  if (!isNode(callee)) return false;
  if (callee.type === 'Identifier') return ['describe', 'it'].includes(String(callee['value']));
  // The list handed to `each` is no title: what counts is the call of what it returns.
  return callee.type === 'CallExpression' && isEach(callee['callee']);
}

function isEach(callee: unknown): boolean {
  return isNode(callee) && callee.type === 'MemberExpression' && isTitled(callee['object']);
}

/** The text of a string or template; values in a template are left out. */
function textOf(expression: unknown): string {
  if (!isNode(expression)) return '';
  if (expression.type === 'StringLiteral') return String(expression['value']);
  if (expression.type !== 'TemplateLiteral') return '';
  return (expression['quasis'] as { raw: unknown }[]).map(({ raw }) => String(raw)).join('…');
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value;
}
