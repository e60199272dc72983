/** How long an entry of the flow table counts after its last packet: the rules of bpf/lb_flow.h. */
import { LbFlowState, LbLife } from './generated/layout.ts';

const tcp = 6;
const second = 1_000_000_000n;

/** Seconds. `proto`: of IP; `state`: an `LbFlowState`. */
export function flowLife(proto: number, state: number): number {
  if (proto !== tcp) return state === LbFlowState.OPENING ? LbLife.UDP_OPENING : LbLife.UDP_OPEN;
  switch (state) {
    case LbFlowState.OPENING: return LbLife.TCP_OPENING;
    case LbFlowState.OPEN: return LbLife.TCP_OPEN;
    case LbFlowState.CLOSING: return LbLife.TCP_CLOSING;
    default: return LbLife.TCP_CLOSED;
  }
}

/** `seen` and `now`: CLOCK_MONOTONIC, ns. */
export function isOver(seen: bigint, proto: number, state: number, now: bigint): boolean {
  return now - seen > BigInt(flowLife(proto, state)) * second;
}
