// The present moment: clock, overrides, and use of volumes. A sync computes it from the classes that it has just counted, a view from
// the ledger; the start of a guest takes that of the last sync.
import type { Config } from '../../config/config.ts';
import type { Ledger } from '../../ledger/ledger.ts';
import type { Moment, MomentSubject } from '../../policy/moment/moment.ts';
import { earliestBegin, hasVolumes } from '../../policy/moment/quotas.ts';
import {
  asMoment,
  type Clocks,
  type Delivered,
  reckonVolumes,
  type Volumes,
} from '../../policy/moment/volumes.ts';
import { noticeText } from '../../report/changing.ts';
import { readMoment } from '../../store/overrides.ts';
import { sinceBoot } from '../../store/pending.ts';
import { readVolumes, writeVolumes } from '../../store/volumes.ts';
import type { Context } from '../context.ts';
import { notify } from '../log.ts';
import type { Usage } from '../usage/count.ts';

/** The source of the use of volumes: the last sync, the ledger, or the count of the running sync. */
export type Knowledge = 'noted' | 'ledger' | Promise<Usage>;

export async function momentNow(context: Context, config: Config, from: Knowledge): Promise<Moment> {
  const { moment, lost } = readMoment(context.paths.overrides);
  if (lost) context.warn(`warning: ${lost}`);
  if (!hasVolumes(config)) return moment;
  const clocks = { now: moment.now, sinceBoot: sinceBoot() };
  return { ...moment, ...(await volumesNow(context, config, clocks, from)) };
}

/** Without the ledger the state of the last sync is used, so that an unreadable file lifts no limit. */
async function volumesNow(
  context: Context,
  config: Config,
  clocks: Clocks,
  from: Knowledge,
): Promise<Partial<Moment>> {
  const { paths, warn } = context;
  const before = readVolumes(paths.volumes);
  if (from === 'noted' && before) return asMoment(before, clocks);
  try {
    const ledger = typeof from === 'string' ? undefined : (await from).counting?.ledger;
    const delivered = await readDelivered(paths.usage, earliestBegin(config, clocks.now), ledger);
    if (ledger === undefined) return asMoment(before, clocks, delivered.used);
    const { volumes, notices } = reckonVolumes(config, clocks, delivered, before);
    note(context, volumes);
    await notify(context, notices.map(noticeText));
    return asMoment(volumes, clocks);
  } catch (error) {
    warn(`warning: what was used of volumes is as of the last sync: ${(error as Error).message}`);
    return asMoment(before, clocks);
  }
}

/** A full /run is not an error: the next sync then computes from the state before. */
function note({ paths, warn }: Context, volumes: Volumes): void {
  try {
    writeVolumes(paths.volumes, volumes);
  } catch (error) {
    warn(`warning: what was used of volumes is not noted: ${(error as Error).message}`);
  }
}

/** Imports the ledger dynamically, since hooks do without it. */
async function readDelivered(folder: string, begin: number, known: Ledger | undefined): Promise<Delivered> {
  const { readUsed, usedBetween } = await import('../../ledger/used.ts');
  const { splitSubject, ledgerSubject } = await import('../../ledger/subject.ts');
  const { dayOf } = await import('../../units/days.ts');
  const used = readUsed(folder, dayOf(begin), known);
  const keys = [
    ...used.months.flatMap(({ accounts }) => [...accounts.keys()]),
    ...(used.running?.accounts.keys() ?? []),
  ];
  const isOwner = (one: ReturnType<typeof splitSubject>): one is MomentSubject =>
    one.kind === 'guest' || one.kind === 'group';
  return {
    subjects: [...new Set(keys)].map(splitSubject).filter(isOwner),
    used: ({ kind, name }, span) =>
      usedBetween(used, ledgerSubject(kind, name), dayOf(span.begin), dayOf(span.end - 1)),
    total: ({ kind, name }) =>
      used.running?.accounts.get(ledgerSubject(kind, name))?.total ?? { out: 0, in: 0 },
  };
}
