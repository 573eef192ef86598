import { floods, fullStore } from './floods.js';

floods(2000);
fullStore();
