/**
 * VLAN interfaces of this host: a program that is attached to the parent sees tagged frames there, and what goes to a
 * VLAN it sends through the parent with a tag. Which tag belongs to which interface it reads from map `vlans`, which
 * every apply brings up to date.
 */
import { readFileSync } from 'node:fs';
import { vlan, vlanKey } from '../compiler/generated/layout.ts';
import type { Instance } from './datapath.ts';
import { runIp } from './iproute.ts';

export interface VlanInterface {
  readonly name: string;
  readonly ifindex: number;
  readonly parent: string;
  readonly parentIndex: number;
  /** 1–4094. */
  readonly vid: number;
}

interface Link {
  readonly ifindex: number;
  readonly ifname: string;
  /** Name of the parent, where that is in the same network namespace. */
  readonly link?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly protocol?: string; readonly id?: number } };
}

/** The VLANs (802.1Q) among what `ip -details -json link` answered, with a parent among it. */
export function vlansAmong(links: readonly Link[]): VlanInterface[] {
  const indices = new Map(links.map((l) => [l.ifname, l.ifindex]));
  return links.flatMap(({ ifname, ifindex, link, linkinfo }) => {
    const { protocol, id } = linkinfo?.info_data ?? {};
    const parentIndex = link === undefined ? undefined : indices.get(link);
    if (linkinfo?.info_kind !== 'vlan' || protocol !== '802.1Q' || id === undefined || link === undefined || parentIndex === undefined) return [];
    return [{ name: ifname, ifindex, parent: link, parentIndex, vid: id }];
  });
}

/**
 * Those of the calling thread's network namespace, on interfaces without a program too: packets to backends leave by
 * them. Asks nobody where there are none.
 */
export function vlanInterfaces(): VlanInterface[] {
  if (!hasVlans()) return [];
  const { error, status, stdout } = runIp(['-details', '-json', 'link', 'show']);
  return error || status !== 0 ? [] : vlansAmong(JSON.parse(stdout) as readonly Link[]);
}

/** Whether there are any, from what the kernel says without a tool. */
export function hasVlans(): boolean {
  try {
    // Two lines of heading, and one for each.
    return readFileSync('/proc/thread-self/net/vlan/config', 'utf8').trim().split('\n').length > 2;
  } catch {
    return false;
  }
}

/** Makes the map hold these, both ways, and no others. */
export function writeVlans(instance: Instance, vlans: readonly VlanInterface[]): void {
  const map = instance.map('vlans');
  const wanted = new Map(vlans.flatMap(({ ifindex, parentIndex, vid }) => [
    entry({ ifindex: parentIndex, vid }, { ifindex, vid }),
    entry({ ifindex, vid: 0 }, { ifindex: parentIndex, vid }),
  ]));
  const { keys, count } = map.entries();
  for (let i = 0; i < count; i++) {
    const key = keys.slice(i * vlanKey.size, (i + 1) * vlanKey.size);
    if (!wanted.has(key.join())) map.delete(key);
  }
  for (const { key, value } of wanted.values()) map.update(key, value);
}

function entry(of: Parameters<typeof vlanKey.encode>[0], to: Parameters<typeof vlan.encode>[0]): [string, { key: Uint8Array; value: Uint8Array }] {
  const key = vlanKey.encode(of);
  return [key.join(), { key, value: vlan.encode(to) }];
}
