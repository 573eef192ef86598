/** `npm run build`: lib/ to dist/, demo/ to dist-demo/. */
import { build, setUp } from './set-up.js';

await setUp(build);
