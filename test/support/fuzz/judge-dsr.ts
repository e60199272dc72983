/** Packets that go to a backend as they are: by MAC address, or wrapped. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import type { ServiceSpec } from '../../packets/model.ts';
import type { FrontEnd, Model } from './model.ts';
import { sourceBy, wayTo } from './network.ts';
import { frameFaults, type Case, type Judgement } from './case.ts';
import { isIcmpError, readQuote, type Packet } from './view.ts';
import { geneve, protos, sum, u16 } from './wire.ts';

/** Services that a packet may be for: by its ports, or those of what an error quotes; a later fragment has none. */
export function frontEndsOf(model: Model, bytes: Uint8Array, p: Packet): FrontEnd[] {
  if (isIcmpError(bytes, p)) {
    const q = readQuote(bytes, p);
    const found = q && q.src === p.dst ? model.frontEnd(q.src, q.proto, q.sport) : undefined;
    return found ? [found] : [];
  }
  if (p.part === 'later') return model.frontEnds.filter((f) => f.vip.key === p.dst && f.proto === p.proto);
  const found = model.frontEnd(p.dst, p.proto, p.dport);
  return found ? [found] : [];
}

/** What speaks against forwarding a packet at all. */
export function forwardFaults(model: Model, bytes: Uint8Array, p: Packet, frontEnd: FrontEnd): string[] {
  const faults: string[] = [];
  if (!p.sound) faults.push('forwarded what is malformed');
  if (p.ttl <= 1) faults.push(`forwarded with a TTL of ${p.ttl}`);
  if (model.has(LbFeature.ALLOW) && !isIcmpError(bytes, p) && !frontEnd.allows(p.src)) faults.push(`forwarded from ${p.src}, which is not allowed`);
  return faults;
}

function candidates(c: Case, ...modes: readonly ServiceSpec['mode'][]): FrontEnd[] {
  return frontEndsOf(c.model, c.x, c.xp).filter((f) => modes.includes(f.spec.mode));
}

/** Of several services that it may be for, the packet is right if it is so for one. */
function best(c: Case, frontEnds: readonly FrontEnd[], faultsOf: (f: FrontEnd) => string[]): string[] {
  let least: string[] | undefined;
  for (const f of frontEnds) {
    const faults = [...forwardFaults(c.model, c.x, c.xp, f), ...faultsOf(f)];
    if (!least || faults.length < least.length) least = faults;
  }
  return least ?? ['sent as it is, and no service of such a mode is for it'];
}

export function judgeMoved(c: Case): Judgement {
  const faults = best(c, candidates(c, 'l2'), (f) => {
    const tries = [...f.backends.keys()].map((b) => ({ way: wayTo(b), b })).filter(({ way }) => way?.onLink).map(({ way, b }) => frameFaults(c, way, b));
    return tries.sort((a, b) => a.length - b.length)[0] ?? ['sent to a service without a backend in reach'];
  });
  return { fate: 'moved', faults };
}

export function judgeWrapped(c: Case, inner: Packet): Judgement {
  const wrapped = c.yp.proto === protos.udp ? 'geneve' : 'ipip';
  return { fate: 'wrapped', faults: best(c, candidates(c, wrapped), (f) => [...addressFaults(c, f), ...headerFaults(c, inner)]) };
}

function addressFaults({ yp, ...c }: Case, f: FrontEnd): string[] {
  const faults: string[] = [];
  const way = wayTo(yp.dst);
  if (!f.backends.has(yp.dst)) faults.push(`wrapped for ${yp.dst}, which is no backend`);
  faults.push(...frameFaults({ yp, ...c }, way, yp.dst));
  const spread = c.model.has(LbFeature.SPREAD) && (f.spec.sources ?? []).some((s) => s.address.includes(':') === (yp.version === 6));
  const right = spread ? f.maySendFrom(yp.src) : way && yp.src === sourceBy(way.by, yp.version);
  if (!right) faults.push(`wrapped by ${yp.src}, which is no source of ours`);
  return faults;
}

function headerFaults({ y, yEnd, yp, yFrame, x, xp, xFrame, xEnd }: Case, inner: Packet): string[] {
  const faults: string[] = [];
  const overhead = inner.at - yp.at;
  const padding = xEnd - xFrame.at - xp.length;
  if (yp.header !== (yp.version === 4 ? 20 : 40)) faults.push(`an outer header of ${yp.header} bytes`);
  if (yp.version === 4 && sum(y, yp.at, yp.at + yp.header) !== 0xffff) faults.push('wrong checksum of the outer header');
  if (yp.length !== xp.length + overhead) faults.push(`the outer header says ${yp.length} bytes around ${xp.length}`);
  if (yEnd - yFrame.at - yp.length !== padding) faults.push('the padding grew');
  if (yp.ttl < 2) faults.push(`an outer TTL of ${yp.ttl}`);
  if (yp.part !== 'whole') faults.push('the outer packet is a fragment');
  if (yp.tos !== xp.tos) faults.push(`the outer header has traffic class ${yp.tos}, the packet ${xp.tos}`);
  if (yp.proto === protos.udp) faults.push(...geneveFaults(y, yp, xp.version));
  else if (overhead !== yp.header) faults.push('something stands between the headers');
  if (x[xFrame.at]! >> 4 !== xp.version) faults.push('wrapped what is of another version');
  return faults;
}

function geneveFaults(y: Uint8Array, yp: Packet, version: 4 | 6): string[] {
  const l4 = yp.at + yp.header;
  const faults: string[] = [];
  if (yp.dport !== geneve) faults.push(`Geneve to port ${yp.dport}`);
  if (u16(y, l4 + 4) !== yp.length - yp.header) faults.push(`UDP says ${u16(y, l4 + 4)} bytes of ${yp.length - yp.header}`);
  if (u16(y, l4 + 6) !== 0) faults.push('a UDP checksum where we make none');
  if (u16(y, l4 + 8) !== 0 || u16(y, l4 + 12) !== 0 || u16(y, l4 + 14) !== 0) faults.push('a Geneve header that is not plain');
  if (u16(y, l4 + 10) !== (version === 4 ? 0x0800 : 0x86dd)) faults.push(`Geneve of type ${u16(y, l4 + 10).toString(16)}`);
  return faults;
}
