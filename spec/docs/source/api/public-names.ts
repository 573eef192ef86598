/** The public names with their declarations, from TypeScript 5: version 7 has no compiler API yet. */
import { join } from 'node:path';
import ts from 'typescript5';

import { ROOT } from '../../../support/source-tree.js';

/** Entry of the package → file. */
const ENTRIES = {
  'express-auth0-mcp': 'lib/index.ts',
  'express-auth0-mcp/redis': 'lib/redis.ts',
  'express-auth0-mcp/testing': 'lib/testing/index.ts',
} as const;

/** The kind of a declaration. */
export type NameKind = 'function' | 'class' | 'interface' | 'type' | 'constant';

/** A name that users can import. */
export interface PublicName {
  readonly name: string;
  readonly kind: NameKind;
  readonly entry: keyof typeof ENTRIES;
  /** The file with the declaration, relative to the root. */
  readonly file: string;
  readonly declaration: ts.Declaration;
}

/** All public names, in the order of the entries, and their type checker. */
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

/** The declaration of a symbol, through re-exports. */
export function declarationOf(symbol: ts.Symbol, checker: ts.TypeChecker): ts.Declaration {
  const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
  const [declaration] = (isAlias ? checker.getAliasedSymbol(symbol) : symbol).declarations ?? [];
  if (declaration === undefined) throw new Error(`${symbol.name} is declared nowhere`);
  return declaration;
}

/** Relative to the root, with `/`. */
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
