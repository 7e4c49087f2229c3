// The screens of the documents, as the program's own code draws them.
import { parseRules } from '../../src/diff/parse-rules.ts';
import type { KernelState, State } from '../../src/kernel/objects.ts';
import { explain } from '../../src/report/explain/explain.ts';
import { explainText } from '../../src/report/explain/text.ts';
import { reportStatus } from '../../src/report/status.ts';
import { reportTree } from '../../src/report/tree.ts';
import { usageText } from '../../src/report/usage/usage.ts';
import { textOf } from '../../src/text/spans.ts';
import { renderFrame } from '../../src/top/frame.ts';
import { makeScene } from '../../src/top/make-scene.ts';
import { initialView, type View } from '../../src/top/view.ts';
import { asked } from '../../test/support/in-use.ts';
import { interval, makeHost, makeUse } from './scene.ts';

const plain = { width: 118, colours: false };
const at = new Date(2026, 10, 29, 9, 17, 45).getTime();

/** By what they are called in the documents. */
export function screens(): Record<string, string> {
  const { inputs, outputs } = makeHost();
  const { inUse, before } = makeUse(outputs);
  const broken = makeUse(outputs, ['vnet2']).inUse;
  const loaded = {
    ...asked,
    history: { version: 1 as const, loads: 1, failures: 0, last: { at: at - 60_000 } },
  };
  const [sending = ''] = reportTree(inUse, plain).split('\n\n');
  const top = (rows: number, view: Partial<View> = {}) => {
    const state = {
      scene: makeScene(inUse, before, 'kvm1', at),
      view: { ...initialView(interval), ...view },
      unicode: true,
    };
    return renderFrame(state, { columns: 80, rows }).lines.map((line) => textOf(line).trimEnd());
  };
  const grouped = top(12, { tree: true });
  return {
    status: reportStatus(broken, loaded, plain, at),
    tree: `${sending}\n`,
    top: `${grouped.join('\n')}\n`,
    'top-short': `${grouped.slice(1, 8).join('\n')}\n`,
    usage: used(),
    explain: explained(inputs, outputs, inUse),
  };
}

function used(): string {
  const row = (
    name: string,
    group: string | undefined,
    [out, received]: [number, number],
    peaks: [number, number],
  ) => ({
    kind: 'guest' as const,
    name,
    ...(group === undefined ? {} : { group }),
    used: { out: out * 1e9, in: received * 1e9 },
    p95: { out: peaks[0] * 1e6, in: peaks[1] * 1e6 },
  });
  const rows = [
    row('cliff', 'friends', [812, 95.4], [21.4, 2.71]),
    row('database', undefined, [1240, 310], [14.8, 4.02]),
    row('rob', 'friends', [97.1, 402], [3.38, 18.2]),
  ];
  const report = { from: '2026-11-01', until: '2026-11-30', counted: at, p95: true, rows };
  return usageText(report, plain);
}

function explained(
  inputs: Parameters<typeof explain>[1],
  outputs: Parameters<typeof explain>[2],
  { guests: rows, limits, uses }: ReturnType<typeof makeUse>['inUse'],
): string {
  const folder = '/var/lib/virt-shaper/rules.d';
  const wanted = parseRules(outputs.rules, folder);
  const kernel = {
    from: inKernel(wanted),
    to: wanted,
    loaded: wanted,
    list: [],
    unreached: [],
    obstacles: [],
    uses,
  };
  const explanation = explain('cliff', inputs, outputs, {
    rules: { folder, rules: outputs.rules },
    kernel,
    rows,
    limits,
  });
  const lines = explainText(explanation, '.').map((line) => textOf(line).trimEnd());
  return `${lines.slice(0, lines.findIndex((line) => line.startsWith(`In ${folder}`)) - 1).join('\n')}\n`;
}

/** A kernel that holds it, and nothing in its way. */
function inKernel(state: State): KernelState {
  const objects = [...state.objects.values()].map(({ subject: _, place: _at, ...object }) => object);
  return {
    ...state,
    objects: new Map(objects.map((object) => [object.key, object])),
    present: new Set(),
    foreignRoots: new Map(),
    occupiedTaps: new Set(),
    sharedTaps: new Set(),
    unfinished: new Set(),
    formerSettings: new Map(),
    hasTable: true,
  };
}
