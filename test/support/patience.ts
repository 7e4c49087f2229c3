// An emulated machine takes ten to twenty times as long for everything, so there the program waits longer for its lock
// and for the commands that it calls. What a test asserts stays the same.

export const emulated = process.env.VIRT_SHAPER_EMULATED === '1';

/** Times as many seconds as elsewhere for what is to happen meanwhile. */
export const slowness = emulated ? 10 : 1;

/** Options of virt-shaper; none on a machine that is one. */
export const patience: string[] = emulated ? ['--lock-timeout', '3000', '--timeout', '900'] : [];
