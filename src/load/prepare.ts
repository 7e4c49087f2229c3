// Prepares a transaction: reads the kernel's state, and computes the part of the rules that can be loaded into it. Throws
// where nothing may be changed at all.
import { compare } from '../diff/compare.ts';
import { reachable } from '../diff/obstacles.ts';
import { parseRules } from '../diff/parse-rules.ts';
import type { DeviceRefusal } from '../diff/unreached.ts';
import { foreignFamilies } from '../kernel/nft/listing.ts';
import { noTable } from '../kernel/nft/table.ts';
import { emptyState, type KernelState, type State, type TcObject } from '../kernel/objects.ts';
import { describeOwner, othersOf, ownedBy } from '../kernel/owner.ts';
import { tableName } from '../plan/names.ts';
import type { Rules } from '../render/render.ts';
import { areSame } from '../store/in-force-rules.ts';
import { Failure } from '../system/errors.ts';
import type { Site } from './context.ts';
import type { Prefetched } from './prefetch.ts';

export const emptyKernel = emptyState(noTable);

/**
 * @param rules absent for an unload, which has no obstacles
 * @returns `same` is true where it is known that nothing differs
 */
export async function prepare(
  site: Site,
  present: Prefetched,
  rules?: Rules,
  folder = site.rules,
  refusals: DeviceRefusal[] = [],
) {
  const good = present.good();
  // Mostly the rules are those in force, which need not be parsed and checked again.
  const known = good && rules && areSame(good.rules, rules);
  const owned = (state: State) => ownedBy(site.owner, state);
  const asked = owned(known ? good.state : rules ? parseRules(rules, folder) : emptyKernel);
  const before = await present.before();
  refuseOthers(site, before);
  refuseForeignTable(before);
  if (rules) await refuseUnreadable(site, before);
  const prepared = { before, good: good?.state, same: false, ...reachable(before, asked, refusals) };
  if (!known) return prepared;
  if (compare(before, prepared.wanted).length === 0) return { ...prepared, same: true };
  // Somebody has changed the kernel. The rules are parsed again, with places, so that messages can name lines.
  return { ...prepared, ...reachable(before, owned(parseRules(rules, folder)), refusals) };
}

/** @throws Failure where tc's output cannot be parsed: it could be neither compared nor restored */
async function refuseUnreadable({ run }: Site, { objects }: KernelState): Promise<void> {
  const isOdd = ({ kind, values }: TcObject) =>
    kind === 'class' && (values.rate === undefined || values.ceil === undefined);
  const odd = [...objects.values()].find(isOdd);
  if (!odd) return;
  const version = (await run('tc', ['-V'])).stdout.trim();
  throw new Failure(
    `tc shows the rate or the ceil of class ${odd.id} on ${odd.device} in words that virt-shaper does not know: ${version}`,
    'nothing has been changed; install the iproute2 of your distribution, and report this',
  );
}

/** @throws Failure where another installation has loaded the kernel's objects: only its files say what they should be */
function refuseOthers({ owner }: Site, { devices }: KernelState): void {
  const [other] = othersOf(owner, devices.values());
  if (other === undefined) return;
  throw new Failure(
    `what the kernel holds was loaded by ${describeOwner(other)}`,
    `nothing has been changed; leave it to that one, or take it out first by that one's unload`,
  );
}

/** @throws Failure where somebody else has made a table of our name: to replace it would delete their rules */
function refuseForeignTable(kernel: KernelState): void {
  if (!kernel.hasTable || kernel.loaded) return;
  const [family] = foreignFamilies(kernel.ruleset);
  if (family === undefined) return;
  throw new Failure(
    `there is a table ${family} ${tableName} that virt-shaper did not make`,
    `nothing has been changed; if nobody needs it: nft delete table ${family} ${tableName}`,
  );
}
