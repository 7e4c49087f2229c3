// What happens on the host, one thing at a time. Each step says in words what it did and tells the model (life.ts) what
// that means; what must be so afterwards is asked in questions.ts.
import type { Fault, FaultKind } from '../faults/wrapper.ts';
import { type Result, sh } from '../kernel/host.ts';
import { isDevice, type Life, places, routed } from './life.ts';
import { changed, names } from './settings.ts';

/** What a step did, for the questions. */
export interface Did {
  text: string;
  /** Of a command that loads, or would. */
  result?: Result;
  /** It is to load what is noted, by the files of the model. */
  loads?: boolean;
  /** A guest that must have left no trace when it was refused. */
  guest?: string;
  /** A fault was in the way, so that it may have failed. */
  fault?: Fault;
}

type Step = (life: Life) => Promise<Did | undefined>;

const kinds: FaultKind[] = [
  ...(['fail-before', 'fail-after', 'warn-after', 'fail-line'] as const),
  ...(['die-before', 'die-after', 'die-line', 'fail-on'] as const),
];

function someFault({ random }: Life): Fault | undefined {
  if (!random.chance(0.2)) return undefined;
  return { kind: random.pick(kinds), at: random.integer(1, 7), line: random.integer(0, 6) };
}

const start: Step = async (life) => {
  const { random } = life;
  const name = random.pick(names);
  const free = life.freeTaps();
  if (life.running.has(name) || free.length < 2) return undefined;
  const own: Record<string, string> = {};
  const { drifted } = life;
  for (const tap of random.shuffle(free).slice(0, random.chance(0.25) ? 2 : 1)) {
    const bridge = random.chance(0.7) ? 'br0' : random.pick(['br1', routed]);
    own[tap] = bridge;
    life.plug(tap, bridge);
  }
  if (random.chance(0.1)) strangers(life, Object.keys(own)[0] ?? '');
  life.running.set(name, own);
  const where = `${name} on ${JSON.stringify(own)}`;
  if (random.chance(0.15)) {
    life.writeStatus(name);
    return { text: `${where} starts, and no hook tells` };
  }
  const fault = someFault(life);
  const result = await life.withFault(fault, () => life.call(name, 'start', own));
  if (result.status !== 0) {
    life.running.delete(name);
    for (const tap of Object.keys(own)) life.unplug(tap);
    if (random.chance(0.5)) await life.call(name, 'stopped');
  } else life.writeStatus(name);
  const did = told(life, `${where} starts`, result, fault, name);
  // On a tap of a name that was in force for another the whole of it is read.
  if (did.loads && result.status === 0) life.drifted = drifted;
  return did;
};

/** Taps go with their guest, but for those that are the administrator's own. */
const stop: Step = async (life) => {
  const { random, running } = life;
  if (running.size === 0) return undefined;
  const name = random.pick([...running.keys()]);
  const own = Object.keys(running.get(name) ?? {});
  const stays = random.chance(0.15);
  if (!stays) for (const tap of own) life.unplug(tap);
  running.delete(name);
  life.removeStatus(name);
  if (random.chance(0.15)) {
    return { text: `${name} ends, and no hook tells` };
  }
  const fault = someFault(life);
  const before = life.good();
  const result = await life.withFault(fault, () => life.call(name, 'stopped'));
  await life.call(name, 'release');
  // Of a guest that was never noted nothing is to be done.
  if (life.unloaded || (before !== undefined && life.good() === before)) {
    return { text: `${name} ends${stays ? ', its tap stays' : ''}`, ...(fault ? { fault } : {}) };
  }
  return told(life, `${name} ends${stays ? ', its tap stays' : ''}`, result, fault);
};

