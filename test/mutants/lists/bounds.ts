// Faults in what just fits, in one entry among many, and in which of two is meant: of those that random ones found alive.
import type { Listed } from './listed.ts';

export const bounds: Listed[] = [
  {
    what: 'a file with one damaged credit among good ones is whole',
    from: "    typeof name === 'string' &&\n    all.every(",
    to: "    typeof name === 'string' &&\n    all.some(",
    quick: ['unit/store/half-damaged'],
  },
  {
    what: 'one warning of the configuration is not kept with the plan',
    from: 'const configuration = about.length > 0 ?',
    to: 'const configuration = about.length > 1 ?',
    quick: ['unit/store/half-damaged'],
  },
  {
    what: 'what a late sync counts makes a peak that is billed',
    from: 'const from = Math.max(begin, slot * slotLength);',
    to: 'const from = begin;',
    quick: ['unit/ledger/spread'],
  },
  {
    what: 'libvirt 7 is too old for qemu.d',
    from: '?? [7];\n  if (major > 6 ||',
    to: '?? [7];\n  if (major > 7 ||',
    quick: ['unit/doctor/advice'],
  },
  {
    what: 'a hook of lxc that nobody has installed is a problem',
    from: "const isThere = whose !== 'nobody' && executable;",
    to: "const isThere = whose !== 'nobody' || executable;",
    quick: ['unit/doctor/advice'],
  },
  {
    what: 'a daemon of libvirt’s seems to have begun at another time',
    from: "const uptime = Number(readQuietly('/proc/uptime')?.split(' ')[0]);",
    to: "const uptime = Number(readQuietly('/proc/uptime')?.split(' ')[1]);",
    quick: ['unit/hooks/daemon'],
  },
  {
    what: 'of two devices that a name of the old file may end with, the first that is written is meant',
    from: '    .sort((a, b) => b.length - a.length);\n  const device = known[0]',
    to: ';\n  const device = known[0]',
    quick: ['unit/import/bounds.test.ts'],
  },
  {
    what: 'a guest without limits takes the name of one that has some',
    from: 'Object.keys({ ...nic.ceil, ...nic.rate }).length > 0)) return undefined;',
    to: 'Object.keys({ ...nic.ceil, ...nic.rate }).length >= 0)) return undefined;',
    quick: ['unit/import/bounds.test.ts'],
  },
  {
    what: 'a first configuration of a host whose link’s speed is not known gives guests 8 kbit',
    from: 'Math.max(0, ...host.uplinks.map(({ speed }) => speed ?? 0)) || usualSpeed;',
    to: 'Math.max(0, ...host.uplinks.map(({ speed }) => speed ?? 1)) || usualSpeed;',
    quick: ['unit/init'],
  },
  {
    what: 'top --json has groups and uplinks among its guests',
    from: 'rows.filter((row) => row.kind === kind);',
    to: 'rows.filter((row) => row.kind !== kind);',
    quick: ['unit/top/once'],
  },
  {
    what: 'our table counts as gone where another is listed before it',
    from: "if (begin === 0 && !listing.startsWith(head)) return '';",
    to: "if (!listing.startsWith(head)) return '';",
    quick: ['unit/kernel/nft/listing'],
  },
  {
    what: 'two swapped letters are two mistakes where a word begins with them',
    from: 'i > 1 && j > 1 &&',
    to: 'i > 2 && j > 1 &&',
    quick: ['unit/system/words'],
  },
];
