// The version of a tool, for a report of a defect. Not by exec.ts: every command may have to report one, and loading execa takes
// a tenth of what `virt-shaper --version` does.
import { spawnSync } from 'node:child_process';
import { environment } from './environment.ts';

/** A report cannot wait. @returns the first line that the tool says of its version */
export function toolVersion(command: 'tc' | 'nft'): string {
  const args = [command === 'tc' ? '-V' : '--version'];
  const { stdout } = spawnSync(command, args, { env: environment(), encoding: 'utf8', timeout: 2000 });
  return (stdout ?? '').split('\n')[0] || `no ${command}`;
}
