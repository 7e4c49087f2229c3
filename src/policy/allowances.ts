// Who has a quota or a boost, for those who show what is left of it.
import type { Boost, Config, Quota } from '../config/config.ts';
import { matchGuest } from '../config/pattern.ts';
import type { Subject } from './moment/moment.ts';
import type { Policy } from './policy.ts';

/** Of a guest or group that has one of them. */
export interface Allowance extends Subject {
  quota?: Quota;
  boost?: Boost;
}

/** Of whoever is shaped, in the order of the policy, for those who show what is left. */
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
