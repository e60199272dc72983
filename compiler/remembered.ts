/**
 * Whose flows the flow table still remembers, slot by slot. Where a slot's flows are all at its current backend, or
 * forgotten, it is clean: its packets need no look-up any more.
 */
import type { Protocol } from '../dsl/ast.ts';
import { isV4Mapped } from '../dsl/ip.ts';
import { flow, flowKey } from './generated/layout.ts';
import { flowHash } from './flow-hash.ts';
import { isOver } from './flow-life.ts';
import { slotOf } from './service-table.ts';
import type { Packed } from './metadata.ts';

export interface SlotsOf {
  readonly family: 4 | 6;
  readonly size: number;
  readonly bySource: boolean;
  /** Those that slots answer for: flows of the others are remembered whatever the slots say. */
  readonly protocols: readonly Protocol[];
  /** CLOCK_MONOTONIC, ns: a flow that is over counts as none. */
  readonly now: bigint;
  /** Births of the service's rows; an entry of another birth is of a backend that had the row before. */
  readonly births: ReadonlyMap<number, number>;
}

const protocolNumbers: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17 };

/** Rows that flows are remembered for, by slot; slots without any are absent. */
export function rememberedRows(flows: Packed, { family, size, bySource, protocols, now, births }: SlotsOf): Map<number, Set<number>> {
  const view = new DataView(flows.values.buffer, flows.values.byteOffset, flows.values.byteLength);
  const numbers = new Set(protocols.map((p) => protocolNumbers[p]));
  const rows = new Map<number, Set<number>>();
  for (let i = 0; i < flows.count; i++) {
    const row = view.getUint32(i * flow.size + flow.at.backend, true);
    if (births.get(row) !== view.getUint32(i * flow.size + flow.at.birth, true)) continue;
    const key = flowKey.decode(flows.keys, i * flowKey.size);
    if (isV4Mapped(key.daddr) !== (family === 4) || !numbers.has(key.proto)) continue;
    if (isOver(view.getBigUint64(i * flow.size + flow.at.seen, true), key.proto, view.getUint8(i * flow.size + flow.at.state), now)) continue;
    const slot = slotOf(flowHash(key, family, bySource), size);
    const those = rows.get(slot);
    if (those) those.add(row);
    else rows.set(slot, new Set([row]));
  }
  return rows;
}
