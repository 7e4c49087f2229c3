// What the administrator writes: few values of everything, so that a policy comes back and is changed back.
import type { Random } from '../faults/random.ts';

/** Path below the root -> text. What is not in it is not there. */
export type Files = Record<string, string>;

export interface Settings {
  /** Megabits per second. */
  ceil: number;
  group: number;
  guarantee: number;
  /** Members of the group. */
  members: string[];
  /** The ceil of config.d/20.toml, which counts more. */
  dropIn?: number;
  burst?: string;
  unmarkedId?: number;
  ids: Record<string, number>;
  refuses: boolean;
  broken: boolean;
}

export const names = ['ann', 'ben', 'cliff', 'dan', 'e e'];

export const firstSettings: Settings = {
  ceil: 20,
  group: 30,
  guarantee: 5,
  members: ['ann', 'ben'],
  ids: {},
  refuses: false,
  broken: false,
};

export const folder = 'etc/virt-shaper';

export function filesOf(settings: Settings): Files {
  const { ceil, group, guarantee, members, dropIn, burst, unmarkedId, ids, refuses, broken } = settings;
  const lines = [
    `defaults = { rate = "1mbit", ceil = "${ceil}mbit", unlisted = "shape" }`,
    `hook.on_failure = "${refuses ? 'refuse' : 'allow'}"`,
    'uplink.eth1.ceil = "500mbit"',
    '[uplink.eth0]',
    'ceil = "1gbit"',
    'routed = ["virbr0"]',
    ...(unmarkedId ? [`unmarked.id = ${unmarkedId}`] : []),
    '[group.g]',
    `ceil = "${group}mbit"`,
    ...(burst ? [`burst = "${burst}"`] : []),
    ...names.flatMap((name) => [
      `[guest."${name}"]`,
      `rate = "${guarantee}mbit"`,
      ...(members.includes(name) ? ['group = "g"'] : []),
      ...(ids[name] ? [`id = ${ids[name]}`] : []),
    ]),
    ...(broken ? ['[guest.broken', 'rate = 1'] : []),
  ];
  return {
    [`${folder}/config.toml`]: `${lines.join('\n')}\n`,
    ...(dropIn ? { [`${folder}/config.d/20.toml`]: `[defaults]\nceil = "${dropIn}mbit"\n` } : {}),
  };
}

/** One thing is changed, or two. */
export function changed(settings: Settings, random: Random): Settings {
  const next = structuredClone(settings);
  next.broken = random.chance(0.1);
  const changes = [
    () => (next.ceil = random.pick([20, 25, 40])),
    () => (next.group = random.pick([30, 50])),
    () => (next.guarantee = random.pick([2, 5, 12])),
    () => (next.members = random.shuffle(names).slice(0, random.integer(0, 3))),
    () => {
      if (next.dropIn) delete next.dropIn;
      else next.dropIn = random.pick([17, 23]);
    },
    () => {
      if (next.burst) delete next.burst;
      else next.burst = '64k';
    },
    () => {
      if (next.unmarkedId) delete next.unmarkedId;
      else next.unmarkedId = 0x333;
    },
    () => (next.ids = random.chance(0.3) ? {} : { [random.pick(names)]: 0x10, dan: 0x11 }),
    () => (next.refuses = !next.refuses),
  ];
  for (const change of random.shuffle(changes).slice(0, random.integer(1, 2))) change();
  return next;
}
