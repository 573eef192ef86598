import { guardPaths } from './guard-paths.js';

guardPaths(50_000);
