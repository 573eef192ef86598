/**
 * Every page, or part of one, that is made from the source.
 *
 * @module
 */
import { compatibilityPage, compatibilitySummary } from '../client-fixtures/compatibility-page.js';
import { type MarkdownPage, pageAt } from './markdown.js';
import { apiReference } from './source/api/api-reference.js';
import { environmentFile } from './source/environment-file.js';
import { replaceMarked } from './source/marked.js';
import { optionsTable } from './source/options-table.js';

const TABLE = ['<!-- options: npm run docs -->', '<!-- end of options -->'] as const;
const CLIENTS = ['<!-- clients: npm run docs -->', '<!-- end of clients -->'] as const;
const FURTHER = ['# Written by `npm run docs`.', '# End of what it writes.'] as const;

/** The pages as they should be. What is not generated in them is as it is. */
export function generatedPages(): MarkdownPage[] {
  const readme = [
    [TABLE, optionsTable()],
    [CLIENTS, compatibilitySummary()],
  ] as const;
  const example = pageAt('.env.example').text;
  const [written = ''] = example.split(FURTHER[0]);
  return [
    {
      path: 'README.md',
      text: readme.reduce(
        (text, [marks, part]) => replaceMarked('README.md', text, marks, part),
        pageAt('README.md').text,
      ),
    },
    {
      path: '.env.example',
      text: replaceMarked('.env.example', example, FURTHER, environmentFile(written)),
    },
    { path: 'docs/api.md', text: apiReference() },
    { path: 'docs/compatibility.md', text: compatibilityPage() },
  ];
}
