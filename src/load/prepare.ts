// Before a transaction: the kernel's state, and as much of the rules as it can take; or why nothing may be touched.
import { compare } from '../diff/compare.ts';
import { reachable } from '../diff/obstacles.ts';
import { parseRules } from '../diff/parse-rules.ts';
import type { Refusal } from '../diff/unreached.ts';
import { foreignFamilies } from '../kernel/nft/listing.ts';
import { noTable } from '../kernel/nft/table.ts';
import { emptyState, type KernelState, type State, type TcObject } from '../kernel/objects.ts';
import { describeOwner, othersOf, ownedBy } from '../kernel/owner.ts';
import { tableName } from '../plan/names.ts';
import type { Rules } from '../render/render.ts';
import { areSame } from '../store/in-force-rules.ts';
import { Failure } from '../system/errors.ts';
import type { Site } from './context.ts';
import { readAhead } from './prefetch.ts';

export const nothing = emptyState(noTable);

/**
 * @param rules absent: nothing is wanted, and so nothing can stand in its way
 * @returns `same` where it is known already that nothing differs
 */
export async function prepare(
  site: Site,
  rules?: Rules,
  folder = site.rules,
  present = readAhead(site),
  refusals: Refusal[] = [],
) {
  const good = present.good();
  // Mostly the rules are those in force, which need not be read and checked again.
  const known = good && rules && areSame(good.rules, rules);
  const owned = (state: State) => ownedBy(site.owner, state);
  const asked = owned(known ? good.state : rules ? parseRules(rules, folder) : nothing);
  const before = await present.before();
  refuseOthers(site, before);
  refuseForeignTable(before);
  if (rules) await refuseUnreadable(site, before);
  const prepared = { before, good: good?.state, same: false, ...reachable(before, asked, refusals) };
  if (!known) return prepared;
  if (compare(before, prepared.wanted).length === 0) return { ...prepared, same: true };
  // Somebody changed it in the kernel. Read once more: what cannot be mended is said with the place of its line.
  return { ...prepared, ...reachable(before, owned(parseRules(rules, folder)), refusals) };
}

/** What cannot be parsed could neither be compared with what is wanted nor be called unchanged. */
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

/** The kernel's state belongs to one installation, whose files alone know what shall be in it. */
function refuseOthers({ owner }: Site, { devices }: KernelState): void {
  const [other] = othersOf(owner, devices.values());
  if (other === undefined) return;
  throw new Failure(
    `what the kernel holds was loaded by ${describeOwner(other)}`,
    `nothing has been changed; leave it to that one, or take it out first by that one's unload`,
  );
}

/** A table of our name that others have filled: to replace it would delete theirs for good. */
function refuseForeignTable(kernel: KernelState): void {
  if (!kernel.hasTable || kernel.loaded) return;
  const [family] = foreignFamilies(kernel.ruleset);
  if (family === undefined) return;
  throw new Failure(
    `there is a table ${family} ${tableName} that virt-shaper did not make`,
    `nothing has been changed; if nobody needs it: nft delete table ${family} ${tableName}`,
  );
}
