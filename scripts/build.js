/**
 * `npm run build`: lib/ to dist/, demo/ to dist-demo/.
 *
 * @module
 */
import { build, setUp } from './set-up.js';

setUp(build);
