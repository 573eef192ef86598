/** A section for each option, with an anchor for links. */
import ts from 'typescript5';

import { environmentNames } from '../../../../lib/config/option-table.js';
import { type DocumentedOption, documentedOptions } from '../options.js';
import { valueTypeOf } from './type-text.js';

/**
 * @param code formats a type as code
 * @param textOf formats the text of a docstring as Markdown
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
