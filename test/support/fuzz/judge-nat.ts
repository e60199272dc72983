/** Packets whose ends were rewritten: to a backend, back to a client, and errors about either. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { forwardFaults } from './judge-dsr.ts';
import { judgeError } from './judge-error.ts';
import type { FrontEnd, Model, Translation } from './model.ts';
import { wayTo } from './network.ts';
import { frameFaults, passFaults, type Case, type Judgement } from './case.ts';
import { isIcmpError, type Packet } from './view.ts';
import { equal, protos, sameSum, sum, u16 } from './wire.ts';

export function judgeTranslated(c: Case): Judgement {
  const { model, x, xp, yp, verdict } = c;
  if (isIcmpError(x, xp)) return judgeError(c);
  const faults = [...rewriteFaults(c, xp), ...leavingFaults(c, yp.dst)];
  if (isReply(model, xp, yp)) {
    if (verdict !== 'pass' && xp.ttl <= 1) faults.push(`a reply forwarded with a TTL of ${xp.ttl}`);
    if (!xp.sound) faults.push('a malformed reply translated');
    return { fate: 'replied', faults };
  }
  const frontEnds = frontEndsFor(model, xp).filter((f) => f.spec.mode === 'snat' || f.spec.mode === 'dnat');
  const tries = frontEnds.map((f) => [...forwardFaults(model, x, xp, f), ...endFaults(model, xp, yp, f)]).sort((a, b) => a.length - b.length);
  faults.push(...(tries[0] ?? ['translated, and neither for a service that translates nor a reply to one']));
  const learnt = faults.length === 0 && xp.part !== 'later' ? translationOf(xp, yp) : undefined;
  return { fate: 'translated', faults, ...(learnt ? { learnt } : {}) };
}

/** Where a translated packet goes: out to `to`, or up the stack. */
export function leavingFaults(c: Case, to: string): string[] {
  return c.verdict === 'pass' ? passFaults(c) : frameFaults(c, wayTo(to), to);
}

function frontEndsFor(model: Model, xp: Packet): FrontEnd[] {
  if (xp.part === 'later') return model.frontEnds.filter((f) => f.vip.key === xp.dst && f.proto === xp.proto);
  const found = model.frontEnd(xp.dst, xp.proto, xp.dport);
  return found ? [found] : [];
}

function isReply(model: Model, xp: Packet, yp: Packet): boolean {
  if (xp.part === 'later') return model.translationsBetween(xp.proto, xp.src, xp.dst).some((t) => t.vip === yp.src && t.client === yp.dst);
  const known = model.translations(xp.proto, xp.src, xp.sport, xp.dst, xp.dport)
    .some((t) => t.vip === yp.src && t.vipPort === yp.sport && t.client === yp.dst && t.clientPort === yp.dport);
  return known || model.mayBeOpened({
    proto: xp.proto, client: yp.dst, clientPort: yp.dport, vip: yp.src, vipPort: yp.sport, source: xp.dst, sourcePort: xp.dport, backend: xp.src, backendPort: xp.sport,
  });
}

export function translationOf(xp: Packet, yp: Packet): Translation {
  return {
    proto: xp.proto, client: xp.src, clientPort: xp.sport, vip: xp.dst, vipPort: xp.dport,
    source: yp.src, sourcePort: yp.sport, backend: yp.dst, backendPort: yp.dport,
  };
}

/** Whether a packet of a service went to one of its backends, from where it may. */
function endFaults(model: Model, xp: Packet, yp: Packet, f: FrontEnd): string[] {
  const faults: string[] = [];
  const later = xp.part === 'later';
  const ports = f.backends.get(yp.dst);
  if (!ports) return [`translated to ${yp.dst}, which is no backend`];
  if (!later && !ports.includes(yp.dport)) faults.push(`translated to port ${yp.dport} of ${yp.dst}`);
  const kept = yp.src === xp.src && (later || yp.sport === xp.sport || f.mayGive(yp.sport));
  const known = later
    ? model.translationsBetween(xp.proto, yp.dst, yp.src).length > 0
    : model.translations(xp.proto, yp.dst, yp.dport, yp.src, yp.sport).some((t) => t.client === xp.src && t.clientPort === xp.sport && t.vip === xp.dst && t.vipPort === xp.dport);
  const hairpin = yp.dst === xp.src;
  const ours = later ? f.maySendFrom(yp.src) || known : f.maySendFrom(yp.src, yp.sport) || known;
  if (f.spec.mode === 'dnat' && !kept && !known && !((hairpin || model.hides(f)) && ours)) faults.push(`dnat, and the source became ${yp.src}:${yp.sport}`);
  if (f.spec.mode === 'snat' && !ours) faults.push(`snat to ${yp.src}:${yp.sport}, which is no source of ours`);
  if (!model.has(f.spec.mode === 'snat' ? LbFeature.SNAT : LbFeature.DNAT)) faults.push('translated by a program that does not');
  return faults;
}

