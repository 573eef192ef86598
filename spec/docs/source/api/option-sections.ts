/**
 * The options in full: a section each, so that the README can point at it.
 *
 * @module
 */
import ts from 'typescript5';

import { environmentNames } from '../../../../lib/config/option-table.js';
import { type DocumentedOption, documentedOptions } from '../options.js';
import { valueTypeOf } from './type-text.js';

/**
 * @param code makes code of a type
 * @param textOf makes Markdown of a docstring's text
 */
export function optionSections(
  options: ts.InterfaceDeclaration,
  code: (type: string) => string,
  textOf: (text: string) => string,
): string[] {
  const types = new Map(
    options.members
      .filter(ts.isPropertySignature)
      .map((member) => [member.name.getText(), valueTypeOf(member)]),
  );
  return documentedOptions().flatMap((option) => [
    `#### option \`${option.name}\``,
    code(types.get(option.name) ?? ''),
    ...option.paragraphs.map(textOf),
    factsOf(option),
  ]);
}

function factsOf({ name, fallback }: DocumentedOption): string {
  const variables = environmentNames(name).map((variable) => `\`${variable}\``);
  const isRequired = fallback.full.startsWith('Required');
  return [
    `- ${isRequired ? fallback.full : `Default: ${fallback.full}`}`,
    `- Environment: ${variables.join(', ') || 'none'}.`,
  ].join('\n');
}
