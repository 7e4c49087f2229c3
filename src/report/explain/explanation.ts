// The explanation of one guest as data (computed by explain.ts, shown by text.ts), and its JSON.
import type { GuestMetadata } from '../../guests/guest.ts';
import type { GuestRow } from '../../observe/guests.ts';
import type { LimitInUse } from '../../observe/limits.ts';
import type { AllowancesInUse } from '../../observe/volumes.ts';
import type { Unshaped } from '../../policy/policy.ts';
import type { Source } from '../../system/errors.ts';
import { both } from '../../units/units.ts';
import { differenceAsData } from '../differences.ts';
import { dataVersion, shapingAsData } from '../in-use-data.ts';
import { creditsAsData, quotasAsData } from '../volumes.ts';
import type { Held } from './kernel.ts';
import type { Matches } from './match.ts';
import { rateAsData } from './rate-data.ts';
import type { RuleLine } from './rules.ts';
import type { ExplainedUplink } from './values.ts';

export interface Explanation {
  guest: string;
  /**
   * As in `status`. `partly`: in one direction only, or not all of its NICs that could be. `unknown`: it should be shaped, and the
   * kernel cannot be read.
   */
  state: 'shaped' | 'partly' | 'unshaped' | 'left out' | 'stopped' | 'unknown';
  /** Reasons that concern the guest as a whole. */
  reasons: Pick<Unshaped, 'kind' | 'reason'>[];
  match: Matches;
  /** A similar name of an entry or a running guest, where no entry has this name. */
  meant?: string;
  metadata?: GuestMetadata & { accepted: boolean };
  id?: { value: number; from: 'entry' | 'drawn'; at?: Source };
  /** Its marks: one, or one for each uplink of a bridge. */
  marks?: number[];
  nics: ExplainedNic[];
  uplinks: ExplainedUplink[];
  /** Warnings of the policy that the values do not show. */
  warnings: string[];
  rules: {
    folder: string;
    lines: RuleLine[];
    /** Whether a rendering would write the same now: `others` means that only lines of other guests differ. */
    rendered: 'same' | 'differ' | 'others' | 'missing';
    /** Present where they are in force: whether rules.d has the same, others, or lacks some file. */
    loaded?: 'as rendered' | 'not as rendered' | 'alone';
  };
  /** Its state in the kernel; a text says why that could not be read. */
  kernel: Held | string;
  /** Its rows of `status`: one for each uplink, or for each NIC without one. Empty where the kernel cannot be read. */
  shaping: GuestRow[];
  /** The limits inside the host of the rules in force, with their drops. */
  limits: LimitInUse[];
  /** Its volumes and credit, and the volume of its group, as of the last sync. */
  allowances: AllowancesInUse;
}

export interface ExplainedNic {
  nic: string;
  bridge?: string;
  mac?: string;
  /** The uplinks of its bridge. */
  uplinks: string[];
  /** Its faults. */
  reasons: Pick<Unshaped, 'kind' | 'reason'>[];
}

/** For --json: ids and marks as tc and nft print them, each reason with its NIC. */
export function explanationAsData(explanation: Explanation) {
  const { kernel, id, marks, nics, uplinks, shaping, allowances, ...rest } = explanation;
  const hex = (number: number) => `0x${number.toString(16)}`;
  return {
    version: dataVersion,
    ...rest,
    shaping: shapingAsData(shaping),
    quotas: quotasAsData(allowances.quotas),
    credits: creditsAsData(allowances.credits),
    reasons: [
      ...rest.reasons,
      ...nics.flatMap(({ nic: tap, reasons }) => reasons.map((reason) => ({ ...reason, tap }))),
    ],
    ...(id ? { id: { ...id, value: hex(id.value) } } : {}),
    ...(marks ? { marks: marks.map(hex) } : {}),
    nics,
    uplinks: uplinks.map(({ name: uplink, ...ways }) => ({
      uplink,
      ...ways,
      ...both((way) => {
        const { id: own, rate, ceil, ...values } = ways[way];
        return { ...values, rate: rateAsData(rate), ceil: rateAsData(ceil), class: own };
      }),
    })),
    kernel:
      typeof kernel === 'string'
        ? { unreadable: kernel }
        : {
            ...kernel,
            classes: kernel.classes.map(({ id: own, ...held }) => ({ class: own, ...held })),
            differences: kernel.differences.map(differenceAsData),
          },
  };
}
