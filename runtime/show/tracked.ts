/** `show flows` and `show nat`: what is remembered of connections, and for how long. */
import { flowLife } from '../../compiler/flow-life.ts';
import type { LbFlowState } from '../../compiler/generated/layout.ts';
import { flow, flowKey, LbActivity, lbFlowStateNames, nat as natEntry } from '../../compiler/generated/layout.ts';
import type { LiveService } from '../../compiler/live.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import { ageOf, type Age } from './life.ts';
import { directory, endpoint, protocolOf, type Endpoint } from './names.ts';
import { Rows, type RowFacts } from './rows.ts';
import { duration, group, percent, table } from './table.ts';
import type { ShowOptions, Topic, View } from './view.ts';
import { endpointText, plainSums, selectServices } from './view.ts';

interface Tracked extends Age {
  readonly client: Endpoint;
  readonly vip: Endpoint;
  readonly protocol: string;
  /** Absent where no live service has the VIP. */
  readonly service?: { readonly ruleset: string; readonly name: string };
  readonly backend: RowFacts;
  readonly state: string;
  /** What its packets have as their source towards the backend, where that is translated. */
  readonly source?: Endpoint;
}

/** How full a table is. Counts are of the whole table, whatever was selected. */
interface Occupancy {
  readonly entries: number;
  readonly capacity: number;
  /** Of the entries, those that count as none and wait for the sweeper. */
  readonly over: number;
  readonly written: number;
  readonly deleted: number;
  /** Entries that were written, not deleted, and are not there: they gave way to newer ones, or were written anew in their place. */
  readonly displaced: number;
  readonly services: readonly { readonly ruleset: string; readonly name: string; readonly entries: number }[];
}

interface Facts extends Occupancy {
  readonly flows: readonly Tracked[];
}

const defaultLimit = 50;
/** An LRU table of the kernel begins to replace entries a little before its last place is taken. */
const nearlyFull = 0.95;

/** What both tables have of an entry. */
function tracked(
  rows: Rows, service: LiveService | undefined, now: bigint,
  entry: { readonly backend: number; readonly birth: number; readonly seen: bigint; readonly state: number }, protocol: number,
): Pick<Tracked, 'service' | 'backend' | 'state' | 'protocol'> & Age {
  return {
    protocol: protocolOf(protocol),
    ...(service ? { service: { ruleset: service.ruleset, name: service.name } } : {}),
    backend: rows.at(entry.backend, entry.birth, service),
    state: lbFlowStateNames[entry.state as LbFlowState] ?? String(entry.state),
    ...ageOf(entry.seen, now, flowLife(protocol, entry.state)),
  };
}

function readFlows(view: View, now: bigint): Tracked[] {
  const { keys, values, count: entries } = view.instance.map('flows').entries();
  const rows = new Rows(view);
  const services = directory(view.live.services);
  return Array.from({ length: entries }, (_, i) => {
    const key = flowKey.decode(keys, i * flowKey.size);
    const value = flow.decode(values, i * flow.size);
    const vip = endpoint(key.daddr, key.dport);
    return {
      client: endpoint(key.saddr, key.sport),
      vip,
      ...tracked(rows, services.at(vip, protocolOf(key.proto)), now, value, key.proto),
      ...(value.natPort === 0 || value.natFamily === 0 ? {} : { source: endpoint(value.natAddr, value.natPort) }),
    };
  });
}

/** Keyed by the reply's addresses: its destination is the source that the client's packets were given. */
function readNat(view: View, now: bigint): Tracked[] {
  const { keys, values, count: entries } = view.instance.map('nat').entries();
  const rows = new Rows(view);
  const services = directory(view.live.services);
  return Array.from({ length: entries }, (_, i) => {
    const key = flowKey.decode(keys, i * flowKey.size);
    const value = natEntry.decode(values, i * natEntry.size);
    return {
      client: endpoint(value.client, value.clientPort),
      vip: endpoint(value.vip, value.vipPort),
      ...tracked(rows, services.of(value.service), now, value, key.proto),
      source: endpoint(key.daddr, key.dport),
    };
  });
}

function occupancy(all: readonly Tracked[], capacity: number, written: number, deleted: number): Occupancy {
  const sums = new Map<string, { ruleset: string; name: string; entries: number }>();
  for (const { service } of all) {
    if (!service) continue;
    const key = `${service.ruleset}\0${service.name}`;
    const sum = sums.get(key) ?? { ...service, entries: 0 };
    sum.entries++;
    sums.set(key, sum);
  }
  return {
    entries: all.length,
    capacity,
    over: all.filter((t) => t.expires === 0).length,
    written,
    deleted,
    displaced: Math.max(0, written - deleted - all.length),
    services: [...sums.values()].sort((a, b) => b.entries - a.entries || (a.name < b.name ? -1 : 1)),
  };
}

