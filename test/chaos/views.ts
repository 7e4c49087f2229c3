// What each view says of each guest and direction, as words that can be held against each other and against frames:
// shaped, or not. Texts are for people; what is asked here is what programs are given.
import { parseExposition } from '../support/exposition.ts';
import type { Program } from './program.ts';
import { type Direction, directions } from './wire.ts';

export interface Said {
  view: string;
  guest: string;
  /** Absent: on all uplinks. */
  uplink?: string;
  /** Absent: in both. */
  direction?: Direction;
  shaped: boolean;
  /** Whether anything is said beside that word. */
  noted: boolean;
  /** As the view has it. */
  words: string;
}

export interface Views {
  said: Said[];
  /** 0: the kernel is as loaded. 3: it is not. */
  verify: number;
  /** A view that ended otherwise than it may, with what it said. */
  broken: string[];
}

interface Fault {
  kind: string;
  direction?: Direction;
  reason: string;
}

interface Row {
  guest: string;
  uplink?: string;
  taps: string[];
  state: string;
  shaped: Record<Direction, boolean>;
  faults: Fault[];
}

/** @param guests those that run */
export async function readViews(program: Program, guests: string[]): Promise<Views> {
  const said: Said[] = [];
  const broken: string[] = [];
  const read = async (args: string[], statuses: number[], take: (text: string) => Said[]) => {
    const { status, stdout, stderr } = await program.look(args);
    const isFine = status !== null && statuses.includes(status);
    try {
      if (isFine) said.push(...take(stdout));
      else broken.push(`${args[0]} ends with ${status}: ${stderr.trim()}`);
    } catch (error) {
      broken.push(`${args[0]}: ${(error as Error).message}: ${stdout.slice(0, 200)}`);
    }
    return status ?? 1;
  };
  await read(['status', '--json', '--interval', '0'], [0], ofStatus);
  await read(['tree', '--json', '--interval', '0'], [0], () => []);
  await read(['top', '--json', '--interval', '0.1'], [0], ofTop);
  await read(['metrics'], [0], ofMetrics);
  for (const guest of guests) await read(['explain', '--json', '--', guest], [0], (text) => ofExplain(text));
  const verify = await read(['verify', '--json'], [0, 3], () => []);
  await read(['doctor', '--json'], [0, 1, 3], () => []);
  return { said, verify, broken };
}

function ofStatus(text: string): Said[] {
  const { guests } = JSON.parse(text) as { guests: Row[] };
  return guests.flatMap(({ guest, uplink, state, shaped, faults }) =>
    directions.map((direction) => {
      const own = faults.filter((fault) => (fault.direction ?? direction) === direction);
      const words = [state, ...own.map(({ kind, reason }) => `${kind}: ${reason}`)].join(', ');
      const where = { ...(uplink ? { uplink } : {}), direction };
      return { view: 'status', guest, ...where, shaped: shaped[direction], noted: own.length > 0, words };
    }),
  );
}

/** A row of both directions together: `partly` is said of the pair, and is held against the pair. */
function ofTop(text: string): Said[] {
  const { guests } = JSON.parse(text) as { guests: (Omit<Row, 'faults'> & { reason?: string })[] };
  return guests.map(({ guest, uplink, state, reason = '' }) => ({
    view: 'top',
    guest,
    ...(uplink ? { uplink } : {}),
    shaped: state === 'shaped',
    noted: reason !== '',
    words: `${state} ${reason}`,
  }));
}

function ofMetrics(text: string): Said[] {
  const families = parseExposition(text);
  const samplesOf = (name: string) => families.get(`virt_shaper_${name}`)?.samples ?? [];
  const reasons = samplesOf('guest_reason').map(({ labels }) => `${labels.guest} ${labels.uplink}`);
  return samplesOf('guest_shaped').map(({ labels: { guest = '', uplink = '' }, value }) => ({
    view: 'metrics',
    guest,
    ...(uplink ? { uplink } : {}),
    shaped: value === 1,
    noted: reasons.includes(`${guest} ${uplink}`),
    words: `guest_shaped ${value}`,
  }));
}

function ofExplain(text: string): Said[] {
  const { guest, state, reasons } = JSON.parse(text) as { guest: string; state: string; reasons: unknown[] };
  const words = `${state} ${JSON.stringify(reasons)}`;
  return [{ view: 'explain', guest, shaped: state === 'shaped', noted: reasons.length > 0, words }];
}
