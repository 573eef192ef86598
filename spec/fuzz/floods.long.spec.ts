import { floods } from './floods.js';

floods(20_000);