/** Latest first. */
function byAge(a: Tracked, b: Tracked): number {
  return a.age - b.age || (a.client.address < b.client.address ? -1 : a.client.address > b.client.address ? 1 : a.client.port - b.client.port);
}

function facts(view: View, map: 'flows' | 'nat', only: string | undefined): Facts | undefined {
  const chosen = selectServices(view, only);
  if (!chosen) return undefined;
  // Before the entries, so that what is written meanwhile is not taken for displaced.
  const done = plainSums(view.instance.map('activity'));
  const [opened, closed] = map === 'flows' ? [LbActivity.FLOW_OPENED, LbActivity.FLOW_CLOSED] : [LbActivity.NAT_OPENED, LbActivity.NAT_CLOSED];
  const all = (map === 'flows' ? readFlows : readNat)(view, process.hrtime.bigint());
  const names = new Set(chosen.map((s) => `${s.ruleset}\0${s.name}`));
  return {
    ...occupancy(all, view.instance.map(map).info.maxEntries, done[opened] ?? 0, done[closed] ?? 0),
    flows: (only === undefined ? all : all.filter((t) => t.service && names.has(`${t.service.ruleset}\0${t.service.name}`))).sort(byAge),
  };
}

function summary(f: Facts, title: string): string {
  const most = 4;
  const parts = f.services.slice(0, most).map((s) => `${sanitize(s.name)} ${group(s.entries)}`);
  const rest = f.entries - f.services.slice(0, most).reduce((n, s) => n + s.entries, 0);
  if (rest > 0) parts.push(`others ${group(rest)}`);
  const full = f.entries >= nearlyFull * f.capacity;
  return [
    `${title}: ${group(f.entries)} of ${group(f.capacity)} entries (${percent(f.entries / f.capacity)})${parts.length === 0 ? '' : `: ${parts.join(', ')}`}`,
    ...(full ? [`full: the oldest give way, at most ${group(f.displaced)} so far`] : []),
    `written ${group(f.written)}, deleted ${group(f.deleted)}${!full && f.displaced > 0 ? `, at most ${group(f.displaced)} gave way to newer ones` : ''}`,
    ...(f.over > 0 ? [`${group(f.over)} over: they count as none and will be deleted`] : []),
  ].join('\n');
}

function backendText({ row, address, port, stale }: RowFacts): string {
  const text = address === undefined ? `row ${row}` : endpointText(address, port ?? 0);
  return stale ? `${text} (stale)` : text;
}

function listing(all: readonly Tracked[], { limit = defaultLimit }: ShowOptions): string {
  const shown = all.slice(0, limit);
  const rows = table(
    [
      { title: 'CLIENT' }, { title: 'VIP' }, { title: 'SERVICE' }, { title: 'BACKEND' }, { title: 'NAME' }, { title: 'STATE' },
      { title: 'AGE', right: true }, { title: 'EXPIRES', right: true }, { title: 'SOURCE' },
    ],
    shown.map((t) => [
      endpointText(t.client.address, t.client.port), `${endpointText(t.vip.address, t.vip.port)}/${t.protocol}`, t.service?.name ?? '',
      backendText(t.backend), t.backend.name ?? '', t.state, duration(t.age), t.expires === 0 ? 'over' : duration(t.expires),
      t.source ? endpointText(t.source.address, t.source.port) : '',
    ]),
  );
  return all.length > shown.length ? `${rows}\n… and ${group(all.length - shown.length)} more` : rows;
}

function text(f: Facts, title: string, options: ShowOptions): string {
  return f.flows.length === 0 ? summary(f, title) : `${summary(f, title)}\n\n${listing(f.flows, options)}`;
}

export const flows: Topic<Facts> = {
  name: 'flows',
  help: 'flows that are remembered, the latest first',
  selects: 'a service',
  facts: (view, only) => facts(view, 'flows', only),
  text: (f, options) => text(f, 'flow table', options),
};

export const nat: Topic<Facts> = {
  name: 'nat',
  help: 'translated flows, and what their packets look like to the backend',
  selects: 'a service',
  facts: (view, only) => facts(view, 'nat', only),
  text: (f, options) => text(f, 'NAT table', options),
};
