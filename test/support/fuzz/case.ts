/** What arrived and what became of it, for those who judge; and what is to be said of any frame that leaves. */
import type { Model, Translation } from './model.ts';
import { macs, type Interface, type Way } from './network.ts';
import type { Frame, Packet } from './view.ts';
import { equal, keyAt } from './wire.ts';

export type Verdict = 'aborted' | 'drop' | 'pass' | 'tx' | 'redirect';

/** What became of a packet; `unread`: no IP packet, or none of a feature that is on. */
export type Fate = 'dropped' | 'passed' | 'unread' | 'moved' | 'wrapped' | 'answered' | 'echoed' | 'translated' | 'replied' | 'error' | 'decapsulated' | 'to-pod' | 'wrong';

export interface Case {
  readonly model: Model;
  readonly on: Interface;
  readonly verdict: Verdict;
  /** What arrived, and what is left of it. Bytes beyond the lengths mean nothing. */
  readonly x: Uint8Array;
  readonly xEnd: number;
  readonly y: Uint8Array;
  readonly yEnd: number;
  readonly xFrame: Frame;
  readonly yFrame: Frame;
  readonly xp: Packet;
  readonly yp: Packet;
}

export interface Judgement {
  readonly fate: Fate;
  readonly faults: readonly string[];
  /** What the program translated a flow to. */
  readonly learnt?: Translation;
}

/** Faults of a frame that left for somewhere. */
export function frameFaults(c: Case, way: Way | undefined, to: string): string[] {
  if (!way) return [`sent to ${to}, where no way leads`];
  const { by, vid } = c.model.sends(way.by);
  const faults: string[] = [];
  if ((c.verdict === 'tx') !== (by === c.on)) faults.push(`${to} is behind '${by}', and what came by '${c.on}' left as ${c.verdict}`);
  if (keyAt(c.y, 0, 6) !== way.mac) faults.push(`${to} has MAC address ${way.mac}, and not ${keyAt(c.y, 0, 6)}`);
  if (keyAt(c.y, 6, 6) !== macs[way.by]) faults.push(`the frame's source ${keyAt(c.y, 6, 6)} is not that of '${way.by}'`);
  if (c.yFrame.tci !== (vid ?? -1)) faults.push(`tag ${c.yFrame.tci} instead of ${vid ?? 'none'}`);
  if (c.yp.length > way.mtu) faults.push(`${c.yp.length} bytes do not fit where ${way.mtu} do`);
  return faults;
}

/** Faults of a frame that goes back where it came from. */
export function returnFaults(c: Case): string[] {
  const faults: string[] = [];
  if (c.verdict !== 'tx') faults.push('an answer does not leave by where the packet came');
  if (!equal(c.y, 0, c.x, 6, 6) || !equal(c.y, 6, c.x, 0, 6)) faults.push('an answer does not go back to whom the frame came from');
  // A tag with neither VLAN nor priority is none.
  if (c.yFrame.tci !== c.xFrame.tci && Math.max(c.yFrame.tci, 0) !== Math.max(c.xFrame.tci, 0)) faults.push(`an answer with tag ${c.yFrame.tci} to a frame with ${c.xFrame.tci}`);
  if (c.x[0]! & 1) faults.push('an answer to a frame for a group');
  return faults;
}

/** Faults of a frame that the stack gets: its header is that which came, but for the type. */
export function passFaults(c: Case): string[] {
  const faults: string[] = [];
  if (!equal(c.y, 0, c.x, 0, 12)) faults.push('passed with other MAC addresses');
  if (c.yFrame.tci !== c.xFrame.tci) faults.push(`passed with tag ${c.yFrame.tci} instead of ${c.xFrame.tci}`);
  return faults;
}
