// How the program tells the hook's file what became of a call: by exit statuses that no Node.js which could not begin has.

/** Of the environment: the status with which the program says that it refuses a start. */
export const refusalVariable = 'VIRT_SHAPER_REFUSAL';

export const refusal = 100;

/** Of the environment: the status with which the program says that after a `start` or `stopped` nothing is left to do. */
export const doneVariable = 'VIRT_SHAPER_DONE';

export const done = 99;
