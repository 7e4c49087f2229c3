// Start reading here. Everything virt-shaper decides is decided on this page, without touching the world:
//
//   config/  TOML -> Config                  guests/  libvirt's XML, run state -> Guest
//   policy/  who gets which rate             plan/    which class, mark and map element that is
//   render/  the plan as the files of rules.d
//
// load/ then makes the kernel hold what those files say.
import type { Config } from './config/config.ts';
import type { Guest } from './guests/guest.ts';
import type { Host } from './host/host.ts';
import { assignIds, type ChosenIds } from './plan/ids.ts';
import { makePlan } from './plan/make-plan.ts';
import type { Plan } from './plan/plan.ts';
import type { Moment } from './policy/moment/moment.ts';
import type { Policy } from './policy/policy.ts';
import { resolvePolicy } from './policy/resolve-policy.ts';
import { type Rules, render } from './render/render.ts';
import type { Templates } from './render/templates.ts';

export interface Inputs {
  config: Config;
  /** Longest running first. */
  guests: Guest[];
  host: Host;
  /** What holds for a time only; any other moment can be asked for. */
  moment: Moment;
  chosen: ChosenIds;
  templates: Templates;
  /** What the configuration was read from, for the files' banners. */
  source: string;
}

export interface Outputs {
  policy: Policy;
  plan: Plan;
  chosen: ChosenIds;
  rules: Rules;
}

export function generate({ config, guests, host, moment, chosen, templates, source }: Inputs): Outputs {
  const policy = resolvePolicy(config, guests, host, moment);
  const shaped = policy.uplinks.flatMap((uplink) => uplink.guests.map((guest) => guest.name));
  const numbered = assignIds(config, shaped, chosen);
  const plan = makePlan(policy, numbered.ids, config, host.kernel);
  return { policy, plan, chosen: numbered.chosen, rules: render(plan, templates, source) };
}
