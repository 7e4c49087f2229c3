// Exit statuses by which the program tells the hook's script the result of a call. A Node.js that could not start never ends
// with them.

/** Environment variable with the exit status by which the program refuses a start. */
export const refusalVariable = 'VIRT_SHAPER_REFUSAL';

export const refusal = 100;

/** Environment variable with the exit status by which the program says that a `start` or `stopped` is wholly done. */
export const doneVariable = 'VIRT_SHAPER_DONE';

export const done = 99;
