/**
 * The public names with their declarations, as the compiler sees them.
 *
 * TypeScript 5 for that: version 7 does not offer its syntax trees to programs yet.
 *
 * @module
 */
import { join } from 'node:path';
import ts from 'typescript5';

import { ROOT } from '../../../support/source-tree.js';

/** Entry of the package → file. */
const ENTRIES = {
  'express-auth0-mcp': 'lib/index.ts',
  'express-auth0-mcp/redis': 'lib/redis.ts',
} as const;

/** What a name stands for. */
export type NameKind = 'function' | 'class' | 'interface' | 'type' | 'constant';

/** One name that users may import. */
export interface PublicName {
  readonly name: string;
  readonly kind: NameKind;
  readonly entry: keyof typeof ENTRIES;
  /** The file it is declared in, from the top folder. */
  readonly file: string;
  readonly declaration: ts.Declaration;
}

/** All public names, in the order of the entries, and the compiler that knows them. */
export interface PublicNames {
  readonly names: readonly PublicName[];
  readonly checker: ts.TypeChecker;
}

export function readPublicNames(): PublicNames {
  const files = Object.values(ENTRIES).map((file) => join(ROOT, file));
  const program = ts.createProgram(files, compilerOptions());
  const checker = program.getTypeChecker();
  const names = Object.entries(ENTRIES).flatMap(([entry, file]) => {
    const source = program.getSourceFile(join(ROOT, file));
    const module = source && checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${file} exports nothing`);
    return checker
      .getExportsOfModule(module)
      .map((symbol) => publicName(entry as PublicName['entry'], declarationOf(symbol, checker)));
  });
  return { names, checker };
}

/** The declaration behind a name, wherever it was passed on. */
export function declarationOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Declaration {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const [declaration] = (isAlias ? checker.getAliasedSymbol(symbol) : symbol).declarations ?? [];
  if (declaration === undefined) throw new Error(`${symbol.name} is declared nowhere`);
  return declaration;
}

/** From the top folder, with `/`. */
export function fileOf(node: ts.Node): string {
  return node.getSourceFile().fileName.replaceAll('\\', '/').slice(ROOT.length).replace(/^\//, '');
}

function publicName(entry: PublicName['entry'], declaration: ts.Declaration): PublicName {
  const name = ts.getNameOfDeclaration(declaration)?.getText() ?? '';
  return { name, kind: kindOf(declaration), entry, file: fileOf(declaration), declaration };
}

function kindOf(declaration: ts.Declaration): NameKind {
  if (ts.isFunctionDeclaration(declaration)) return 'function';
  if (ts.isClassDeclaration(declaration)) return 'class';
  if (ts.isInterfaceDeclaration(declaration)) return 'interface';
  return ts.isTypeAliasDeclaration(declaration) ? 'type' : 'constant';
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, 'tsconfig.json'), ts.sys.readFile);
  return ts.parseJsonConfigFileContent({ ...config, files: [], include: [] }, ts.sys, ROOT).options;
}
