/** Reads TypeScript files the way the compiler does, for specs that hold the code to its own rules. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseSync } from '@swc/core';

/** The repository's top folder. */
export const ROOT: string = fileURLToPath(new URL('../..', import.meta.url));

/** Another module that a file names: `import`, `export … from`, a call that loads it, a type's `import('…')`. */
export interface ModuleReference {
  readonly from: string;
  /** Erased by the compiler. */
  readonly isType: boolean;
}

/** What the rules need to know about one file. */
export interface SourceFile {
  /** From the top folder, with `/`: `lib/oauth/pkce.ts`. */
  readonly path: string;
  readonly text: string;
  readonly references: readonly ModuleReference[];
  /** Names of exported functions, classes and constants; types left out. */
  readonly values: readonly string[];
  /** Statements at the top of the file, by swc's name for their kind. */
  readonly statements: readonly string[];
  /** String literals and the beginnings of template literals, without the names of imported modules. */
  readonly strings: readonly string[];
  /** Dotted names that are read or called, `new` and `()` marked: `process.env`, `Date.now()`, `new Date()`. */
  readonly expressions: ReadonlySet<string>;
  /** True where the type `any` is written. */
  readonly hasAny: boolean;
}

/** Every `.ts` file below a folder of the repository, in a stable order; none where the folder is missing. */
export function sourceFiles(folder: string): SourceFile[] {
  return filesBelow(folder)
    .filter((path) => path.endsWith('.ts'))
    .map(readSourceFile);
}

/** Paths of all files below a folder, from the top folder on. */
function filesBelow(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(ROOT.length)
        .replaceAll('\\', '/')
        .replace(/^\//, ''),
    )
    .sort();
}

function readSourceFile(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const module = parseSync(text, { syntax: 'typescript', target: 'es2022' }) as unknown as Node;
  const body = children(module['body']);
  const found: Found = { references: [], strings: [], expressions: new Set(), hasAny: false };
  visit(module, found);
  return {
    path,
    text,
    ...found,
    statements: body.map((node) => node.type),
    values: body.flatMap(exportedValues),
  };
}

/** A node of swc's syntax tree, of which only `type` is always there. */
interface Node {
  readonly type: string;
  readonly [property: string]: unknown;
}

interface Found {
  references: ModuleReference[];
  strings: string[];
  expressions: Set<string>;
  hasAny: boolean;
}

const isNode = (value: unknown): value is Node =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';

const children = (value: unknown): Node[] => (Array.isArray(value) ? value.filter(isNode) : []);

/** Text of a literal or name, `''` for any other node. */
const textOf = (node: unknown): string =>
  isNode(node) && typeof node['value'] === 'string' ? node['value'] : '';

function visit(node: Node, found: Found): void {
  const reference = referenceOf(node);
  if (reference !== undefined) {
    found.references.push(reference);
    return;
  }
  if (node.type === 'StringLiteral') found.strings.push(textOf(node));
  if (node.type === 'TemplateLiteral')
    found.strings.push(String(children(node['quasis'])[0]?.['raw']));
  if (node.type === 'TsKeywordType' && node['kind'] === 'any') found.hasAny = true;
  const expression = expressionOf(node);
  if (expression !== '') found.expressions.add(expression);
  for (const child of Object.values(node).flat()) visitChild(child, found);
}

/** Arguments, properties and the like sit in plain objects between the nodes. */
function visitChild(child: unknown, found: Found): void {
  if (isNode(child)) visit(child, found);
  else if (typeof child === 'object' && child !== null) {
    for (const inner of Object.values(child).flat()) visitChild(inner, found);
  }
}

function referenceOf(node: Node): ModuleReference | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
      return isNode(node['source'])
        ? { from: textOf(node['source']), isType: node['typeOnly'] === true }
        : undefined;
    case 'TsImportType':
      return { from: textOf(node['argument']), isType: true };
    case 'CallExpression':
      return callReferenceOf(node);
    default:
      return undefined;
  }
}

function callReferenceOf(node: Node): ModuleReference | undefined {
  const callee = node['callee'];
  if (!isNode(callee)) return undefined;
  if (callee.type !== 'Import' && textOf(callee) !== 'require') return undefined;
  const [argument] = node['arguments'] as { expression: unknown }[];
  return { from: textOf(argument?.expression), isType: false };
}

function expressionOf(node: Node): string {
  if (node.type === 'CallExpression') return `${dottedName(node['callee'])}()`;
  if (node.type === 'NewExpression') {
    const isBare = children(node['arguments']).length === 0 && !hasItems(node['arguments']);
    return `new ${dottedName(node['callee'])}(${isBare ? '' : '…'})`;
  }
  return node.type === 'MemberExpression' ? dottedName(node) : '';
}

const hasItems = (value: unknown): boolean => Array.isArray(value) && value.length > 0;

/** `process.env` for `process.env` and `process['env']`; `''` for what has no fixed name. */
function dottedName(node: unknown): string {
  if (!isNode(node)) return '';
  if (node.type === 'Identifier') return textOf(node);
  if (node.type !== 'MemberExpression') return '';
  const property = node['property'];
  const name =
    isNode(property) && property.type === 'Computed'
      ? textOf(property['expression'])
      : textOf(property);
  return `${dottedName(node['object'])}.${name}`;
}

function exportedValues(statement: Node): string[] {
  if (statement.type === 'ExportDeclaration') return declaredValues(statement['declaration']);
  if (statement.type !== 'ExportNamedDeclaration' || statement['typeOnly'] === true) return [];
  return children(statement['specifiers'])
    .filter((specifier) => specifier['isTypeOnly'] !== true)
    .map((specifier) => textOf(specifier['exported'] ?? specifier['orig']));
}

function declaredValues(declaration: unknown): string[] {
  if (!isNode(declaration) || declaration.type.startsWith('Ts')) return [];
  if (declaration.type !== 'VariableDeclaration') return [textOf(declaration['identifier'])];
  return children(declaration['declarations']).map((declarator) => textOf(declarator['id']));
}
