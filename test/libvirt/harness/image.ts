// What a guest boots: the distribution's own kernel, and an initramfs of busybox, iperf3 and the few modules
// that a virtio NIC needs. It gives every NIC an address made from its MAC, plugged in later or not, so a
// guest needs no configuration; see init.sh.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execaSync } from 'execa';

export interface Image {
  kernel: string;
  initramfs: string;
  /** A kernel that only halts. */
  halt: string;
}

/** What libvirt-setup.sh has unpacked. */
const kernelFolder = fileURLToPath(
  new URL('../../../node_modules/.cache/libvirt-guest/kernel', import.meta.url),
);
const wanted = ['virtio_pci', 'virtio_net', 'evdev', 'button'];

/** @param folder gets the two files */
export function buildImage(folder: string): Image {
  const modulesFolder = join(
    kernelFolder,
    existsSync(join(kernelFolder, 'usr/lib/modules')) ? 'usr' : '',
    'lib/modules',
  );
  const [version] = readdirSync(modulesFolder);
  if (!version) throw new Error(`no kernel in ${kernelFolder}`);
  const modules = join(modulesFolder, version);
  const image = {
    kernel: join(folder, 'vmlinuz'),
    initramfs: join(folder, 'initramfs'),
    halt: join(folder, 'halt'),
  };
  writeFileSync(image.halt, haltingKernel());
  const kernels = [join(modules, 'vmlinuz'), join(kernelFolder, `boot/vmlinuz-${version}`)];
  copyFileSync(kernels.find(existsSync) ?? '', image.kernel);

  const root = mkdtempSync(join(tmpdir(), 'virt-shaper-guest-'));
  try {
    for (const name of ['bin', 'dev', 'proc', 'sys', 'tmp', 'root', 'modules', 'etc'])
      mkdirSync(join(root, name));
    // iperf3 looks its user up.
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
    copyFileSync(fileURLToPath(new URL('init.sh', import.meta.url)), join(root, 'init'));
    chmodSync(join(root, 'init'), 0o755);
    for (const program of ['busybox', 'iperf3']) copyWithLibraries(which(program), root);
    if (!existsSync(join(modules, 'modules.dep')))
      execaSync('depmod', ['-b', dirname(dirname(dirname(modules))), version]);
    copyModules(modules, join(root, 'modules'));
    const files = execaSync('find', ['.'], { cwd: root }).stdout;
    const archive = execaSync('cpio', ['--create', '--format=newc', '--quiet'], {
      cwd: root,
      input: Buffer.from(files),
      encoding: 'buffer',
    });
    writeFileSync(image.initramfs, archive.stdout);
  } finally {
    rmSync(root, { recursive: true });
  }
  return image;
}

/** Multiboot 1, its header with addresses as qemu wants it: loaded at 1 MiB, and its code right behind the header. */
export function haltingKernel(): Buffer {
  const [magic, hasAddresses, at, headerSize] = [0x1badb002, 0x10000, 0x100000, 32];
  const code = Buffer.from([0xfa, 0xf4, 0xeb, 0xfd]); // cli; hlt; jmp to hlt
  const end = at + headerSize + code.length;
  const header = [magic, hasAddresses, -(magic + hasAddresses), at, at, end, end, at + headerSize];
  return Buffer.concat([Buffer.from(Uint32Array.from(header).buffer), code]);
}

function which(command: string): string {
  return execaSync('sh', ['-c', `command -v ${command}`], {
    env: { PATH: `${process.env.PATH}:/usr/sbin:/sbin` },
  }).stdout;
}

/** Each library at the path at which the loader looks for it. Of a static program, such as some busybox, ldd only says that it is one. */
function copyWithLibraries(program: string, root: string): void {
  copyFileSync(program, join(root, 'bin', basename(program)));
  const { stdout } = execaSync('ldd', [program], { reject: false });
  for (const [library] of stdout.matchAll(/\/\S+\.so\S*/g)) {
    mkdirSync(join(root, dirname(library)), { recursive: true });
    copyFileSync(library, join(root, library));
  }
}

/** In the order in which they can be loaded. One that is not there is part of the kernel itself. */
function copyModules(modules: string, to: string): void {
  const needs = new Map<string, string[]>();
  for (const line of readFileSync(join(modules, 'modules.dep'), 'utf8').split('\n')) {
    const [path = '', others = ''] = line.split(':');
    needs.set(path, others.split(' ').filter(Boolean));
  }
  const inOrder = new Set<string>();
  for (const name of wanted) {
    const path = [...needs.keys()].find(
      (key) =>
        basename(key)
          .replace(/\.ko.*/, '')
          .replaceAll('-', '_') === name,
    );
    // modules.dep names what a module needs nearest first.
    if (path) for (const file of [...(needs.get(path) ?? []).toReversed(), path]) inOrder.add(file);
  }
  for (const [i, path] of [...inOrder].entries()) {
    const plain = join(to, `${String(i).padStart(2, '0')}-${basename(path).replace(/\.ko.*/, '.ko')}`);
    writeFileSync(plain, readModule(join(modules, path)));
  }
}

function readModule(path: string): Uint8Array {
  const unpack = { '.xz': 'xz', '.zst': 'zstd', '.gz': 'gzip' }[path.slice(path.lastIndexOf('.'))];
  if (!unpack) return readFileSync(path);
  return execaSync(unpack, ['-dc', path], { encoding: 'buffer' }).stdout;
}
