/** The text below the heading of a public name. */
import ts from 'typescript5';

import { RESOURCE_OPTION_NAMES } from '../../../../lib/config/resource-options.js';
import { optionAnchor } from '../anchors.js';
import { type Docstring, parseDocstring } from '../docstring.js';
import { OPAQUE } from './gaps.js';
import { membersOf, publicBasesOf } from './members.js';
import { optionSections } from './option-sections.js';
import type { PublicName } from './public-names.js';
import { type AnchorOf, codeOf, fieldOf, markdownCode, signatureOf } from './type-text.js';

/** Returns the blocks of Markdown below a heading. */
export interface Sections {
  of(name: PublicName): string[];
}

export function createSections(checker: ts.TypeChecker, anchorOf: AnchorOf): Sections {
  const code = (text: string): string => markdownCode(withoutReadonly(text), anchorOf);

  return { of: sectionOf };

  function sectionOf({ name, entry, declaration }: PublicName): string[] {
    const from = entry === 'express-auth0-mcp' ? [] : [`Exported by \`${entry}\`.`];
    const doc = docOf(declaration);
    const intro = [...from, ...headOf(declaration), ...paragraphs(doc)];
    if (name === 'Auth0McpOptions' && ts.isInterfaceDeclaration(declaration)) {
      return [...intro, ...optionSections(declaration, code, textOf)];
    }
    if (name === 'Auth0McpResourceOptions') {
      return [...intro, ...partsOf(declaration), sharedOptions(membersOf(declaration, checker))];
    }
    if (OPAQUE.includes(name)) return [...from, ...paragraphs(doc)];
    return [...intro, ...list(tagsOf(doc)), ...partsOf(declaration)];
  }

  /** The declaration as code, unless its members say all of it. */
  function headOf(declaration: ts.Declaration): string[] {
    if (ts.isFunctionDeclaration(declaration)) return [code(signatureOf(declaration))];
    if (ts.isTypeAliasDeclaration(declaration)) {
      return partsOf(declaration).length > 0 ? [] : [code(codeOf(declaration.type))];
    }
    if (ts.isVariableDeclaration(declaration)) {
      return declaration.type === undefined ? [] : [code(codeOf(declaration.type))];
    }
    const bases = publicBasesOf(declaration, checker, anchorOf);
    return bases.length === 0 ? [] : [`Extends ${bases.map(code).join(', ')}.`];
  }

  function partsOf(declaration: ts.Declaration): string[] {
    if (ts.isTypeAliasDeclaration(declaration)) return typeParts(declaration.type);
    return list(membersOf(declaration, checker).map(memberItem));
  }

  function typeParts(type: ts.TypeNode): string[] {
    if (ts.isParenthesizedTypeNode(type)) return typeParts(type.type);
    if (ts.isTypeLiteralNode(type)) return list(type.members.map(memberItem));
    if (ts.isIntersectionTypeNode(type)) {
      const named = type.types.filter(ts.isTypeReferenceNode).map((one) => code(codeOf(one)));
      return [`${named.join(' and ')}, and:`, ...type.types.flatMap(typeParts)];
    }
    if (!ts.isUnionTypeNode(type)) return [];
    const items = type.types.map((member, index) =>
      item(code(codeOf(member)), {
        paragraphs: [commentBefore(type, index), ...fieldDocs(member)].filter((one) => one !== ''),
        tags: [],
      }),
    );
    return items.some((one) => one.includes('\n')) ? list(items) : [];
  }

  /** The docstrings of an object type on one line. */
  function fieldDocs(type: ts.TypeNode): string[] {
    if (!ts.isTypeLiteralNode(type)) return [];
    return type.members.map((member) => docOf(member).paragraphs.join(' '));
  }

  function memberItem(member: ts.Node): string {
    const isCallable = ts.isMethodSignature(member) || ts.isMethodDeclaration(member);
    const isField = ts.isPropertySignature(member) || ts.isPropertyDeclaration(member);
    const text = isCallable ? signatureOf(member) : isField ? fieldOf(member) : codeOf(member);
    return item(code(text), docOf(member));
  }

  function item(head: string, doc: Docstring): string {
    const [first, ...rest] = [...paragraphs(doc), ...tagsOf(doc)];
    const more = rest.map((paragraph) => `\n\n  ${paragraph.replaceAll('\n', '\n  ')}`);
    return first === undefined ? head : `${head}\\\n  ${first}${more.join('')}`;
  }

  function tagsOf({ tags }: Docstring): string[] {
    return tags.map(({ name, text }) => {
      const [, word = '', rest = ''] = /^(\S+)\s*(.*)$/s.exec(text) ?? [];
      if (name === 'param') return `\`${word}\`: ${sentence(rest)}`;
      if (name !== 'throws') return `Returns ${sentence(text)}`;
      const isClass = /^[A-Z]\w+$/.test(word);
      return isClass ? `Throws ${code(word)}: ${sentence(rest)}` : `Throws ${sentence(text)}`;
    });
  }

  function sentence(text: string): string {
    return textOf(text).replace(/[^.…]$/, '$&.');
  }

  function paragraphs(doc: Docstring): string[] {
    return doc.paragraphs.map(textOf);
  }

  /** The text of a docstring, with links to other names. */
  function textOf(text: string): string {
    return text.replace(/\{@link (\w+)\}/g, (_link, name: string) => {
      const anchor = anchorOf(name);
      return anchor === undefined ? `\`${name}\`` : `[\`${name}\`](#${anchor})`;
    });
  }
}

/** Links to the options that both servers have. */
function sharedOptions(own: readonly ts.Node[]): string {
  const named = own.map((member) => ts.getNameOfDeclaration(member as ts.Declaration)?.getText());
  const links = RESOURCE_OPTION_NAMES.filter((name) => !named.includes(name)).map(
    (name) => `[\`${name}\`](#${optionAnchor(name)})`,
  );
  return `As for \`auth0Mcp()\`: ${links.join(', ')}.`;
}

function docOf(node: ts.Node): Docstring {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return parseDocstring(docs.at(-1)?.getText());
}

/** The compiler has no docstrings for the members of a union: they are in the text between two of them. */
function commentBefore(union: ts.UnionTypeNode, index: number): string {
  const member = union.types[index];
  if (member === undefined) return '';
  const text = union.getSourceFile().text;
  // The formatter moves the first one out of the parentheses.
  const first = ts.isParenthesizedTypeNode(union.parent) ? union.parent : union;
  const start = union.types[index - 1]?.end ?? first.getFullStart();
  const between = text.slice(start, member.getStart());
  const [comment] = /\/\*\*.*?\*\//s.exec(between) ?? [];
  return parseDocstring(comment).paragraphs.join(' ');
}

/** Nearly all fields are readonly: the word is noise. */
function withoutReadonly(code: string): string {
  return code.replace(/\breadonly (?=\w+\??:)/g, '');
}

function list(items: readonly string[]): string[] {
  return items.length === 0 ? [] : [items.map((one) => `- ${one}`).join('\n')];
}
