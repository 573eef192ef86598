import { hostileInput } from './hostile-input.js';

hostileInput(4000);
