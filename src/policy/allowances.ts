// The guests and groups with a quota or a boost, for the views that show what is left.
import type { Boost, Config, Quota } from '../config/config.ts';
import { matchGuest } from '../config/pattern.ts';
import type { MomentSubject } from './moment/moment.ts';
import type { Policy } from './policy.ts';

/** The quota and boost of a guest or group that has at least one of them. */
export interface Allowance extends MomentSubject {
  quota?: Quota;
  boost?: Boost;
}

/** @returns the allowances of all shaped guests and groups, in the order of the policy */
export function allowancesOf(config: Config, { uplinks }: Policy): Allowance[] {
  const names = (key: 'groups' | 'guests') => [
    ...new Set(uplinks.flatMap((uplink) => uplink[key].map(({ name }) => name))),
  ];
  const groups = names('groups').map((name): Allowance => {
    const { quota } = config.groups.find((group) => group.name === name) ?? {};
    return { kind: 'group', name, ...(quota ? { quota } : {}) };
  });
  const guests = names('guests').map((name): Allowance => {
    const { quota, boost } = matchGuest(config, name) ?? {};
    return { kind: 'guest', name, ...(quota ? { quota } : {}), ...(boost ? { boost } : {}) };
  });
  return [...groups, ...guests].filter(({ quota, boost }) => quota || boost);
}