/** A hook loads by the configuration in force, since each guest has an entry in all; what was unloaded stays so. */
function told(life: Life, text: string, result: Result, fault?: Fault, guest?: string): Did {
  if (life.unloaded) return { text: `${text}, after an unload`, result };
  const isAhead = life.inForce !== undefined && life.rendered !== life.inForce;
  const files = life.inForce ?? (life.settings.broken ? undefined : life.files());
  const failed = /UNSHAPED|^virt-shaper: (?!.*config)/m.test(result.stderr) && result.status === 0;
  // What is refused is taken back by a load of its own, which one fault does not meet.
  const loads = files !== undefined && !failed && (result.status === 0 || fault?.kind !== 'fail-on');
  if (files !== undefined && !isAhead) life.rendered = files;
  if (loads) {
    life.inForce = files;
    life.unloaded = life.dirty = false;
  }
  return { text, result, loads, ...(guest ? { guest } : {}), ...(fault ? { fault } : {}) };
}

const plugged: Step = async (life) => {
  const { random, running } = life;
  const [tap] = life.freeTaps();
  if (running.size === 0 || !tap) return undefined;
  const name = random.pick([...running.keys()]);
  const own = running.get(name) ?? {};
  const [held] = Object.keys(own);
  if (random.chance(0.5) && held && Object.keys(own).length > 1) {
    life.unplug(held);
    delete own[held];
  } else {
    own[tap] = random.pick(places);
    life.plug(tap, own[tap]);
  }
  life.writeStatus(name);
  return { text: `${name} has ${JSON.stringify(own)} now` };
};

const edit: Step = async (life) => {
  life.edit(changed(life.settings, life.random));
  return { text: `edited: ${JSON.stringify(life.settings)}` };
};

const render: Step = async (life) => {
  const result = await life.do(['render']);
  if (result.status === 0) life.rendered = life.files();
  return { text: 'render', result };
};

const load: Step = async (life) => {
  if (!life.rendered) return undefined;
  const fault = someFault(life);
  const result = await life.withFault(fault, () => life.do(['load']));
  if (result.status === 0) {
    life.inForce = life.rendered;
    life.unloaded = life.dirty = life.drifted = false;
  }
  return { text: 'load', result, ...(fault ? { fault } : {}) };
};

/** By hand: both find who runs, and go by the configuration as it is. */
const byHand =
  (command: 'sync' | 'apply'): Step =>
  async (life) => {
    const fault = someFault(life);
    const result = await life.withFault(fault, () => life.do([command]));
    if (result.status === 0) {
      life.rendered = life.inForce = life.files();
      life.unloaded = life.dirty = life.drifted = false;
    }
    return { text: command, result, loads: result.status === 0, ...(fault ? { fault } : {}) };
  };

/** What libvirt tells of a guest that runs already; nothing is to be done for one whose start was heard. */
const started: Step = async (life) => {
  const { random, running } = life;
  if (running.size === 0) return undefined;
  const name = random.pick([...running.keys()]);
  const before = life.good();
  const fault = someFault(life);
  const operation = random.pick(['started', 'reconnect', 'attach']);
  const result = await life.withFault(fault, () => life.call(name, operation, running.get(name)));
  if (life.good() === before) return { text: `${operation} of ${name}`, ...(fault ? { fault } : {}) };
  return told(life, `${operation} of ${name}`, result, fault);
};

const syncInForce: Step = (life) => byInForce(life, ['sync', '--in-force']);

/** For now, of somebody who may not run. */
const limit: Step = (life) => {
  const { random } = life;
  const subject = random.pick([...names.map((name) => [name]), ['g', '--group'], ['eth0', '--unmarked']]);
  const values = random.chance(0.3) ? ['--lift'] : ['--ceil', `${random.pick([2, 9, 40])}mbit`];
  return byInForce(life, ['limit', ...subject, ...values]);
};

async function byInForce(life: Life, args: string[]): Promise<Did> {
  const fault = someFault(life);
  const isAhead = life.inForce !== undefined && life.rendered !== life.inForce;
  const result = await life.withFault(fault, () => life.do(args));
  const text = args.join(' ');
  if (life.unloaded) return { text: `${text} after an unload`, result };
  if (result.status === 0) {
    life.inForce ??= life.files();
    if (!isAhead) life.rendered = life.inForce;
    life.dirty = life.drifted = false;
  }
  const loads = result.status === 0;
  return { text, result, loads, ...(fault ? { fault } : {}) };
}

