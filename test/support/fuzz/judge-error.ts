/** ICMP errors about translated flows: the packet's ends and those of what it quotes are translated together. */
import { covered, headerFaults, leavingFaults } from './judge-nat.ts';
import type { Case, Judgement } from './case.ts';
import { readQuote, type Packet } from './view.ts';
import { equal, protos, sameSum, sum, u16 } from './wire.ts';

export function judgeError(c: Case): Judgement {
  const { x, y, xp, yp, model } = c;
  const faults = [...leavingFaults(c, yp.dst), ...errorFaults(c, xp)];
  const [q, r] = [readQuote(x, xp), readQuote(y, yp)];
  if (!q || !r) return { fate: 'error', faults };
  // What the client was to get, quoted on its way from the VIP; or what this host sent to a backend.
  const toBackend = model.translationsOf(q.proto, q.dst, q.dport, q.src, q.sport)
    .some((t) => xp.dst === t.vip && yp.dst === t.backend && isQuoteOf(r, t.backend, t.backendPort, t.source, t.sourcePort) && [xp.src, t.source].includes(yp.src));
  const toClient = model.translations(q.proto, q.dst, q.dport, q.src, q.sport)
    .some((t) => xp.dst === t.source && yp.dst === t.client && isQuoteOf(r, t.client, t.clientPort, t.vip, t.vipPort) && [xp.src, t.vip].includes(yp.src));
  if (!toBackend && !toClient && !isOpened(c, q, r)) faults.push(`an error about ${q.src}:${q.sport} > ${q.dst}:${q.dport} became one to ${yp.dst} about ${r.src}:${r.sport} > ${r.dst}:${r.dport}`);
  return { fate: 'error', faults };
}

/** Whether the flow may have been opened by a packet that did not go on. */
function isOpened({ model, xp, yp }: Case, q: Packet, r: Packet): boolean {
  return xp.dst === q.src && yp.dst === r.src && [xp.src, r.dst].includes(yp.src) && model.mayBeOpened({
    proto: q.proto, client: q.dst, clientPort: q.dport, vip: q.src, vipPort: q.sport, source: r.dst, sourcePort: r.dport, backend: r.src, backendPort: r.sport,
  });
}

export function isQuoteOf(r: Packet, src: string, sport: number, dst: string, dport: number): boolean {
  return r.src === src && r.sport === sport && r.dst === dst && r.dport === dport;
}

/** That of an error nothing but ends, TTL and checksums differs, its own and those of what it quotes. `from`: what became c.yp. */
export function errorFaults({ x, y, yp, verdict, xEnd, yEnd }: Case, from: Packet, tos = from.tos): string[] {
  if (yp.version !== from.version || yp.length !== from.length || yp.header !== from.header || yp.proto !== from.proto) return ['another packet came out of an error'];
  const faults = headerFaults(x, from, y, yp);
  const [q, r] = [readQuote(x, from), readQuote(y, yp)];
  const [xl4, yl4] = [from.at + from.header, yp.at + yp.header];
  if (!from.sound) faults.push('a malformed error translated');
  if (yp.tos !== tos) faults.push(`traffic class ${from.tos} became ${yp.tos}`);
  if (yp.ttl !== from.ttl - (verdict === 'pass' ? 0 : 1)) faults.push(`a TTL of ${from.ttl} became ${yp.ttl}`);
  if (!equal(x, xl4, y, yl4, 2) || !equal(x, xl4 + 4, y, yl4 + 4, 4)) faults.push('another error came out');
  const [before, after] = from.version === 4 ? [sum(x, xl4, from.at + from.length), sum(y, yl4, yp.at + yp.length)] : [covered(x, from), covered(y, yp)];
  if (!sameSum(before, after)) faults.push('ICMP: the checksum does not go with the change');
  const padding = xEnd - from.at - from.length;
  if (yEnd - yp.at - yp.length !== padding || !equal(x, from.at + from.length, y, yp.at + yp.length, padding)) faults.push('the padding changed');
  return [...faults, ...(q && r ? quoteFaults(x, from, q, y, yp, r) : ['an error without a quote translated'])];
}

/** Of what is quoted, only ends and checksums differ. A checksum can be told only where it is quoted. */
function quoteFaults(x: Uint8Array, from: Packet, q: Packet, y: Uint8Array, yp: Packet, r: Packet): string[] {
  const faults: string[] = [];
  const end = yp.at + yp.length;
  if (r.header !== q.header || r.proto !== q.proto || r.length !== q.length || r.ttl !== q.ttl || r.tos !== q.tos) return ['another packet is quoted'];
  faults.push(...headerFaults(x, q, y, r).map((f) => `quoted: ${f}`));
  const [ql4, rl4] = [q.at + q.header, r.at + r.header];
  const at = q.proto === protos.tcp ? 16 : 6;
  const room = end - rl4;
  if (!equal(x, ql4 + 4, y, rl4 + 4, Math.min(at, room) - 4)) faults.push('what is quoted changed');
  if (room < at + 2) return faults;
  if (!equal(x, ql4 + at + 2, y, rl4 + at + 2, room - at - 2)) faults.push('what is quoted changed');
  const [before, after] = [u16(x, ql4 + at), u16(y, rl4 + at)];
  if (q.proto === protos.udp && (before === 0 || after === 0)) return before === after ? faults : [...faults, `a quoted UDP checksum of ${before} became ${after}`];
  if (!sameSum(covered(x, q, from.at + from.length), covered(y, r, end))) faults.push('quoted: the checksum does not go with the change');
  return faults;
}
