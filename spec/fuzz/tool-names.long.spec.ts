import { toolNames } from './tool-names.js';

toolNames(5000);
