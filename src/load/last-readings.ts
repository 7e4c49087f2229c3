// Reads the byte counts of classes that are about to be deleted. The batch that deletes a class reads it one line before,
// so that almost no frame can pass uncounted in between, and no further process is needed. The output goes to the ledger's
// spool.
import type { Step } from '../diff/steps.ts';
import type { State, TcObject } from '../kernel/objects.ts';
import { questionLines, type SpoolQuestion } from '../ledger/spool.ts';
import { subjectOfLine } from '../ledger/subject.ts';

/** A line for tc that reads counts. Each question has a second line, which only separates its answer from the next. */
export interface Asking {
  tool: 'tc';
  line: string;
  question: SpoolQuestion | 'apart';
}

export type Readable = Step | Asking;

export function isAsking(step: Readable): step is Asking {
  return 'question' in step;
}

/** Up to so many classes of a device are read one by one; for more, all classes of the device are listed once. */
const few = 4;

/** @param held the kernel's state before, which tells the owner of each class */
export function withReadings(steps: Step[], held?: State['objects']): Readable[] {
  if (!steps.some(takesOut)) return steps;
  const all = [...(held?.values() ?? []), ...steps.flatMap(({ object }) => object ?? [])];
  const list: Readable[] = [];
  const asked = new Set<string>();
  let aside: string | undefined;
  for (const [index, step] of steps.entries()) {
    const { tool, verb, object } = step;
    if (object?.kind === 'detour' && verb === 'add') aside = String(object.values.to);
    let questions: SpoolQuestion[] = [];
    if (tool === 'ip' && steps[index - 1]?.tool !== 'ip') {
      // All devices that are deleted next are read together, since each change between tc and ip takes a process.
      const gone = runOfIp(steps, index).flatMap((one) => goneDevice(one) ?? []);
      questions = gone.filter((device) => device !== aside).map((device) => whole(device, all));
    } else if (verb === 'del' && object?.kind === 'root') {
      questions = [whole(object.device, all), ...(aside === undefined ? [] : [ground(aside, all)])];
    } else if (verb === 'del' && object?.kind === 'detour' && aside !== undefined) {
      questions = [whole(aside, all)];
    } else if (verb === 'del' && object?.kind === 'class' && !asked.has(object.device)) {
      asked.add(object.device);
      questions = ofClasses(steps.flatMap((one) => goneClass(one, object.device) ?? []));
    }
    if (goneDevice(step) === aside) aside = undefined;
    list.push(...questions.flatMap(asking), step);
  }
  return list;
}

function whole(device: string, all: TcObject[]): SpoolQuestion {
  const classes = all.filter((one) => one.kind === 'class' && one.device === device);
  return {
    device,
    fate: 'goes',
    classes: Object.fromEntries(classes.map((one) => [one.id, subjectOf(one)])),
  };
}

/**
 * The count of the temporary ifb at the moment at which the uplink's tree is deleted (diff/rebuild.ts). Until then its
 * frames pass that tree too and are counted there; only what passes from then on counts.
 */
function ground(device: string, all: TcObject[]): SpoolQuestion {
  return { ...whole(device, all), fate: 'stays', elsewhere: true };
}

function takesOut(step: Step): boolean {
  const { verb, object } = step;
  return (
    (verb === 'del' && (object?.kind === 'class' || object?.kind === 'root')) ||
    goneDevice(step) !== undefined
  );
}

function goneDevice({ tool, line }: Step): string | undefined {
  return tool === 'ip' ? /^link del dev (\S+)$/.exec(line)?.[1] : undefined;
}

function goneClass({ verb, object }: Step, device: string): TcObject | undefined {
  return verb === 'del' && object?.kind === 'class' && object.device === device ? object : undefined;
}

function runOfIp(steps: Step[], from: number): Step[] {
  const end = steps.findIndex(({ tool }, index) => index > from && tool !== 'ip');
  return steps.slice(from, end < 0 ? undefined : end);
}

function ofClasses(gone: TcObject[]): SpoolQuestion[] {
  const [first] = gone;
  if (!first) return [];
  const classes = Object.fromEntries(
    gone.map((one) => [one.id, { ...subjectOf(one), fate: 'goes' as const }]),
  );
  const { device } = first;
  if (gone.length > few) return [{ device, fate: 'stays', classes }];
  return gone.map(({ id }) => ({ device, id, fate: 'goes', classes }));
}

function subjectOf(object: TcObject) {
  const subject = subjectOfLine(object.subject);
  return subject === undefined ? {} : { subject };
}

function asking(question: SpoolQuestion): Asking[] {
  const [line = '', apart = ''] = questionLines(question);
  return [
    { tool: 'tc', line, question },
    { tool: 'tc', line: apart, question: 'apart' },
  ];
}
