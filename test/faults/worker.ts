// One worker of the full run (main.ts): takes changes from stdin, a JSON line each, and answers with a line for
// each try.
import { createInterface } from 'node:readline';
import { makeBench } from './bench.ts';
import { type Amount, runChange } from './run-change.ts';

const bench = await makeBench();
for await (const line of createInterface(process.stdin)) {
  const { seed, index, amount } = JSON.parse(line) as { seed: string; index: number; amount: Amount };
  try {
    await runChange(bench, seed, index, amount, (report) => console.log(JSON.stringify(report)));
  } catch (error) {
    console.log(`change ${index} of seed ${seed}: ${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
  }
  console.log('next');
}
bench.end();
