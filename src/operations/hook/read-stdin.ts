// The domain's XML, which libvirt writes to its hook.
import { maxDomainXml } from '../../guests/domain-xml.ts';

/** Milliseconds without a byte, after which another caller than libvirt has forgotten to close our stdin. */
const longestSilence = 10_000;

/** To the end whatever its size, since libvirt waits until all is taken; no more is kept than can be parsed. */
export async function readStdin(silence = longestSilence): Promise<string> {
  if (process.stdin.isTTY) return '';
  const chunks: Buffer[] = [];
  let size = 0;
  const giveUp = setTimeout(() => process.stdin.destroy(), silence);
  try {
    for await (const chunk of process.stdin) {
      giveUp.refresh();
      if (size <= maxDomainXml) chunks.push(chunk);
      size += chunk.length;
    }
  } catch {
    // Closed, or nothing that can be read: what is missing is said where it is needed.
  } finally {
    clearTimeout(giveUp);
  }
  return Buffer.concat(chunks).toString('utf8');
}
