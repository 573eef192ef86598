/** `npm test -- --long`: every combination and the large numbers. */
export const isLong: boolean = process.env.SPEC_MODE === 'long';

/** `npm test -- --clients --record`: the runs are written to docs/runs. */
export const isRecording: boolean = process.env.SPEC_RECORD === 'true';
