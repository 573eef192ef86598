/** The public members of a class or an interface. */
import ts from 'typescript5';

import { declarationOf, fileOf } from './public-names.js';
import { type AnchorOf, codeOf } from './type-text.js';

/**
 * Own members, and those inherited from classes of ours, without constructors: users catch these
 * classes and do not construct them.
 */
export function membersOf(declaration: ts.Declaration, checker: ts.TypeChecker): ts.Node[] {
  if (ts.isInterfaceDeclaration(declaration)) return [...declaration.members];
  if (!ts.isClassDeclaration(declaration)) return [];
  return checker
    .getTypeAtLocation(declaration)
    .getProperties()
    .flatMap(({ valueDeclaration }) => valueDeclaration ?? [])
    .filter((member) => isOurs(member) && isPublic(member));
}

/** The public base types, as code; those of a hidden base instead of it. */
export function publicBasesOf(
  declaration: ts.Node,
  checker: ts.TypeChecker,
  anchorOf: AnchorOf,
): readonly string[] {
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) return [];
  const clauses = (declaration.heritageClauses ?? []).filter(
    ({ token }) => token === ts.SyntaxKind.ExtendsKeyword,
  );
  return clauses
    .flatMap(({ types }) => types)
    .flatMap((base) => {
      const symbol = checker.getSymbolAtLocation(base.expression);
      const hidden = symbol && declarationOf(symbol, checker);
      const isKnown =
        hidden === undefined ||
        !isOurs(hidden) ||
        anchorOf(base.expression.getText()) !== undefined;
      return isKnown ? [codeOf(base)] : publicBasesOf(hidden, checker, anchorOf);
    });
}

function isOurs(node: ts.Node): boolean {
  return fileOf(node).startsWith('lib/');
}

function isPublic(member: ts.Declaration): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(member) & hidden) === 0;
}
