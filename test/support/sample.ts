/**
 * A process that reads an instance's live maps over and over until its standard input ends, for tests that nobody
 * ever sees half a commit. Arguments: bpffs, instance. Prints `started` after the first look, and one JSON `Samples` at its end.
 */
import { backend } from '../../compiler/generated/layout.ts';
import { LbServiceFlag, service } from '../../compiler/generated/layout.ts';
import { readTable } from '../../compiler/service-table.ts';
import { readLive } from '../../runtime/inspect.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import type { Instance } from '../../runtime/datapath.ts';
import { objects } from './bpffs.ts';

export interface Samples {
  /** Looks by what they saw: the distinct backends that the services' first slots name, with the number of services. */
  readonly raw: Readonly<Record<string, number>>;
  /** The same as `inspect` reports it: the distinct sets of backends that are up. */
  readonly reported: Readonly<Record<string, number>>;
  /** Reported drift. */
  readonly problems: readonly string[];
}

const [bpffs, name] = process.argv.slice(2) as [string, string];
const raw = new Map<string, number>();
const reported = new Map<string, number>();
const problems = new Set<string>();

function count(into: Map<string, number>, key: string): void {
  into.set(key, (into.get(key) ?? 0) + 1);
}

/** Whether a configuration is live or the former one: as long as it is, nothing that it refers to is written. */
function isReachable(instance: Instance, id: number): boolean {
  return [0, 1].some((index) => {
    const map = instance.inner('root', index);
    map?.close();
    return map?.info.id === id;
  });
}

/** As a packet would go: service table, slot, row. A look that two commits overtook says nothing and is not counted. */
function lookRaw(instance: Instance): void {
  const map = instance.inner('root', 0)!;
  const { values, count: entries } = readTable(map.readRange(0, map.info.maxEntries));
  const rows = instance.map('backends');
  const seen = new Set<string>();
  let services = 0;
  for (let i = 0; i < entries; i++) {
    const entry = service.decode(values, i * service.size);
    if (entry.flags & (LbServiceFlag.HEAD | LbServiceFlag.WILDCARD)) continue;
    services++;
    const arena = instance.inner('arenas', entry.arena)!;
    const row = arena.readRange(entry.tableBase, 1).slice(0, 4);
    arena.close();
    seen.add(String(backend.decode(rows.lookup(row)!).addr[15]));
  }
  map.close();
  if (isReachable(instance, map.info.id)) count(raw, `${[...seen].sort().join('+')} of ${services}`);
}

function lookReported(instance: Instance): void {
  const { live, problems: found } = readLive(instance);
  for (const p of found) problems.add(p.message);
  const up = new Set(live.services.map((s) => s.backends.filter((b) => b.state === 'up').map((b) => b.address).join()));
  count(reported, `${[...up].sort().join('+')} of ${live.services.length}`);
}

let ended = false;
process.stdin.on('end', () => { ended = true; });
process.stdin.resume();
const instance = createKernelDatapath({ bpffs, objects }).open(name)!;
for (let look = 0; !ended; look++) {
  lookRaw(instance);
  lookReported(instance);
  if (look === 0) console.log('started');
  await new Promise((resolve) => setImmediate(resolve));
}
instance.close();
const samples: Samples = { raw: Object.fromEntries(raw), reported: Object.fromEntries(reported), problems: [...problems] };
console.log(JSON.stringify(samples));
