// What each view says of each guest and direction, as words that can be held against each other and against frames:
// shaped, or not. Texts are for people; what is asked here is what programs are given.
import type { Random } from '../faults/random.ts';
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
  /** Those that were asked for every guest, and answered. */
  asked: string[];
  /** What doctor finds wrong: subject and detail. */
  findings: string[];
  /** 0: all is as loaded, and everybody shaped. 3: it is not. */
  verify: number;
  /** A view that ended otherwise than it may, with what it said. */
  broken: string[];
}

/** The same in the data of every view. */
interface Row {
  guest: string;
  uplink?: string;
  state: string;
  shaped: Record<Direction, boolean>;
  faults: { kind: string; direction?: Direction; reason: string }[];
}

/**
 * Asks status, verify and metrics every time, and of the dearer others each every second time: tree, top, doctor, and
 * explain about one guest.
 * @param guests those that run
 */
export async function readViews(program: Program, guests: string[], random: Random): Promise<Views> {
  const views: Views = { said: [], asked: [], findings: [], verify: 1, broken: [] };
  const read = async (args: string[], statuses: number[], take: (text: string) => Said[]) => {
    const [view = ''] = args;
    const { status, stdout, stderr } = await program.look(args);
    if (view === 'verify') views.verify = status ?? 1;
    try {
      if (!statuses.includes(status ?? 1)) throw new Error(`ends with ${status}: ${stderr.trim()}`);
      views.said.push(...take(stdout));
      if (view !== 'explain' && view !== 'doctor') views.asked.push(view);
    } catch (error) {
      views.broken.push(`${view}: ${(error as Error).message}`);
    }
  };
  // 2: the configuration has a mistake, and what is in force is shown all the same.
  const shown = [0, 2];
  const rows = (view: string) => (text: string) =>
    ofRows(view, (JSON.parse(text) as { guests: Row[] }).guests);
  await read(['status', '--json', '--interval', '0'], shown, rows('status'));
  await read(['verify', '--json'], [0, 3], rows('verify'));
  await read(['metrics'], [0], ofMetrics);
  if (random.chance(0.5)) await read(['tree', '--json', '--interval', '0'], shown, rows('tree'));
  if (random.chance(0.5)) await read(['top', '--json', '--interval', '0.1'], [0], rows('top'));
  if (random.chance(0.5) && guests.length > 0)
    await read(['explain', '--json', '--', random.pick(guests)], shown, ofExplain);
  if (random.chance(0.5)) {
    views.asked.push('doctor');
    await read(['doctor', '--json'], [0, 1, 3], (text) => {
      views.findings.push(...findingsOf(text));
      return [];
    });
  }
  return views;
}

function ofRows(view: string, rows: Row[]): Said[] {
  return rows.flatMap(({ guest, uplink, state, shaped, faults }) =>
    directions.map((direction) => {
      const own = faults.filter((fault) => (fault.direction ?? direction) === direction);
      const words = [state, ...own.map(({ kind, reason }) => `${kind}: ${reason}`)].join(', ');
      const where = { ...(uplink ? { uplink } : {}), direction };
      return { view, guest, ...where, shaped: shaped[direction], noted: own.length > 0, words };
    }),
  );
}

/** One figure for both directions; of whom there is nothing to shape, or who is left out, the reason only. */
function ofMetrics(text: string): Said[] {
  const families = parseExposition(text);
  const samplesOf = (name: string) => families.get(`virt_shaper_${name}`)?.samples ?? [];
  const reasons = samplesOf('guest_reason').map(({ labels }) => labels);
  const figures = samplesOf('guest_shaped').map(({ labels: { guest = '', uplink = '' }, value }) => ({
    guest,
    uplink,
    shaped: value === 1,
    noted: reasons.some((reason) => reason.guest === guest && reason.uplink === uplink),
    words: `guest_shaped ${value}`,
  }));
  const others = reasons
    .filter(({ state = '' }) => /^(gone|left.out)$/.test(state))
    .map(({ guest = '', uplink = '', state = '', kind = '' }) => {
      return { guest, uplink, shaped: false, noted: true, words: `${state} ${kind}` };
    });
  return [...figures, ...others].map(({ uplink, ...one }) => {
    return { view: 'metrics', ...(uplink ? { uplink } : {}), ...one };
  });
}

/** Its one word for a guest, and its rows. */
function ofExplain(text: string): Said[] {
  const { guest, state, shaping } = JSON.parse(text) as { guest: string; state: string; shaping: Row[] };
  const noted = shaping.some(({ faults }) => faults.length > 0);
  const one = { view: 'explain', guest, shaped: state === 'shaped', noted, words: state };
  return [one, ...ofRows('explain', shaping)];
}

function findingsOf(text: string): string[] {
  const { findings } = JSON.parse(text) as {
    findings: { level: string; check: string; subject: string; detail: string }[];
  };
  return findings
    .filter(({ level }) => level !== 'ok')
    .map(
      ({ check, subject, detail, level }) => `${level} ${check}, ${subject.replaceAll(`"`, ``)}: ${detail}`,
    );
}
