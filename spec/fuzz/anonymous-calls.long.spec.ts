import { anonymousCalls } from './anonymous-calls.js';

anonymousCalls(20_000);
