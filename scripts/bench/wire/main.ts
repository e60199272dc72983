/**
 * Packets per second over veth, end to end: a generator on one core, the balancer on another, what arrives for a backend counted.
 * UDP, so that the stack merges no packets on their way. Needs root, clang, nft and iptables; works in network namespaces
 * of its own.
 */
import { objectsFolder } from '../../../runtime/install.ts';
import { createKernelDatapath } from '../../../runtime/kernel/datapath.ts';
import { privateBpffs } from '../../../test/support/bpffs.ts';
import { median, printTable, signalsHeard } from '../table.ts';
import { ceiling, contenders, ours, type Contender } from './contenders.ts';
import { Generator, type Sent } from './generator.ts';
import { cores, packetTo, pin, raiseNetwork } from './network.ts';
import type { Service } from './rules.ts';

const rounds = 3;
const serviceCounts = [1, 1_000, 5_000] as const;
const kinds = { '1 flow': 1, '64k flows': 1 << 16, 'all new': 'new' } as const;
type Kind = keyof typeof kinds;
const ms = 1000;
/** New flows that are counted at most: fewer than the connection tracking of the stack holds. */
const mostNew = 150_000;

const byte = (n: number, shift: number): number => (n >> shift) & 255;
const servicesOf = (count: number): Service[] => Array.from({ length: count }, (_, i) => ({
  name: `s${i}`, vip: `10.${100 + (i >> 16)}.${byte(i, 8)}.${byte(i, 0)}`, port: 80,
  backends: [0, 1, 2].map((b) => `10.${160 + (((3 * i + b) >> 16) & 63)}.${byte(3 * i + b, 8)}.${byte(3 * i + b, 0)}`),
}));

type Key = `${string} ${number} ${Kind}`;

/** `only`: a part of a contender's name. */
export async function wire(only: string): Promise<void> {
  const chosen = contenders.filter((c) => c.label.includes(only));
  const datapath = createKernelDatapath({ bpffs: privateBpffs(), objects: objectsFolder() });
  const found = new Map<Key, Sent[]>();
  pin(process.pid, cores.generator);
  try {
    for (let round = 0; round < rounds; round++) {
      for (const count of serviceCounts) {
        for (const contender of chosen) {
          for (const [kind, sent] of await run(contender, count, datapath)) {
            const key: Key = `${contender.label} ${count} ${kind}`;
            found.set(key, [...found.get(key) ?? [], sent]);
          }
        }
      }
    }
  } finally {
    pin(process.pid, 'all');
  }
  for (const count of serviceCounts) print(chosen, count, (label, kind) => found.get(`${label} ${count} ${kind}`));
}

/** In namespaces of its own; nothing where this build cannot. */
async function run(contender: Contender, count: number, datapath: ReturnType<typeof createKernelDatapath>): Promise<[Kind, Sent][]> {
  const services = servicesOf(count);
  const last = services.at(-1)!;
  // Who balances nothing gets what is for a backend already.
  const frame = packetTo(contender.label === ceiling ? last.backends[0]! : last.vip);
  const network = raiseNetwork();
  const generator = new Generator(network);
  try {
    const stop = contender.start(network, services, datapath);
    if (!stop) return [];
    try {
      const results: [Kind, Sent][] = [];
      for (const kind of Object.keys(kinds) as Kind[]) {
        const flows = kinds[kind];
        await signalsHeard();
        // Every flow is open before it counts; on the way in, as many of them are lost as the contender is slow.
        if (flows !== 'new') generator.send({ frame, flows, inOrder: true }, { ms: flows === 1 ? ms / 10 : 6 * ms, delivered: 3 * flows });
        await signalsHeard();
        results.push([kind, generator.send({ frame, flows }, { ms, ...(flows === 'new' ? { delivered: mostNew } : {}) })]);
      }
      return results;
    } finally {
      stop();
    }
  } finally {
    generator.close();
    network.remove();
  }
}

function print(chosen: readonly Contender[], count: number, of: (label: string, kind: Kind) => readonly Sent[] | undefined): void {
  const names = Object.keys(kinds) as Kind[];
  const middle = (sent: readonly Sent[], pick: (s: Sent) => number): number => median(sent.map(pick)) / 1e6;
  const rows = chosen.map(({ label }) => [label, ...names.flatMap((kind) => {
    const [own, theirs] = [of(ours, kind), of(label, kind)];
    if (!theirs) return ['n/a', '', ''];
    const core = middle(theirs, (s) => s.perCoreSecond);
    if (core === 0) return ['nothing', '', ''];
    return [middle(theirs, (s) => s.perSecond).toFixed(3), core.toFixed(3), own ? (middle(own, (s) => s.perCoreSecond) / core).toFixed(2) : ''];
  })]);
  printTable(
    `Mpps over veth, ${count.toLocaleString('en')} ${count === 1 ? 'service' : 'services, the last one hit'} (median of ${rounds})`,
    ['forwarded by', ...names.flatMap((n) => [n, 'of a core', 'sluice ×'])], rows,
  );
}
