// Which installation a kernel's state belongs to: with --root there may be several on one host, and each would take
// what another has loaded for leftovers of its own. An ifb's alias says it, behind the uplink: `virt-shaper:eth0=host`.
// Rules that were loaded by hand belong to nobody, so whoever loads next takes them over.
import type { IfbDevice, State } from './objects.ts';

/** The installation without --root. */
export const hostOwner = 'host';

export function aliasText({ alias, owner }: Pick<IfbDevice, 'alias' | 'owner'>): string {
  return owner ? `${alias}=${owner}` : alias;
}

/** No device's name has a `=` that the rules would take. */
export function splitAlias(text: string): Pick<IfbDevice, 'alias' | 'owner'> {
  const [alias = '', owner] = text.split('=');
  return { alias, ...(owner ? { owner } : {}) };
}

/** For people. */
export function describeOwner(owner: string): string {
  return owner === hostOwner ? "the host's own virt-shaper" : `virt-shaper --root ${owner}`;
}

/** The same state, as an installation loads it. */
export function ownedBy(owner: string, state: State): State {
  return { ...state, devices: new Map([...state.devices].map(([name, ifb]) => [name, { ...ifb, owner }])) };
}

/** Other installations that have loaded what is there. The host's own may take over what any other has. */
export function othersOf(owner: string, devices: Iterable<IfbDevice>): string[] {
  if (owner === hostOwner) return [];
  return [...devices].flatMap((ifb) => (ifb.owner === undefined || ifb.owner === owner ? [] : [ifb.owner]));
}
