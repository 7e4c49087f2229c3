// How often a property is tried. npm run test:quick tries each a few times: what hardly any case shows is npm test's.

const share = process.env.VIRT_SHAPER_QUICK === '1' ? 8 : 1;

/** @param runs in npm test */
export function amount(runs: number): number {
  return Math.ceil(runs / share);
}
