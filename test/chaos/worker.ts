// One worker of the full run (main.ts): takes seeds from stdin, a JSON line each, and answers with a line for each step.
import { createInterface } from 'node:readline';
import { runSeed } from './run.ts';

for await (const line of createInterface(process.stdin)) {
  const { seed, indexes, only } = JSON.parse(line) as { seed: string; indexes: number[]; only?: string[] };
  try {
    await runSeed(seed, indexes, (step) => console.log(JSON.stringify(step)), only);
  } catch (error) {
    console.log(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
    process.exitCode = 1;
  }
  console.log('next');
}
