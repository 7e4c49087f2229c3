// All there is to know of one guest, as data (explain.ts makes it, text.ts shows it), and as --json prints it.
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
  /** As status has it: `partly` in one direction only, or not by all of its NICs that could be. */
  /** `unknown`: it should be shaped, and the kernel cannot be asked whether it is. */
  state: 'shaped' | 'partly' | 'unshaped' | 'left out' | 'stopped' | 'unknown';
  /** Reasons that concern it as a whole. */
  reasons: Pick<Unshaped, 'kind' | 'reason'>[];
  match: Matches;
  /** A name like this one that the configuration or a running guest has, where no entry has this one. */
  meant?: string;
  metadata?: GuestMetadata & { accepted: boolean };
  id?: { value: number; from: 'entry' | 'drawn'; at?: Source };
  /** One, or where a bridge has several uplinks one for each. */
  marks?: number[];
  nics: ExplainedNic[];
  uplinks: ExplainedUplink[];
  /** Sentences of the policy that its values do not tell. */
  warnings: string[];
  rules: {
    folder: string;
    lines: RuleLine[];
    /** Whether they are what a rendering would write now: `others` differ in lines of other guests only. */
    rendered: 'same' | 'differ' | 'others' | 'missing';
  };
  /** Text: why it could not be read. */
  kernel: Held | string;
  /** Its rows of status: each uplink, or NIC that none is behind. Empty where the kernel cannot be asked. */
  shaping: GuestRow[];
  /** Inside the host, of the rules in force, with what they dropped. */
  limits: LimitInUse[];
  /** Its volumes and credit, and its group's volume, as of the last sync. */
  allowances: AllowancesInUse;
}

export interface ExplainedNic {
  nic: string;
  bridge?: string;
  mac?: string;
  /** Several where its bridge has several. */
  uplinks: string[];
  /** What is not as it should be with it. */
  reasons: Pick<Unshaped, 'kind' | 'reason'>[];
}

/** For --json: ids and marks as tc and nft print them, reasons with the NIC that each is about. */
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
