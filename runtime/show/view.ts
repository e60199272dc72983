/** What a topic of `show` reads from, and readers that several topics share. */
import type { Live, LiveService } from '../../compiler/live.ts';
import type { Frontend } from '../../compiler/state.ts';
import type { Instance, MapHandle } from '../datapath.ts';

export interface View {
  readonly name: string;
  readonly instance: Instance;
  readonly live: Live;
}

/** How much is shown, where a topic can say less or more. */
export interface ShowOptions {
  /** Rows of a long table for people; facts are always complete. */
  readonly limit?: number;
  /** Milliseconds for which the cost of programs is measured; absent: what was measured before is shown. */
  readonly measure?: number;
}

/** One thing that can be shown: its facts (JSON without loss), and the facts as text for people. */
export interface Topic<Facts extends object = object> {
  readonly name: string;
  readonly help: string;
  /** What a further word selects, e.g. `a service`; absent: it takes none. */
  readonly selects?: string;
  /** Undefined: there is nothing of the name `only`. */
  facts(view: View, only: string | undefined, options: ShowOptions): Facts | undefined;
  text(facts: Facts, options: ShowOptions): string;
}

/** Sums per index of a per-CPU map of plain 64-bit numbers. */
export function plainSums(map: MapHandle): number[] {
  const { keys, values, count } = map.entries();
  const width = count === 0 ? 0 : values.length / count;
  const indices = new DataView(keys.buffer, keys.byteOffset, keys.byteLength);
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const sums: number[] = [];
  for (let i = 0; i < count; i++) {
    let sum = 0n;
    for (let at = i * width; at < (i + 1) * width; at += 8) sum += view.getBigUint64(at, true);
    sums[indices.getUint32(i * 4, true)] = Number(sum);
  }
  return sums;
}

/** Services of a view, or those that `only` names: `name`, or `ruleset/name` where two rulesets share one. */
export function selectServices(view: View, only: string | undefined): readonly LiveService[] | undefined {
  if (only === undefined) return view.live.services;
  const chosen = view.live.services.filter((s) => s.name === only || `${s.ruleset}/${s.name}` === only);
  return chosen.length > 0 ? chosen : undefined;
}

/** `10.99.0.1:80/tcp`, `[fd00::1]:80/udp`. */
export function frontendText(f: Frontend): string {
  return `${endpointText(f.address, f.port)}/${f.protocol}`;
}

/** Port 0 is left out: it stands for the VIP's. */
export function endpointText(address: string, port: number): string {
  const host = address.includes(':') ? `[${address}]` : address;
  return port === 0 ? host : `${host}:${port}`;
}
