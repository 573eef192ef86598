/** The table of options in docs/configuration.md: one row for each. */
import { optionAnchor } from './anchors.js';
import { type DocumentedOption, documentedOptions } from './options.js';

export function optionsTable(): string {
  const head = ['| option | suffix | default | meaning |', '|---|---|---|---|'];
  return [...head, ...documentedOptions().map(row)].join('\n');
}

function row({ name, suffixes, isInFastMcp, fallback, meaning }: DocumentedOption): string {
  const star = isInFastMcp ? '\\*' : '';
  const environment = suffixes.map((suffix) => `\`${suffix}\`${star}`).join(', ') || '–';
  const cells = [
    `[\`${name}\`](api.md#${optionAnchor(name)})`,
    environment,
    fallback.short,
    meaning,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
