/** `npm run docs`. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';
import { generatedPages } from './generated-pages.js';

for (const { path, text } of generatedPages()) writeFileSync(join(ROOT, path), text);