const unload: Step = async (life) => {
  const result = await life.must(['unload']);
  life.inForce = undefined;
  life.unloaded = true;
  life.dirty = life.drifted = false;
  return { text: 'unload', result };
};

const killed: Step = async (life) => {
  const command = life.random.pick(['load', 'sync']);
  if (command === 'load' && !life.rendered) return undefined;
  const before = life.source();
  const { status } = life.kill([command]);
  if (status === null) life.dirty = true;
  if (status === 0) life.unloaded = life.dirty = life.drifted = false;
  // How far it came only the disk can tell.
  if (command === 'sync' && life.source() !== before) life.rendered = life.files();
  if (life.good() === undefined) life.inForce = undefined;
  else if (life.source('good') === life.source()) life.inForce = life.rendered;
  return { text: `${command}, ${status === null ? 'killed' : `which ends with ${status}`}` };
};

/** What others put on a tap, where we may have been before them or come after them. */
function strangers(life: Life, tap: string): string | undefined {
  const has = (what: string) => sh(`tc qdisc show dev ${tap}`).includes(what);
  if (!isDevice(tap) || life.others.some((other) => other.tap === tap)) return undefined;
  const clsact = has('clsact') ? '' : `tc qdisc add dev ${tap} clsact;`;
  const qdisc = `tc qdisc show dev ${tap}`;
  const kind = life.random.pick(['clsact', 'ingress', 'egress', 'root']);
  if (kind === 'root')
    life.meet(tap, `tc qdisc replace dev ${tap} root tbf rate 1gbit burst 64k limit 1m`, qdisc, 'tbf');
  else if (kind === 'clsact') {
    if (clsact === '') return undefined;
    life.meet(tap, clsact, qdisc, 'clsact');
  } else {
    const filter = `${kind} protocol all pref 7 u32 match u32 0 0 flowid 1:1`;
    life.meet(
      tap,
      `${clsact} tc filter add dev ${tap} ${filter}`,
      `tc filter show dev ${tap} ${kind}`,
      'pref 7 u32',
    );
  }
  return `somebody puts ${kind} on ${tap}`;
}

const stranger: Step = async (life) => {
  const present = [...life.running.values()].flatMap((own) => Object.keys(own));
  if (present.length === 0) return undefined;
  const text = strangers(life, life.random.pick(present));
  return text === undefined ? undefined : { text };
};

/** What somebody does to what is ours; there is always a tree where these are tried. */
const drifts = [
  'ip link set dev ifb-eth0 alias x',
  'ip link set dev ifb-eth0 down',
  'nft add element bridge virt-shaper guests { "vnet9" . "eth0" : drop }',
  'nft flush ruleset',
  'tc qdisc del dev eth0 root',
  'ip link del ifb-eth0',
  'tc class change dev ifb-eth0 parent 2:ffff classid 2:fffe htb rate 8kbit ceil 9kbit quantum 1514',
];

const drift: Step = async (life) => {
  if (
    life.dirty ||
    !isDevice('ifb-eth0') ||
    !sh('tc class show dev ifb-eth0').includes('htb 2:fffe parent 2:ffff')
  ) {
    return undefined;
  }
  const command = life.random.pick(drifts);
  sh(command);
  life.drifted = true;
  return { text: `somebody: ${command}` };
};

const chances: [number, Step][] = [
  [6, start],
  [5, stop],
  [2, plugged],
  [4, edit],
  [3, render],
  [4, load],
  [3, byHand('sync')],
  [2, byHand('apply')],
  [1, started],
  [4, syncInForce],
  [3, limit],
  [1, unload],
  [1, killed],
  [2, stranger],
  [1.5, drift],
];

export async function oneStep(life: Life): Promise<Did> {
  const sum = chances.reduce((total, [share]) => total + share, 0);
  for (;;) {
    let left = life.random.next() * sum;
    const [, step] =
      chances.find(([share]) => {
        left -= share;
        return left < 0;
      }) ?? [];
    const did = await step?.(life);
    if (did) return did;
  }
}
