// The figures of every class, in separate metric families for guests, groups, uplinks and traffic of no guest, so that a sum over one
// family counts nothing twice.

import type { ClassInUse, UplinkInUse } from '../../observe/in-use.ts';
import { directions } from '../../units/units.ts';
import type { MetricFamily, Sample } from './exposition.ts';

interface Labelled {
  one: ClassInUse;
  labels: Record<string, string>;
}

interface Level {
  name: string;
  /** The help text. */
  what: string;
  classes: Labelled[];
}

interface Figure {
  name: string;
  type: MetricFamily['type'];
  help: (what: string) => string;
  /** The value; nothing where the kernel lacks the class. */
  value: (one: ClassInUse) => number | undefined;
}

const figures: Figure[] = [
  {
    name: 'bytes_total',
    type: 'counter',
    help: (what) => `Bytes of ${what} that were let through, whole Ethernet frames.`,
    value: ({ use }) => use?.bytes,
  },
  {
    name: 'packets_total',
    type: 'counter',
    help: (what) => `Packets of ${what} that were let through.`,
    value: ({ use }) => use?.packets,
  },
  {
    name: 'dropped_packets_total',
    type: 'counter',
    help: (what) => `Packets of ${what} that were dropped because their queue was full or too slow.`,
    value: ({ use }) => use?.dropped,
  },
  {
    name: 'overlimits_total',
    type: 'counter',
    help: (what) => `How often ${what} had to wait for the ceil.`,
    value: ({ use }) => use?.overlimits,
  },
  {
    name: 'lended_packets_total',
    type: 'counter',
    help: (what) => `Packets of ${what} that went by its own guarantee.`,
    value: ({ use }) => use?.lended,
  },
  {
    name: 'borrowed_packets_total',
    type: 'counter',
    help: (what) => `Packets of ${what} that went by what others left of theirs.`,
    value: ({ use }) => use?.borrowed,
  },
  {
    name: 'backlog_bytes',
    type: 'gauge',
    help: (what) => `Bytes of ${what} that wait.`,
    value: ({ use }) => use?.backlog,
  },
  {
    name: 'backlog_packets',
    type: 'gauge',
    help: (what) => `Packets of ${what} that wait.`,
    value: ({ use }) => use?.queued,
  },
  {
    name: 'rate_bytes_per_second',
    type: 'gauge',
    help: (what) => `What is guaranteed to ${what} now.`,
    value: ({ rate }) => rate / 8,
  },
  {
    name: 'rate_configured_bytes_per_second',
    type: 'gauge',
    help: (what) =>
      `What the configuration guarantees to ${what}; more than is, where not all guarantees fit.`,
    value: ({ rate, configured }) => (configured ?? rate) / 8,
  },
  {
    name: 'ceil_bytes_per_second',
    type: 'gauge',
    help: (what) => `The most that ${what} may reach.`,
    value: ({ ceil }) => ceil / 8,
  },
  {
    name: 'limit_until_timestamp_seconds',
    type: 'gauge',
    help: (what) => `When that ends which an administrator has set for ${what} for now; +Inf without an end.`,
    value: ({ forNow }) => {
      const limit = [forNow?.ceil, forNow?.rate].find((step) => step?.by === 'limit');
      return limit && (limit.until === undefined ? Number.POSITIVE_INFINITY : limit.until / 1000);
    },
  },
];

export function* classFamilies(uplinks: UplinkInUse[]): Generator<MetricFamily> {
  for (const { name, what, classes } of levels(uplinks)) {
    for (const figure of figures) {
      yield {
        name: `virt_shaper_${name}_${figure.name}`,
        type: figure.type,
        help: figure.help(what),
        samples: samplesOf(classes, figure),
      };
    }
  }
}

/** Frames of a root qdisc that matched no class. */
export function directFamily(uplinks: UplinkInUse[]): MetricFamily {
  return {
    name: 'virt_shaper_uplink_direct_packets_total',
    type: 'counter',
    help: 'Packets that met no class of an uplink, not even the one for what belongs to no guest, so that nothing limited them.',
    samples: uplinks.flatMap(({ name: uplink, trees }) =>
      directions.flatMap((direction): Sample[] => {
        const { direct } = trees[direction];
        return direct === undefined ? [] : [{ labels: { uplink, direction }, value: direct }];
      }),
    ),
  };
}

function* samplesOf(classes: Labelled[], figure: Figure): Generator<Sample> {
  for (const { one, labels } of classes) {
    const value = figure.value(one);
    if (value !== undefined) yield { labels, value };
  }
}

function levels(uplinks: UplinkInUse[]): Level[] {
  const trees = uplinks.flatMap(({ name: uplink, trees: both }) =>
    directions.map((direction) => ({ ...both[direction], labels: { uplink, direction } })),
  );
  const member = (one: ClassInUse, group: string, labels: Record<string, string>): Labelled => {
    return { one, labels: { guest: one.name, group, ...labels } };
  };
  return [
    { name: 'uplink', what: 'an uplink', classes: trees.map(({ link, labels }) => ({ one: link, labels })) },
    {
      name: 'unmarked',
      what: 'everything that belongs to no guest',
      classes: trees.map(({ unmarked, labels }) => ({ one: unmarked, labels })),
    },
    {
      name: 'flooded',
      what: 'what is sent to no guest alone',
      classes: trees.flatMap(({ flooded, labels }) => (flooded ? { one: flooded, labels } : [])),
    },
    {
      name: 'group',
      what: 'a group',
      classes: trees.flatMap(({ groups, labels }) =>
        groups.map(({ group }) => ({ one: group, labels: { group: group.name, ...labels } })),
      ),
    },
    {
      name: 'guest',
      what: 'a guest',
      classes: trees.flatMap(({ groups, guests, labels }) => [
        ...groups.flatMap(({ group, guests: own }) => own.map((one) => member(one, group.name, labels))),
        ...guests.map((one) => member(one, '', labels)),
      ]),
    },
  ];
}
