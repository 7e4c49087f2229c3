// Looks up the subject of an override: an existing guest, group or uplink, or an error with the name that was probably meant.
import { matchGuest } from '../../config/pattern.ts';
import type { MomentSubject } from '../../policy/moment/moment.ts';
import { sourcesOf } from '../../policy/origin.ts';
import { Failure } from '../../system/errors.ts';
import { label } from '../../text/label.ts';
import { nearest } from '../../units/nearest.ts';
import type { Generated } from '../generate.ts';

/**
 * @returns whether it runs, so that an override takes effect at once
 * @throws Failure where it does not exist, or is not shaped by configuration
 */
export function findSubject(generated: Generated, { kind, name }: MomentSubject): boolean {
  if (kind === 'guest') return findGuest(generated, name);
  return kind === 'group' ? findGroup(generated, name) : findUplink(generated, name);
}

function findGuest({ inputs, policy }: Generated, name: string): boolean {
  const { config, guests, moment } = inputs;
  if (policy.uplinks.some((uplink) => uplink.guests.some((guest) => guest.name === name))) return true;
  const running = guests.find((guest) => guest.name === name);
  if (running && !matchGuest(config, name) && config.defaults.unlisted !== 'shape') {
    const { metadata } = sourcesOf(config, running, moment);
    if (metadata) return true;
    throw new Failure(
      `guest ${label(name)} has no entry in the configuration in force, so it is not shaped`,
      'write one and apply it first: virt-shaper apply',
    );
  }
  if (running || matchGuest(config, name)) return running !== undefined;
  if (config.groups.some((group) => group.name === name))
    throw new Failure(`there is no guest ${label(name)}; it is a group`, 'with --group the group is meant');
  const entries = config.guests.filter(({ pattern }) => !pattern);
  const meant = nearest(
    name,
    [...entries, ...guests].map((one) => one.name),
  );
  throw notThere(
    `no guest ${label(name)} runs, and no entry of the configuration in force fits that name`,
    meant,
  );
}

function findGroup({ inputs: { config }, policy }: Generated, name: string): boolean {
  if (!config.groups.some((group) => group.name === name)) {
    if (matchGuest(config, name))
      throw new Failure(
        `there is no group ${label(name)}; it is a guest`,
        `virt-shaper limit ${label(name)}`,
      );
    const names = config.groups.map((group) => group.name);
    throw notThere(`the configuration in force has no group ${label(name)}`, nearest(name, names));
  }
  return policy.uplinks.some((uplink) => uplink.groups.some((group) => group.name === name));
}

function findUplink({ inputs: { config }, policy }: Generated, name: string): boolean {
  const isRunning = policy.uplinks.some((uplink) => uplink.name === name);
  if (isRunning || config.uplinks.some((uplink) => uplink.name === name)) return isRunning;
  const names = [...config.uplinks, ...policy.uplinks].map((uplink) => uplink.name);
  throw notThere(`there is no uplink ${label(name)}`, nearest(name, names));
}

function notThere(message: string, meant: string | undefined): Failure {
  return new Failure(
    message,
    meant === undefined ? 'virt-shaper tree shows all that run' : `did you mean ${label(meant)}?`,
  );
}
