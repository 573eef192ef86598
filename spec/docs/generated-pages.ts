/** Every page, or part of one, that `npm run docs` generates from the source. */

import { type MarkdownPage, pageAt } from './markdown.js';
import { apiReference } from './source/api/api-reference.js';
import { compatibilityPage } from './source/compatibility-page.js';
import { environmentFile } from './source/environment-file.js';
import { replaceMarked } from './source/marked.js';
import { optionsTable } from './source/options-table.js';
import { proofPage } from './source/proof-page.js';
import { metricsTable, spansTable } from './source/telemetry-tables.js';

const OPTIONS = ['<!-- options: npm run docs -->', '<!-- end of options -->'] as const;
const SPANS = ['<!-- spans: npm run docs -->', '<!-- end of spans -->'] as const;
const METRICS = ['<!-- metrics: npm run docs -->', '<!-- end of metrics -->'] as const;
const FURTHER = ['# Written by `npm run docs`.', '# End of what it writes.'] as const;

/** The pages as they should be; the parts that are not generated are unchanged. */
export function generatedPages(): MarkdownPage[] {
  const example = pageAt('.env.example').text;
  const [written = ''] = example.split(FURTHER[0]);
  return [
    withTables('docs/configuration.md', [[OPTIONS, optionsTable()]]),
    withTables('docs/telemetry.md', [
      [SPANS, spansTable()],
      [METRICS, metricsTable()],
    ]),
    {
      path: '.env.example',
      text: replaceMarked('.env.example', example, FURTHER, environmentFile(written)),
    },
    { path: 'docs/api.md', text: apiReference() },
    { path: 'docs/compatibility.md', text: compatibilityPage() },
    { path: 'docs/proof.md', text: proofPage() },
  ];
}

function withTables(
  path: string,
  tables: readonly (readonly [readonly [string, string], string])[],
): MarkdownPage {
  const text = tables.reduce(
    (page, [marks, table]) => replaceMarked(path, page, marks, table),
    pageAt(path).text,
  );
  return { path, text };
}
