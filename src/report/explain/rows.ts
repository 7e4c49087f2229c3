// The values of a guest on one uplink as rows: name, direction, value, origin. Rows that are the same in both directions are merged.

import { type LimitInUse, limitKinds } from '../../observe/limits.ts';
import { label } from '../../text/label.ts';
import type { Line } from '../../text/spans.ts';
import { formatRate } from '../../units/rate.ts';
import { type Direction, directions } from '../../units/units.ts';
import { amountText, droppedText } from '../limits.ts';
import { titleOf } from '../summary.ts';
import type { Explanation } from './explanation.ts';
import { leafOrigin, leafText } from './leaf.ts';
import { originText, type Place, rateOrigin, sizeOrigin } from './origin.ts';
import { dim, heading, plain, row } from './spans.ts';
import type { ExplainedClass, ExplainedUplink } from './values.ts';

interface Row {
  name: string;
  way: string;
  value: string;
  /** The lines of its origin: the first is beside the value, the others are below. */
  origin: string[];
}

export function valueLines(uplink: ExplainedUplink, { state, limits }: Explanation, place: Place): Line[] {
  const { name, link, group } = uplink;
  const rows = [
    ...(group
      ? [{ name: 'group', way: '', value: label(group.name), origin: [originText(group, name, place)] }]
      : []),
    ...eachWay('rate', uplink, ({ rate }) => [formatRate(rate.value), rateOrigin(rate, uplink, place)]),
    ...eachWay('ceil', uplink, ({ ceil }) => [formatRate(ceil.value), rateOrigin(ceil, uplink, place)]),
    ...eachWay('burst', uplink, ({ burst }) => [bytes(burst.value), sizeOrigin(burst, 'rate', place)]),
    ...eachWay('cburst', uplink, ({ cburst }) => [bytes(cburst.value), sizeOrigin(cburst, 'ceil', place)]),
    ...eachWay('quantum', uplink, ({ quantum }) => [
      bytes(quantum.value),
      sizeOrigin(quantum, 'rate', place),
    ]),
    ...countingRows(uplink, place),
    ...eachWay('leaf', uplink, (one) => [leafText(one), leafOrigin(one, uplink, place)]),
    ...limitRows(uplink, limits, place),
    ...eachWay('class', uplink, ({ id, device, parent, chains }) => [
      id,
      [
        `on ${device}, below ${parent} (${group ? `group ${label(group.name)}` : 'the link'}), by chain ${chains.join(' and ')}`,
      ],
    ]),
  ];
  const width = Math.max(...rows.map(({ value }) => value.length));
  const speed =
    link.out.value === link.in.value
      ? formatRate(link.out.value)
      : `${formatRate(link.out.value)} out, ${formatRate(link.in.value)} in`;
  const would = state === 'stopped' ? ', would be' : '';
  return [
    heading(`On ${titleOf(uplink)}, a link of ${speed}${would}`),
    ...rows.flatMap(({ name: what, way, value, origin: [first = '', ...more] }) => [
      row([plain(`${what.padEnd(8)}${way.padEnd(5)}${value.padEnd(width)}  `), dim(first)]),
      ...more.map((text) => row([plain(' '.repeat(15 + width)), dim(text)])),
    ]),
  ];
}

/** Rows for overhead and mpu, only where these are not the default. */
function countingRows({ counting: { overhead, mpu } }: ExplainedUplink, place: Place): Row[] {
  if (!overhead.at && !mpu.at) return [];
  return [
    { name: 'overhead', way: '', ...overhead, text: 'of each frame' },
    { name: 'mpu', way: '', ...mpu, text: 'the least that a frame counts' },
  ].map(({ name, way, value, at, text }) => ({
    name,
    way,
    value: bytes(value),
    origin: [at ? `${place(at)}, ${text}` : text],
  }));
}

/** Rows for the limits inside the host, with their drops where they are in force. */
function limitRows({ name: uplink, limits }: ExplainedUplink, inUse: LimitInUse[], place: Place): Row[] {
  return limitKinds.flatMap((kind): Row[] => {
    const limit = limits[kind];
    if (!limit) return [];
    const { value, from, at } = limit;
    const [rate, unit] =
      typeof value === 'object'
        ? ([value.packets, 'packets'] as const)
        : ([value, kind === 'pps' ? 'packets' : 'bits'] as const);
    const origin =
      from === 'group'
        ? `${at ? place(at) : ''}, its group`
        : originText({ from, ...(at ? { at } : {}) }, uplink, place);
    const held = inUse.find((one) => one.limit === kind);
    return [
      {
        name: kind,
        way: 'out',
        value: amountText(rate, unit),
        origin: [origin, ...(held ? [droppedText(held)] : [])],
      },
    ];
  });
}

function eachWay(
  name: string,
  uplink: ExplainedUplink,
  cells: (one: ExplainedClass) => [value: string, origin: string[]],
): Row[] {
  const rows = directions.map((way: Direction): Row => {
    const [value, origin] = cells(uplink[way]);
    return { name, way, value, origin };
  });
  const [out, inward] = rows;
  if (!out || !inward) return rows;
  const same = out.value === inward.value && out.origin.join('\n') === inward.origin.join('\n');
  return same ? [{ ...out, way: '' }] : [out, { ...inward, name: '' }];
}

const bytes = (value: number) => `${value} B`;
