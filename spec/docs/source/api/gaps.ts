/** Gaps in the reference: names without a docstring, and types that are used but not exported. */
import ts from 'typescript5';

import { parseDocstring } from '../docstring.js';
import { membersOf } from './members.js';
import { declarationOf, fileOf, type PublicName, type PublicNames } from './public-names.js';

/**
 * Described by their docstring alone: RedisClient is the client of `redis`, SomeTexts is PageTexts with
 * every field optional.
 */
export const OPAQUE: readonly string[] = ['RedisClient', 'SomeTexts'];

/** `GrantSummary.id` for a member, `auth0Mcp` for a name, without a docstring. */
export function undocumented({ names, checker }: PublicNames): string[] {
  return names.flatMap(({ name, declaration }) => {
    const members = OPAQUE.includes(name) ? [] : membersOf(declaration, checker);
    const silent = members.filter((member) => !isDocumented(member)).map(nameOf);
    const own = isDocumented(declaration) ? [] : [name];
    return [...own, ...silent.map((member) => `${name}.${member}`)];
  });
}

/** `Storage: SessionSealer` for a type that a public one uses and that is not exported. */
export function hiddenNames({ names, checker }: PublicNames): string[] {
  const shown = new Set(names.map(({ declaration }) => declaration));
  return names
    .filter(({ name }) => !OPAQUE.includes(name))
    .flatMap((one) => {
      const hidden = typesIn(one)
        .map((type) => checker.getSymbolAtLocation(type))
        .flatMap((symbol) => (symbol === undefined ? [] : declarationOf(symbol, checker)))
        .filter((declaration) => fileOf(declaration).startsWith('lib/'))
        .filter((declaration) => !ts.isTypeParameterDeclaration(declaration))
        .filter((declaration) => !shown.has(declaration));
      return [...new Set(hidden.map((declaration) => `${one.name}: ${nameOf(declaration)}`))];
    });
}

/** The type names in the public part of a declaration. */
function typesIn({ declaration }: PublicName): ts.EntityName[] {
  const found: ts.EntityName[] = [];
  visit(declaration);
  return found;

  function visit(node: ts.Node): void {
    // Bodies, constructors and base classes are internal.
    if (ts.isBlock(node) || ts.isConstructorDeclaration(node) || ts.isHeritageClause(node)) return;
    if (ts.isTypeReferenceNode(node)) found.push(node.typeName);
    ts.forEachChild(node, visit);
  }
}

function isDocumented(node: ts.Node): boolean {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return parseDocstring(docs.at(-1)?.getText()).paragraphs.length > 0;
}

function nameOf(node: ts.Node): string {
  return ts.getNameOfDeclaration(node as ts.Declaration)?.getText() ?? node.getText();
}
