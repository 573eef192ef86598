import { guardPaths } from './guard-paths.js';

guardPaths(2000);
