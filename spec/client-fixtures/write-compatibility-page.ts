/**
 * `npm run docs:compatibility`.
 *
 * @module
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { ROOT } from '../support/source-tree.js';
import { compatibilityPage } from './compatibility-page.js';

writeFileSync(join(ROOT, 'docs/compatibility.md'), compatibilityPage());
