import { hostileInput } from './hostile-input.js';

hostileInput(100_000);
