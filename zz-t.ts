import { readFileSync } from 'node:fs';
import { importBandwidthConf } from './src/import/bandwidth-conf.ts';
const r = importBandwidthConf(readFileSync(0,'utf8'), 'bandwidth.conf');
console.log(r.toml);
for (const p of r.problems) console.log(p.at!.line, p.at!.column, p.severity, p.message, '|', p.hint);
