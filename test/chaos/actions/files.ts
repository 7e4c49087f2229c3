// Files that are emptied, damaged, or cannot be written; the configuration; the clock; calls by hand.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../../faults/random.ts';
import type { World } from '../world.ts';
import { type Action, attempt, type Done, foreign, harmless } from './action.ts';

/** What virt-shaper keeps there, without its locks. */
function filesOf(world: World, folder: string): string[] {
  const top = join(world.root, folder);
  if (!existsSync(top)) return [];
  return readdirSync(top, { recursive: true, encoding: 'utf8' })
    .map((name) => join(top, name))
    .filter((file) => statSync(file).isFile() && !/lock$/.test(file))
    .sort();
}

const ways = ['deleted', 'emptied', 'full of NULs', 'cut in the middle'] as const;

function harm(file: string, way: (typeof ways)[number]): void {
  // Some have a second name by a link, and are harmed already.
  if (!existsSync(file)) return;
  const { size } = statSync(file);
  if (way === 'deleted') rmSync(file);
  else if (way === 'emptied') writeFileSync(file, '');
  else if (way === 'full of NULs') writeFileSync(file, Buffer.alloc(size));
  else attempt(`truncate -s ${Math.floor(size / 2)} '${file}'`);
}

function oneFile(folder: string): Action {
  return (world, random): Done | undefined => {
    const files = filesOf(world, folder);
    if (files.length === 0) return undefined;
    const [file, way] = [random.pick(files), random.pick(ways)];
    harm(file, way);
    return { text: `${file.slice(world.root.length)} ${way}`, harms: true };
  };
}

function everyFile(folder: string): Action {
  return (world, random): Done | undefined => {
    const files = filesOf(world, folder);
    if (files.length === 0) return undefined;
    const way = random.pick(ways);
    for (const file of files) harm(file, way);
    return { text: `every file below /${folder} ${way}`, harms: true };
  };
}

function edit(world: World, random: Random): string {
  const { guests, groups } = world.settings;
  const ceil = random.integer(10, 60);
  if (random.chance(0.3)) {
    const group = random.pick(Object.keys(groups));
    groups[group] = ceil + 20;
    return `group ${group} gets ${ceil + 20} mbit`;
  }
  const guest = random.pick(Object.keys(guests));
  guests[guest] = ceil;
  return `${guest} gets ${ceil} mbit`;
}

export const fileActions: Record<string, Action> = {
  'a file of /run harmed': oneFile('run/virt-shaper'),
  'every file of /run harmed': everyFile('run/virt-shaper'),
  'a file of /var harmed': oneFile('var/lib/virt-shaper'),
  'every file of /var harmed': everyFile('var/lib/virt-shaper'),
  'disk full': (world) => {
    const folder = join(world.root, 'var/lib/virt-shaper');
    const keep = `${world.root}/kept`;
    const full = foreign(
      `mkdir -p ${keep} && cp -a ${folder}/. ${keep}
       mount -t tmpfs -o size=256k tmpfs ${folder} && cp -a ${keep}/. ${folder} && rm -r ${keep}
       dd if=/dev/zero of=${folder}/fill bs=1k 2>/dev/null || :`,
      `rm -f ${folder}/fill; mkdir ${keep} && cp -a ${folder}/. ${keep}; umount ${folder}
       rm -rf ${folder}; mv ${keep} ${folder}`,
      () => true,
    );
    return full && { ...full, text: 'the disk of /var/lib/virt-shaper is full' };
  },
  'configuration broken': (world, random) => {
    if (world.settings.mistake !== undefined) return undefined;
    world.settings.mistake = random.pick(['[guest.x\n', '[guest.x]\nceil = "fast"\n', 'ceil = 3 = 4\n']);
    world.configured();
    const undo = () => {
      delete world.settings.mistake;
      world.configured();
    };
    return { text: `the configuration ends with ${world.settings.mistake.trim()}`, undo };
  },
  'configuration for all to write': (world) => {
    const file = join(world.root, 'etc/virt-shaper/config.toml');
    if (!existsSync(file)) return undefined;
    return foreign(`chmod 666 ${file}`, `chmod 644 ${file}`);
  },
  'configuration gone': (world) => {
    const file = join(world.root, 'etc/virt-shaper/config.toml');
    if (!existsSync(file)) return undefined;
    rmSync(file);
    return { text: 'config.toml deleted', undo: () => world.configured() };
  },
  'configuration edited': (world, random) => {
    const text = edit(world, random);
    world.configured();
    return { text };
  },
  'configuration edited and loaded': (world, random) => {
    const text = edit(world, random);
    world.configured();
    world.program.run(['render']);
    world.program.run(['load']);
    return { text: `${text}; render, load` };
  },
  'a limit for now': (world, random) => {
    const guest = random.pick(Object.keys(world.settings.guests));
    const ceil = ['--ceil', `${random.integer(1, 60)}mbit`, ...(random.chance(0.5) ? ['--for', '2h'] : [])];
    const args = ['limit', guest, ...(random.chance(0.3) ? ['--lift'] : ceil)];
    world.program.run(args);
    return { text: args.join(' ') };
  },
  'clock jumps': (world, random) => {
    const hours = random.pick([-24 * 400, -3, 3, 24 * 400]);
    world.program.ahead += hours * 3600;
    const undo = () => {
      world.program.ahead = 0;
    };
    return { text: `the clock jumps by ${hours} h`, undo };
  },
  unload: (world) => {
    if (world.program.run(['unload']).status !== 0) return undefined;
    world.off = true;
    return { text: 'unload', undo: () => void world.program.run(['sync']), spoils: () => world.off };
  },
  'load killed': (world, random) => {
    const kill = random.integer(50, 500);
    attempt('nft flush ruleset');
    world.program.run(['load'], { kill });
    return { text: `nft flush ruleset; load, killed after ${kill} ms` };
  },
  'looks by hand': (world) => {
    for (const args of [['plan'], ['load', '--dry-run'], ['check']]) world.program.run(args);
    return harmless({ text: 'plan, load --dry-run, check' });
  },
  'a process of ours lingers': (world) => {
    spawnSync('sh', ['-c', `flock ${join(world.root, 'run/virt-shaper/lock')} sleep 0.1`]);
    return harmless({ text: 'the lock is held for a moment' });
  },
};
