// What virt-shaper's rules are measured against: what they replace, and the other ways nft has to find out whose a
// frame is.
import type { Namespace } from '../../support/netns.ts';
import type { Path } from './path.ts';

/** Never reached, so that nothing queues: tokens are not what is measured. */
const unlimited = 'rate 10mbit ceil 40gbit burst 60000 cburst 60000 quantum 60000';
const link = 'rate 40gbit ceil 40gbit burst 60000 cburst 60000 quantum 60000';

/** The ways nft has: one lookup that leads to a chain, as the template does it; two lookups; a rule for each. */
export const ways = ['verdict map', 'two maps', 'a rule each'] as const;
export type Way = (typeof ways)[number];

const idOf = (index: number) => 0x10 + index;

/** Only the marking, without queues. */
export async function loadWay({ host, taps }: Path, way: Way): Promise<void> {
  const pairs = taps.flatMap((tap, index) => [
    { pair: `"${tap}" . "eth0"`, name: `out-${index}`, id: idOf(index), major: 1 },
    { pair: `"eth0" . "${tap}"`, name: `in-${index}`, id: idOf(index), major: 2 },
  ]);
  const set = ({ id, major }: (typeof pairs)[number]) =>
    `meta mark set ${id} meta priority set ${major}:${id.toString(16)}`;
  const map = (name: string, type: string, value: (one: (typeof pairs)[number]) => string) =>
    `map ${name} { type ifname . ifname : ${type}
      elements = { ${pairs.map((one) => `${one.pair} : ${value(one)}`).join(', ')} }
    }`;
  const bodies: Record<Way, () => { before: string[]; rules: string[] }> = {
    'verdict map': () => ({
      before: [
        ...pairs.map((one) => `chain ${one.name} {\n${set(one)} comment "guest"\n}`),
        map('guests', 'verdict', ({ name }) => `goto ${name}`),
      ],
      rules: ['iifname . oifname vmap @guests'],
    }),
    'two maps': () => ({
      before: [
        map('marks', 'mark', ({ id }) => `${id}`),
        map('classes', 'classid', ({ id, major }) => `${major}:${id.toString(16)}`),
      ],
      rules: [
        'meta mark set iifname . oifname map @marks',
        'meta priority set iifname . oifname map @classes',
      ],
    }),
    'a rule each': () => ({
      before: [],
      rules: pairs.map((one) => {
        const [iif, oif] = one.pair.split(' . ');
        return `iifname ${iif} oifname ${oif} ${set(one)} comment "guest"`;
      }),
    }),
  };
  const { before, rules } = bodies[way]();
  const chain = `chain forward {\ntype filter hook forward priority 250;\n${rules.join('\n')}\n}`;
  const table = `table bridge compared {\n${[...before, chain].join('\n')}\n}\n`;
  await host.run('nft', ['-f', '-'], { input: table });
}

/**
 * Two physdev rules and one filter a guest, as the hook of 2010 had them; where it had fw filters and the kernel
 * has none, the u32 filter that says the same. Bursts and quanta are those it did not have: what differs is only
 * how a packet finds its class.
 * @returns which filter it was
 */
export async function loadOldWay({ host, taps, tap }: Path): Promise<'fw' | 'u32'> {
  const rules = taps.flatMap((one, index) => [
    `-A FORWARD -m physdev --physdev-in ${one} --physdev-out eth0 -j MARK --set-mark ${idOf(index)}`,
    `-A FORWARD -m physdev --physdev-in eth0 --physdev-out ${one} -j MARK --set-mark ${idOf(index)}`,
  ]);
  await host.run('iptables-restore', [], { input: ['*mangle', ...rules, 'COMMIT', ''].join('\n') });
  const kind = await markFilter(host);
  const tree = (device: string, ids: number[]) => [
    `qdisc add dev ${device} root handle 1: htb default 333`,
    `class add dev ${device} parent 1: classid 1:1 htb ${link}`,
    `class add dev ${device} parent 1:1 classid 1:333 htb ${unlimited}`,
    ...ids.flatMap((id) => [
      `class add dev ${device} parent 1:1 classid 1:${classOf(id)} htb ${unlimited}`,
      `filter add dev ${device} parent 1: protocol all prio 1 ${filterText(kind, id)} flowid 1:${classOf(id)}`,
    ]),
  ];
  // A tree on each tap, in which the guest is alone; the measured one's is enough.
  const lines = [
    ...tree(
      'eth0',
      taps.map((_, index) => idOf(index)),
    ),
    ...tree(tap, [idOf(taps.indexOf(tap))]),
  ];
  await host.run('tc', ['-batch', '-'], { input: `${lines.join('\n')}\n` });
  return kind;
}

/** Not 333, which is the default's. */
function classOf(id: number): string {
  return (id + 0x1000).toString(16);
}

async function markFilter(host: Namespace): Promise<'fw' | 'u32'> {
  const lines = [
    'qdisc add dev br0 root handle 9: htb',
    `filter add dev br0 parent 9: protocol all prio 1 ${filterText('fw', 1)} flowid 9:1`,
  ];
  const { status } = await host.start('tc', ['-batch', '-'], { input: `${lines.join('\n')}\n` }).ended;
  await host.start('tc', ['qdisc', 'del', 'dev', 'br0', 'root'], {}).ended;
  return status === 0 ? 'fw' : 'u32';
}

function filterText(kind: 'fw' | 'u32', id: number): string {
  return kind === 'fw' ? `handle ${id} fw` : `u32 match mark ${id} 0xffffffff`;
}
