// tc's filters, as it prints them in JSON. The tracer follows a packet through them, and those of u32 are not always that:
// iproute2 5.9 prints text between the brackets. virt-shaper itself then reads the text.
import { spawnSync } from 'node:child_process';

/** Call it in a namespace of the test's own. @returns the reason to skip */
export function needsFilterJson(): string | undefined {
  const filter = 'u32 match u32 0 0 action mirred egress redirect dev lo';
  const script = `tc qdisc add dev lo clsact && tc filter add dev lo egress protocol all ${filter} &&
    tc -j filter show dev lo egress
    tc qdisc del dev lo clsact`;
  const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' });
  try {
    JSON.parse(stdout);
    return undefined;
  } catch {
    return "this tc's JSON of u32 filters is none, so the tracer cannot read them";
  }
}

/** Into what it prints of fw, iproute2 6.1 puts words of its own. */
export function parseFilters<T>(answer: string): T[] {
  return JSON.parse(answer.replace(/\{handle (0x[0-9a-f]+)\s*"/g, '{"handle":"$1","'));
}
