// The leaf of a guest in words: its kind with the parameters that are not defaults, and its origin.

import { fullFrame } from '../../plan/arithmetic.ts';
import { leafDefaults } from '../../plan/leaf.ts';
import { label } from '../../text/label.ts';
import { formatTime } from '../../units/time.ts';
import { originText, type Place } from './origin.ts';
import type { ExplainedClass, ExplainedUplink } from './values.ts';

type ExplainedLeaf = NonNullable<ExplainedClass['leaf']>;

export function leafText({ leaf }: ExplainedClass): string {
  return leaf
    ? [leaf.kind === 'bfifo' ? `bfifo of ${leaf.limit} bytes` : leaf.kind, ...details(leaf)].join(', ')
    : '';
}

function details(leaf: ExplainedLeaf): string[] {
  const unless = (normal: number | string, value: number | string, text: string) =>
    value === normal ? [] : [text];
  switch (leaf.kind) {
    case 'bfifo':
      return [];
    case 'fq_codel':
      return [
        `target ${spaced(leaf.target)}`,
        ...unless(leafDefaults.interval, leaf.interval, `interval ${spaced(leaf.interval)}`),
        ...unless(leafDefaults.packets, leaf.limit, `${leaf.limit} packets`),
        ...unless(leafDefaults.flows, leaf.flows, `${leaf.flows} flows`),
        ...unless(fullFrame, leaf.quantum, `quantum ${leaf.quantum} B`),
        ...unless(leafDefaults.memory, leaf.memoryLimit, `${leaf.memoryLimit} bytes of memory`),
        ...(leaf.ecn ? [] : ['no ECN']),
      ];
    case 'sfq':
      return [
        `${leaf.limit} packets`,
        ...unless(leafDefaults.depth, leaf.depth, `${leaf.depth} of a flow`),
        ...unless(fullFrame, leaf.quantum, `quantum ${leaf.quantum} B`),
        ...unless(0, leaf.perturb, `hashed anew every ${leaf.perturb} s`),
      ];
    case 'cake':
      return [
        leaf.isolation,
        ...unless('besteffort', leaf.diffserv, leaf.diffserv),
        ...(leaf.nat ? ['nat'] : []),
        ...(leaf.ackFilter ? ['ACKs filtered'] : []),
        ...(leaf.splitGso ? [] : ['GSO frames whole']),
        `rtt ${spaced(leaf.rtt)}`,
      ];
  }
}

/** `5 ms` */
function spaced(microseconds: number): string {
  return formatTime(microseconds).replace(/(?=[a-z])/, ' ');
}

/** Where it is configured, then whether the kernel lacks it. */
export function leafOrigin({ leaf }: ExplainedClass, uplink: ExplainedUplink, place: Place): string[] {
  if (!leaf?.asked) return ['what this kernel has, for this ceil'];
  const { from, at, kind } = leaf.asked;
  const where =
    from === 'group'
      ? `${at ? place(at) : ''}, group ${label(uplink.group?.name ?? '')}`
      : originText({ from, ...(at ? { at } : {}) }, uplink.name, place);
  return kind === leaf.kind
    ? [where]
    : [`${where} says ${kind}`, `this kernel has no sch_${kind}: what it has instead`];
}
