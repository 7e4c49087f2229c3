// A scene to look at: two uplinks, a group whose members fill it, one guest alone, one that is not shaped.
import type { Flow, Row, Scene } from '../../../src/top/scene.ts';

const mbit = 1_000_000;

export function flow(now: number, rate: number, ceil: number, more: Partial<Flow> = {}): Flow {
  return { now: now * mbit, rate: rate * mbit, ceil: ceil * mbit, packets: 0, drops: 0, backlog: 0, ...more };
}

export function guest(name: string, out: Flow, into: Flow, more: Partial<Row> = {}): Row {
  return { kind: 'guest', name, uplink: 'eth0', flow: { out, in: into }, state: 'shaped', ...more };
}

export function someScene(): Scene {
  return {
    at: new Date(2024, 4, 6, 7, 8, 9).getTime(),
    host: 'kvm1',
    links: [
      { name: 'eth0', flow: { out: flow(500, 1000, 1000, { drops: 12 }), in: flow(31, 1000, 1000) } },
      { name: 'bond0.120', flow: { out: flow(0, 50, 50), in: flow(0, 100, 100) } },
    ],
    rows: [
      guest('cliff', flow(29.6, 15, 30, { drops: 12, backlog: 94_000 }), flow(0.21, 15, 30), {
        group: 'friends',
      }),
      guest('rob', flow(0, 15, 30), flow(7.5, 15, 30), { group: 'friends' }),
      guest('jason', flow(20, 10, 40), flow(2, 30, 100), { uplink: 'bond0.120' }),
      guest('名前のゲスト', flow(0, 1, 20), flow(0, 1, 20)),
      { kind: 'guest', name: 'lost', state: 'unshaped', note: 'vnet7: there is no such device' },
      { kind: 'guest', name: 'free', state: 'left out', note: 'it has no entry' },
      {
        kind: 'group',
        name: 'friends',
        uplink: 'eth0',
        flow: { out: flow(29.6, 30, 30), in: flow(7.71, 30, 30) },
      },
      {
        kind: 'unmarked',
        name: 'unmarked',
        uplink: 'eth0',
        flow: { out: flow(470, 10, 1000), in: flow(23, 10, 1000) },
      },
    ],
  };
}
