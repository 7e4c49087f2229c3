// The installation that has loaded a kernel's objects. With --root there may be several installations on one host, and each
// would take the objects of another for leftovers of its own. An ifb's alias names it, after the uplink:
// `virt-shaper:eth0=host`. Rules that were loaded by hand have no owner, so that the next load takes them over.
import type { IfbDevice, State } from './objects.ts';

/** The installation without --root. */
export const hostOwner = 'host';

export function aliasText({ alias, owner }: Pick<IfbDevice, 'alias' | 'owner'>): string {
  return owner ? `${alias}=${owner}` : alias;
}

/** Unambiguous, since no device in the rules has a name with `=` (isDeviceName). */
export function splitAlias(text: string): Pick<IfbDevice, 'alias' | 'owner'> {
  const [alias = '', owner] = text.split('=');
  return { alias, ...(owner ? { owner } : {}) };
}

/** For people. */
export function describeOwner(owner: string): string {
  return owner === hostOwner ? "the host's own virt-shaper" : `virt-shaper --root ${owner}`;
}

/** The same state with an owner, as an installation loads it. */
export function ownedBy(owner: string, state: State): State {
  return { ...state, devices: new Map([...state.devices].map(([name, ifb]) => [name, { ...ifb, owner }])) };
}

/** The other installations that own one of the devices; none for the host's own, which may take over from any other. */
export function othersOf(owner: string, devices: Iterable<IfbDevice>): string[] {
  if (owner === hostOwner) return [];
  return [...devices].flatMap((ifb) => (ifb.owner === undefined || ifb.owner === owner ? [] : [ifb.owner]));
}
