// The second time, and all times after it: random sequences of what happens to a host, with the same questions after each
// step. VIRT_SHAPER_SEED begins elsewhere, VIRT_SHAPER_LIVES=200 does more of them.
import { Random } from '../faults/random.ts';
import { Life } from '../life/life.ts';
import { ask, asOnTheFirstDay, remember } from '../life/questions.ts';
import { oneStep } from '../life/steps.ts';
import { needsCommand, needsNamespace } from '../support/needs.ts';
import { emulated } from '../support/patience.ts';
import { unless } from '../support/skip.ts';

const test = unless(needsNamespace() ?? needsCommand('nft', 'tc', 'ip', 'flock'));

const first = Number(process.env.VIRT_SHAPER_SEED ?? '1');
const lives = Number(process.env.VIRT_SHAPER_LIVES ?? (emulated ? 1 : 3));
const steps = emulated ? 10 : 25;

for (let seed = first; seed < first + lives; seed += 1) {
  test(`life ${seed}`, async () => {
    const life = new Life(new Random(`life ${seed}`));
    const told: string[] = [];
    try {
      for (let step = 1; step <= steps; step += 1) {
        const before = remember(life);
        life.wasDrifted = life.drifted || life.dirty;
        const did = await oneStep(life);
        const { status, stderr = '' } = did.result ?? {};
        told.push(
          `${step}. ${did.text}${did.fault ? ` ${JSON.stringify(did.fault)}` : ''}: ${status ?? ''} ${stderr.trim()}`,
        );
        await ask(life, did, before);
      }
      told.push('the end');
      await asOnTheFirstDay(life);
    } catch (error) {
      console.log(`life ${seed}:\n${told.join('\n')}`);
      throw error;
    } finally {
      if (!process.env.VIRT_SHAPER_KEEP) life.end();
    }
  });
}

test.run();
