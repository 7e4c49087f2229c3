// Prints the changes (changes.ts) as lines, and as a summary in one sentence. Differences that belong to no guest or group, such as
// the table or a device, have lines too.
import type { Difference, Found } from '../diff/difference.ts';
import { changesOf, guestActions, type Manner, onSeveral, type PolicyChange, uplinkOf } from './changes.ts';
import { subjectOf } from './differences.ts';
import { markChangesOf } from './mark-changes.ts';

/** @returns one line for each guest, then for groups, uplinks and other objects */
export function changeLines(found: Found, manner: Manner): string[] {
  const changes = changesOf(found, manner);
  const order = { guest: 0, group: 1, uplink: 2 };
  const sorted = [...changes].sort((a, b) => order[a.kind] - order[b.kind]);
  const several = onSeveral(found);
  const lines = sorted.map((one) => changeLine(one, several.has(`${one.kind} ${one.name}`), manner));
  return [...lines, ...restLines(found, changes, manner)];
}

function changeLine(
  { action, kind, name, uplink, what }: PolicyChange,
  named: boolean,
  manner: Manner,
): string {
  const sign = { add: '+', change: '~', remove: '-' }[action];
  const isLink = kind === 'uplink' && name === uplink;
  const prefix = isLink || kind === 'group' ? `${kind} ` : '';
  const whose = `${prefix}${name}${named ? ` on ${uplink}` : ''}`;
  if (manner === 'plan' || action === 'change') return `${sign} ${whose}: ${what.join('; ')}`;
  return action === 'add'
    ? `~ ${whose}: not in the kernel, loaded with ${what.join('; ')}`
    : `~ ${whose}: in the kernel, not loaded: ${what.join('; ')}`;
}

/** Lines for differences that no change covers. */
function restLines(found: Found, changes: PolicyChange[], manner: Manner): string[] {
  const told = new Set(changes.map(({ kind, name }) => (kind === 'uplink' ? name : `${kind} ${name}`)));
  const isNew = changes.some(({ kind, action }) => kind === 'uplink' && action !== 'change');
  const lines = found.list.flatMap((one) => {
    if (one.kind === 'table') return tableLines(found, one, told, manner);
    if (one.kind === 'setting') return isNew ? [] : [`~ ${one.device}: ${one.reason}`];
    if (one.ifb) return one.action === 'change' ? [`~ device ${one.ifb.name}: ${one.reason}`] : [];
    const subject = subjectOf(one, found);
    // Objects that belong to no guest or group come and go with their uplink.
    const uplink = uplinkOf(one.device, found);
    const isTold =
      told.has(subject) ||
      told.has(`${subject} on ${uplink}`) ||
      (!/^g(uest|roup) /.test(subject) && told.has(uplink));
    return isTold || isNew ? [] : [`~ ${subject.replace(/^guest /, '')}: its ${one.kind} on ${one.device}`];
  });
  return [...new Set(lines)];
}

function tableLines(
  found: Found,
  { action, reason }: Difference,
  told: Set<string>,
  manner: Manner,
): string[] {
  const had = [...found.from.objects.values()].some(({ kind }) => kind === 'class');
  if (action === 'add') return had ? ['~ the nftables table: it is not there, so nobody is shaped'] : [];
  if (action === 'remove') return [];
  const lines = markChangesOf(found)
    .filter(({ subject }) => !told.has(subject))
    .map(({ subject, action: what }) => `~ ${subject.replace(/^guest /, '')}: ${markWords[manner][what]}`);
  return lines.length === 0 && told.size === 0 ? [`~ the nftables table: ${reason}`] : lines;
}

const drifted = 'its marks are not those that were loaded';
const markWords = {
  plan: { add: 'its marks are added', change: 'its marks', remove: 'its marks are taken away' },
  drift: { add: drifted, change: drifted, remove: drifted },
};

/** `1 guest to change, none to add or take away`, or `1 guest changed, none added or taken away`. */
export function changeSummary(found: Found, tense: 'to come' | 'done'): string {
  const words = {
    'to come': { change: 'to change', add: 'to add', remove: 'to take away' },
    done: { change: 'changed', add: 'added', remove: 'taken away' },
  }[tense];
  const guests = [...guestActions(found).values()];
  const count = (action: PolicyChange['action']) => guests.filter((one) => one === action).length;
  const actions = ['change', 'add', 'remove'] as const;
  const some = actions.filter((action) => count(action) > 0);
  const none = actions.filter((action) => count(action) === 0).map((action) => words[action]);
  const short = none.map((text) => (tense === 'to come' ? text.slice('to '.length) : text));
  const rest = [...short.slice(0, -2), short.slice(-2).join(' or ')].join(', ');
  const nothing = `${tense === 'to come' ? 'to ' : ''}${rest}`;
  if (some.length === 0) return `no guest ${nothing}`;
  const counted = some.map((action, index) => {
    const many = count(action);
    return `${many}${index > 0 ? '' : many === 1 ? ' guest' : ' guests'} ${words[action]}`;
  });
  return [...counted, ...(none.length > 0 ? [`none ${nothing}`] : [])].join(', ');
}
