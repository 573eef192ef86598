import { anonymousCalls } from './anonymous-calls.js';

anonymousCalls(1000);
