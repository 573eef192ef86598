import { floods, fullStore } from './floods.js';

floods();
fullStore();
