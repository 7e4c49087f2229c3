// Guests behind a router whose frames the host sends to the world by a device at which the rules in force give no class.
import { type Host, stackOf } from '../../host/host.ts';
import { readDevices } from '../../host/read-host.ts';
import { type HostReads, readWaysOut, type WayOut } from '../../host/ways-out.ts';
import type { TapPlan, UplinkPlan } from '../../plan/plan.ts';
import type { Run } from '../../system/exec.ts';
import type { Astray } from '../facts.ts';

/** By tap. Nothing is asked where no guest in force is behind a router. @param reads absent: this host's */
export async function readAstray(
  run: Run,
  uplinks: UplinkPlan[],
  reads?: HostReads,
): Promise<Map<string, Astray[]>> {
  const routed = new Map(uplinks.flatMap(({ ports, taps }) => routedTaps(ports, taps)));
  const senders = [...routed.values()].map(({ name, bridge, mac, sender }) => ({
    name,
    bridge,
    ...(mac === undefined ? {} : { mac }),
    ...(sender === undefined ? {} : { mark: sender }),
  }));
  const ways = await readWaysOut(run, senders, reads);
  // Most hosts' routes lead to the uplinks themselves, so nobody has to know what lies on what.
  let found: Host['devices'] | undefined;
  const stack = (device: string) => {
    found ??= readDevices();
    return stackOf(found, device);
  };
  // All taps of a bridge have the same uplinks.
  const exits = new Map(
    [...new Set(senders.map(({ bridge }) => bridge))].map((bridge) => {
      const own = uplinks.filter(({ taps }) => taps.some((tap) => tap.bridge === bridge));
      return [bridge, exitsOf(own, stack)] as const;
    }),
  );
  const astray = senders.map(({ name, bridge }): [string, Astray[]] => [
    name,
    (ways.get(name) ?? []).flatMap((way) => exits.get(bridge)?.(way) ?? []),
  ]);
  return new Map(astray.filter(([, lost]) => lost.length > 0));
}

/** @param stack what a device lies on, itself first @returns what of a way out is none of these uplinks */
export function exitsOf(uplinks: UplinkPlan[], stack: (device: string) => string[]) {
  const bridges = new Set(uplinks.flatMap(({ ports }) => ports.map(({ bridge }) => bridge)));
  const known = new Set([...bridges, ...uplinks.flatMap(({ routes = [] }) => routes)]);
  const isExit = (device: string) =>
    known.has(device) || (bridges.size > 0 && stack(device).some((one) => bridges.has(one)));
  return ({ family, devices }: WayOut): Astray[] => {
    const others = devices.filter((device) => !isExit(device));
    if (others.length === 0) return [];
    const isNew = others.every((device) => uplinks.some(({ name }) => stack(device).includes(name)));
    return [{ family, devices: others, isPart: others.length < devices.length, isNew }];
  };
}

function routedTaps(ports: UplinkPlan['ports'], taps: TapPlan[]): [string, TapPlan][] {
  const bridges = new Set(ports.map(({ bridge }) => bridge));
  return taps.filter(({ bridge }) => !bridges.has(bridge)).map((tap) => [tap.name, tap]);
}