/**
 * That nothing but ends, TTL and checksums differs, and that the checksums are as right or wrong as before. `from`: what
 * became c.yp; `tos`: what its traffic class is to be.
 */
export function rewriteFaults({ x, y, xEnd, yEnd, yp, verdict }: Case, from: Packet, tos = from.tos): string[] {
  const faults: string[] = [];
  const hops = verdict === 'pass' ? 0 : 1;
  if (yp.version !== from.version || yp.header !== from.header || yp.length !== from.length || yp.proto !== from.proto || yp.part !== from.part) {
    return ['another packet came out of the translation'];
  }
  if (yp.tos !== tos) faults.push(`traffic class ${from.tos} became ${yp.tos}`);
  if (yp.ttl !== from.ttl - hops) faults.push(`a TTL of ${from.ttl} became ${yp.ttl}`);
  faults.push(...headerFaults(x, from, y, yp));
  const [xl4, yl4] = [from.at + from.header, yp.at + yp.header];
  if (yEnd - yl4 !== xEnd - xl4) return [...faults, 'another length'];
  if (yp.part === 'later' || (yp.proto !== protos.tcp && yp.proto !== protos.udp)) {
    if (!equal(x, xl4, y, yl4, xEnd - xl4)) faults.push('the payload changed');
    return faults;
  }
  const at = yp.proto === protos.tcp ? 16 : 6;
  if (!equal(x, xl4 + 4, y, yl4 + 4, at - 4) || !equal(x, xl4 + at + 2, y, yl4 + at + 2, xEnd - xl4 - at - 2)) faults.push('the payload changed');
  const [before, after] = [u16(x, xl4 + at), u16(y, yl4 + at)];
  if (yp.proto === protos.udp && (before === 0) !== (after === 0)) faults.push(`a UDP checksum of ${before} became ${after}`);
  else if ((yp.proto !== protos.udp || before !== 0) && !sameSum(covered(x, from), covered(y, yp))) faults.push(`${yp.proto === protos.tcp ? 'TCP' : 'UDP'}: the checksum does not go with the change`);
  return faults;
}

/** Of the addresses and what is behind the headers. */
export function covered(bytes: Uint8Array, p: Packet, end = p.at + p.length): number {
  const [at, length] = p.version === 4 ? [p.at + 12, 8] : [p.at + 8, 32];
  return sum(bytes, p.at + p.header, end, sum(bytes, at, at + length));
}

/** That of an IP header nothing but addresses, TTL, traffic class and checksum differs. */
export function headerFaults(x: Uint8Array, from: Packet, y: Uint8Array, yp: Packet): string[] {
  return yp.version === 4 ? ipv4Faults(x, from, y, yp) : ipv6Faults(x, from, y, yp);
}

function ipv4Faults(x: Uint8Array, from: Packet, y: Uint8Array, yp: Packet): string[] {
  const faults: string[] = [];
  if (x[from.at] !== y[yp.at] || !equal(x, from.at + 2, y, yp.at + 2, 6) || x[from.at + 9] !== y[yp.at + 9] || !equal(x, from.at + 20, y, yp.at + 20, from.header - 20)) faults.push('the IPv4 header changed');
  if (!sameSum(sum(x, from.at, from.at + from.header), sum(y, yp.at, yp.at + yp.header))) faults.push('IPv4: the checksum does not go with the change');
  return faults;
}

function ipv6Faults(x: Uint8Array, from: Packet, y: Uint8Array, yp: Packet): string[] {
  return (x[from.at + 1]! & 15) === (y[yp.at + 1]! & 15) && equal(x, from.at + 2, y, yp.at + 2, 5) && equal(x, from.at + 40, y, yp.at + 40, from.header - 40) ? [] : ['the IPv6 header changed'];
}
