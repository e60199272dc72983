/** Ages of entries of the flow and NAT tables. */
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
