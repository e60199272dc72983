/** `show services`. */
import { durationText } from '../../compiler/fields.ts';
import type { LiveService } from '../../compiler/live.ts';
import type { Service } from '../../compiler/state.ts';
import { bytes, group, heading, table } from './table.ts';
import { nothing, serviceSums, type Sums } from '../counters.ts';
import type { Topic, View } from './view.ts';
import { frontendText, selectServices } from './view.ts';

interface ServiceFacts extends Sums {
  readonly ruleset: string;
  readonly name: string;
  readonly doc?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly origin: string;
  readonly vips: readonly string[];
  readonly mode: string;
  /** Sources that packets to backends have; empty: this host's own. */
  readonly from: readonly string[];
  readonly hash: string;
  /** Seconds; absent: off. */
  readonly affinity?: number;
  /** Networks; empty: everybody. */
  readonly allow: readonly string[];
  readonly onEmpty: string;
  /** Absent: the service says nothing of it. */
  readonly onUnknown?: string;
  readonly backends: { readonly total: number; readonly up: number };
  readonly id: number;
  readonly serial: number;
}

interface Facts {
  readonly services: readonly ServiceFacts[];
}

function hashText(hash: Service['hash']): string {
  if (hash.kind !== 'maglev') return hash.kind;
  return `maglev(${hash.size}${hash.by === 'source' ? ', by source' : ''})`;
}

function factsOf(service: LiveService, sums: Sums): ServiceFacts {
  return {
    ruleset: service.ruleset,
    name: service.name,
    ...(service.doc === undefined ? {} : { doc: service.doc }),
    labels: service.labels,
    origin: `${service.origin.file}:${service.origin.line}`,
    vips: service.frontends.map(frontendText),
    mode: service.mode,
    from: service.from,
    hash: hashText(service.hash),
    ...(service.affinity === undefined ? {} : { affinity: service.affinity }),
    allow: service.allow,
    onEmpty: service.onEmpty,
    ...(service.onUnknown === undefined ? {} : { onUnknown: service.onUnknown }),
    backends: { total: service.backends.length, up: service.backends.filter((b) => b.state === 'up' && b.weight > 0).length },
    ...sums,
    id: service.id,
    serial: service.serial,
  };
}

/** VIPs on a line each would make tall tables; beyond two the rest is counted. */
function vipsText(vips: readonly string[]): string {
  return vips.length <= 2 ? vips.join(' ') : `${vips.slice(0, 2).join(' ')} +${vips.length - 2}`;
}

function rows(services: readonly ServiceFacts[]): string {
  return table(
    [
      { title: 'SERVICE' }, { title: 'VIP' }, { title: 'MODE' }, { title: 'HASH' }, { title: 'UP', right: true },
      { title: 'PACKETS', right: true }, { title: 'BYTES', right: true }, { title: 'FLOWS', right: true },
    ],
    services.map((s) => [
      s.name, vipsText(s.vips), s.mode, s.hash, `${s.backends.up}/${s.backends.total}`,
      group(s.packets), bytes(s.bytes), group(s.flows),
    ]),
  );
}

/** One service in full. */
function details(s: ServiceFacts): string {
  const labels = Object.entries(s.labels).map(([k, v]) => `${k}=${v}`).join(', ');
  return table([{ title: 'SERVICE' }, { title: s.name }], [
    ...(s.doc === undefined ? [] : s.doc.split('\n').map((line, i) => [i === 0 ? 'about' : '', line])),
    ['ruleset', s.ruleset],
    ['written in', s.origin],
    ...s.vips.map((v, i) => [i === 0 ? 'vip' : '', v]),
    ['mode', s.mode],
    ...s.from.map((source, i) => [i === 0 ? 'from' : '', source]),
    ['hash', s.hash],
    ...(s.affinity === undefined ? [] : [['affinity', durationText(s.affinity * 1000)]]),
    ...s.allow.map((net, i) => [i === 0 ? 'allow' : '', net]),
    ['on-empty', s.onEmpty],
    ...(s.onUnknown === undefined ? [] : [['on-unknown', s.onUnknown]]),
    ...(labels === '' ? [] : [['labels', labels]]),
    ['backends', `${s.backends.up} of ${s.backends.total} take new flows`],
    ['packets', group(s.packets)],
    ['bytes', bytes(s.bytes)],
    ['flows', group(s.flows)],
    ['commit', String(s.serial)],
  ]);
}

export const services: Topic<Facts> = {
  name: 'services',
  help: 'services with VIPs, backends and counters',
  selects: 'a service',
  facts(view: View, only) {
    const chosen = selectServices(view, only);
    if (!chosen) return undefined;
    const sums = serviceSums(view.instance, new Set(chosen.map((s) => s.id)));
    return { services: chosen.map((s) => factsOf(s, sums.get(s.id) ?? nothing)) };
  },
  text({ services: all }) {
    if (all.length === 0) return 'no services';
    if (all.length === 1) return details(all[0]!);
    const rulesets = [...new Set(all.map((s) => s.ruleset))];
    return rulesets.map((r) => `${heading('ruleset', r)}\n${rows(all.filter((s) => s.ruleset === r))}`).join('\n\n');
  },
};
