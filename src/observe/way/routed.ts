// The way of a guest's frames through the host's routing: marked where they enter, classified where they leave. In between, others'
// rules may change the mark; after that, the class.
import type { Facts } from '../facts.ts';
import type { Passage, Routed, Stage, Way } from './passage.ts';
import type { makeWalk } from './walk.ts';

/** The priorities of our chains: in the hooks of a bridge and where routed frames are marked, and after routing. */
const ours = { mark: 250, class: 300 };

/** The families of all chains that it may pass. */
const families = ['netdev', 'bridge', 'ip', 'ip6', 'inet'];

type Walk = ReturnType<typeof makeWalk>;

/** Like `pass` for a bridged way. @returns nothing where no chain of others is on it */
export function passRouted(way: Way, routed: Routed, facts: Facts, walk: Walk): Passage | undefined {
  const { bridge, mark } = routed;
  if (routed.answered ? !facts.reflects : routed.beside && !facts.routes) return undefined;
  const isLoaded = facts.table.kind === 'as loaded';
  if (isLoaded && !walk.hasFamily(families)) return undefined;
  const stages = stagesOf(way, routed, facts.bridged);
  const entries = way.direction === 'out' ? [way.tap, bridge] : [way.port.name, way.port.bridge ?? ''];
  const pass = (part: Stage[], begin: { mark: number; priority: string }) =>
    walk.pass(part, { ...begin, bridge, entries });
  const unmarked = { mark: 0, priority: 'none' };
  if (!isLoaded) return pass(stages, unmarked);
  // Our table is as it was loaded, so its effect is known, and it is not among the tables here.
  const [marks, classes] = [stages.findIndex(isEntry), stages.findLastIndex(isExit)];
  const between = stages.slice(marks, classes + 1).map((stage) => ({
    ...stage,
    ...(isEntry(stage) ? { after: ours.mark } : {}),
    ...(isExit(stage) ? { before: exitPriority(stage) } : {}),
  }));
  const behind = stages
    .slice(classes)
    .map((stage) => (isExit(stage) ? { ...stage, after: exitPriority(stage) } : stage));
  const early = stages
    .slice(0, marks + 1)
    .map((stage) => (isEntry(stage) ? { ...stage, before: ours.mark } : stage));
  if (![early, between, behind].some((part) => walk.isBusy(part))) return undefined;
  const until = pass(early, unmarked);
  const before = pass(between, { mark, priority: 'none' });
  const after = pass(behind, { mark: way.mark, priority: way.class });
  return {
    // A frame that has lost its mark gets no class.
    priority: before.mark === mark ? after.priority : undefined,
    mark: after.mark,
    dropped: until.dropped || before.dropped || after.dropped,
    changes: [
      ...until.changes.filter(({ what }) => what === 'way' || what === 'flow'),
      ...before.changes.filter(({ what }) => what !== 'priority'),
      ...after.changes,
    ],
  };
}

type Marked = Stage & { role?: 'entry' | 'exit' };

function isEntry({ role }: Marked): boolean {
  return role === 'entry';
}

function isExit({ role }: Marked): boolean {
  return role === 'exit';
}

function exitPriority({ families }: Stage): number {
  return families.includes('bridge') ? ours.mark : ours.class;
}

function stagesOf(
  { direction, tap, port, device }: Way,
  { bridge, answered }: Routed,
  bridged: Facts['bridged'],
): Marked[] {
  const own = { name: tap, bridge };
  const [from, to] = direction === 'out' ? [own, port] : [port, own];
  const exits = direction === 'out' ? [...new Set([port.name, device])] : [tap];
  const [iifname, oifname] = [from.bridge ?? from.name, to.bridge ?? to.name];
  const ip = { families: ['ip', 'ip6', 'inet'], routed: true };
  const netdev = (hook: string, name: string): Marked => ({
    families: ['netdev'],
    hook,
    device: name,
    iifname: hook === 'ingress' ? name : '',
    oifname: hook === 'ingress' ? '' : name,
  });
  const entry: Marked[] =
    from.bridge === undefined
      ? []
      : [{ families: ['bridge'], hook: 'input', iifname: from.name, oifname: '', role: 'entry' }];
  const exit: Marked[] =
    to.bridge === undefined
      ? []
      : [
          { families: ['bridge'], hook: 'output', iifname: '', oifname: to.name, role: 'exit', byMark: true },
          { families: ['bridge'], hook: 'postrouting', iifname: '', oifname: to.name },
        ];
  // Frames that enter by a bridge pass br_netfilter's IP chains there, before they are marked, and not again later.
  const isEarly = { ip: entry.length > 0 && bridged.ip, ip6: entry.length > 0 && bridged.ip6 };
  const prerouting = (wanted: boolean): Marked[] => {
    const own = (['ip', 'ip6'] as const).filter((family) => isEarly[family] === wanted);
    const families = own.length > 0 ? [...own, 'inet'] : [];
    return [{ families, routed: own.length === 2, hook: 'prerouting', iifname, oifname: '' }];
  };
  return [
    netdev('ingress', from.name),
    ...prerouting(true),
    ...entry,
    ...prerouting(false),
    ...(answered
      ? // The reply is another frame, which inherits the final mark of the first one.
        [
          { ...ip, hook: 'input', iifname, oifname: '' },
          { ...ip, hook: 'output', iifname: '', oifname },
        ]
      : [
          {
            ...ip,
            hook: 'forward',
            iifname,
            oifname,
            ...(entry.length === 0 ? { role: 'entry' as const } : {}),
          },
        ]),
    {
      ...ip,
      hook: 'postrouting',
      iifname: '',
      oifname,
      ...(exit.length === 0 ? { role: 'exit', byMark: true } : {}),
    },
    ...exit,
    ...exits.map((name) => netdev('egress', name)),
  ];
}
