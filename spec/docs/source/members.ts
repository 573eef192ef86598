/**
 * What users may touch of a class or an interface.
 *
 * @module
 */
import ts from 'typescript5';

import { fileOf } from './public-names.js';
import type { AnchorOf } from './type-text.js';

/**
 * Own members, and those inherited from classes of ours. Constructors are left out: what is public
 * as a class is thrown, not made.
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

/** The nearest one that users know: public, or not ours. */
export function publicBaseOf(
  declaration: ts.Declaration,
  checker: ts.TypeChecker,
  anchorOf: AnchorOf,
): string | undefined {
  if (!ts.isInterfaceDeclaration(declaration) && !ts.isClassDeclaration(declaration)) return;
  const base = declaration.heritageClauses?.[0]?.types[0];
  if (base === undefined) return undefined;
  const name = base.expression.getText();
  const [found] = checker.getTypeAtLocation(base).symbol.declarations ?? [];
  if (found === undefined || !isOurs(found) || anchorOf(name) !== undefined) return name;
  return publicBaseOf(found as ts.Declaration, checker, anchorOf);
}

function isOurs(node: ts.Node): boolean {
  return fileOf(node).startsWith('lib/');
}

function isPublic(member: ts.Declaration): boolean {
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(member) & hidden) === 0;
}
