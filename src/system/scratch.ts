// Files without a name for what a command reads and prints: it need not wait for us, whatever we do meanwhile. nft
// writes its listing token by token, 36,000 times for a thousand guests (nft 1.0.6), and by a pipe each of them would
// wake us: 100 ms of our time against 24. Nobody else can open such a file, and it is gone when the last who has it open
// ends.
import fs, { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';

/** O_TMPFILE of open(2), which Node has no name for: its own bit and that of a directory. */
const nameless = 0o20000000 | constants.O_DIRECTORY;

/** @returns an open file, or nothing where no file system here takes a nameless one */
export function openScratch(): number | undefined {
  for (const folder of ['/run', tmpdir()]) {
    try {
      if (!hasRoom(folder)) continue;
      return openSync(folder, nameless | constants.O_RDWR, 0o600);
    } catch {
      // Not ours to write, or of a kind that cannot: the next one.
    }
  }
  return undefined;
}

/** Bytes: more than the answers of thousands of guests. What a command cannot write it leaves out, and says nothing. */
const room = 2 ** 25;

/** @param bytes that will be needed; absent: for the answers of thousands of guests */
export function hasRoom(folder: string, bytes = room): boolean {
  // Node.js has it from 18.15 on.
  const { bavail = bytes, bsize = 1 } = fs.statfsSync?.(folder) ?? {};
  return Number(bavail) * Number(bsize) >= bytes;
}

/** With a text in it, and read from its beginning. @returns nothing where no file system here takes one */
export function scratchWith(text: string): number | undefined {
  const fd = openScratch();
  const bytes = Buffer.from(text);
  for (let done = 0; fd !== undefined && done < bytes.length; ) {
    done += writeSync(fd, bytes, done, bytes.length - done, done);
  }
  return fd;
}

/** The child that was given it has it open. */
export function dropScratch(fd: number): void {
  closeSync(fd);
}

/** The whole text, wherever its writers have left its offset. Closes the file. */
export function takeScratch(fd: number): string {
  try {
    const bytes = Buffer.allocUnsafe(fstatSync(fd).size);
    let done = 0;
    while (done < bytes.length) {
      const read = readSync(fd, bytes, done, bytes.length - done, done);
      if (read === 0) break;
      done += read;
    }
    return bytes.toString('utf8', 0, done);
  } finally {
    closeSync(fd);
  }
}
