/** How long entries of the flow and NAT tables live, as `flow_life` of bpf/lb_flow.h has it. */
import { LbFlowState, LbLife } from '../../compiler/generated/layout.ts';

const tcp = 6;

/** Seconds after the last packet, by protocol (number) and state. */
export function lifeOf(protocol: number, state: number): number {
  if (protocol !== tcp) return state === LbFlowState.OPENING ? LbLife.UDP_OPENING : LbLife.UDP_OPEN;
  switch (state) {
    case LbFlowState.OPENING: return LbLife.TCP_OPENING;
    case LbFlowState.OPEN: return LbLife.TCP_OPEN;
    case LbFlowState.CLOSING: return LbLife.TCP_CLOSING;
    default: return LbLife.TCP_CLOSED;
  }
}

export interface Age {
  /** Whole seconds since the last packet; the programs note it to a second. */
  readonly age: number;
  /** Whole seconds that it still lives without a packet; 0: it is over, and counts as none. */
  readonly expires: number;
}

/** `seen` and `now` are CLOCK_MONOTONIC ns. */
export function ageOf(seen: bigint, now: bigint, life: number): Age {
  const passed = Math.max(0, Number(now - seen) / 1e9);
  return { age: Math.floor(passed), expires: Math.max(0, Math.ceil(life - passed)) };
}
