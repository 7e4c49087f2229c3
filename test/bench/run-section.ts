// run-section.ts NAME [--quick] [--program FILE] [--out FILE]   measures one section in the namespaces it is run in
// (test/support/netns.sh), and writes it as JSON: to FILE, or for people to stdout.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { virtShaper } from '../lab/libvirt.ts';
import { clearProgress, showProgress } from '../lab/table.ts';
import { needsNamespace } from '../support/needs.ts';
import { sections } from './sections.ts';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: 'boolean', default: false },
    program: { type: 'string', default: virtShaper },
    out: { type: 'string' },
  },
});

const obstacle = needsNamespace();
if (obstacle) throw new Error(obstacle);
const [name = ''] = positionals;
const load = sections[name];
if (!load) throw new Error(`no section ${name}; there are ${Object.keys(sections).join(', ')}`);
const { measure } = await load();

// A real disk, as below /var: what is synced there takes time.
const scratch = mkdtempSync(join('/var/tmp', 'virt-shaper-bench-'));
process.once('exit', () => rmSync(scratch, { recursive: true, force: true }));
const section = await measure({
  quick: values.quick,
  program: values.program,
  scratch,
  progress: (text) => showProgress(`${name}: ${text}`),
});
clearProgress();
const json = `${JSON.stringify(section, null, 1)}\n`;
if (values.out) writeFileSync(values.out, json);
else process.stdout.write(json);
process.exit();
