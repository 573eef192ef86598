/** Every page, or part of one, that `npm run docs` generates from the source. */
import { compatibilityPage } from '../client-fixtures/compatibility-page.js';
import { type MarkdownPage, pageAt } from './markdown.js';
import { apiReference } from './source/api/api-reference.js';
import { environmentFile } from './source/environment-file.js';
import { replaceMarked } from './source/marked.js';
import { optionsTable } from './source/options-table.js';

const TABLE = ['<!-- options: npm run docs -->', '<!-- end of options -->'] as const;
const FURTHER = ['# Written by `npm run docs`.', '# End of what it writes.'] as const;

/** The pages as they should be; the parts that are not generated are unchanged. */
export function generatedPages(): MarkdownPage[] {
  const configuration = pageAt('docs/configuration.md');
  const example = pageAt('.env.example').text;
  const [written = ''] = example.split(FURTHER[0]);
  return [
    {
      path: configuration.path,
      text: replaceMarked(configuration.path, configuration.text, TABLE, optionsTable()),
    },
    {
      path: '.env.example',
      text: replaceMarked('.env.example', example, FURTHER, environmentFile(written)),
    },
    { path: 'docs/api.md', text: apiReference() },
    { path: 'docs/compatibility.md', text: compatibilityPage() },
  ];
}
