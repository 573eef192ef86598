/** `npm test -- --long`: every combination and the large numbers. */
export const isLong: boolean = process.env.SPEC_MODE === 'long';
