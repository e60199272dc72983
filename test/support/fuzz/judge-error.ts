/** ICMP errors about translated flows: the packet's ends and those of what it quotes are translated together. */
import type { Translation } from './model.ts';
import { covered, headerFaults, leavingFaults } from './judge-nat.ts';
import type { Case, Judgement } from './case.ts';
import { readQuote, type Packet } from './view.ts';
import { equal, protos, sameSum, sum, u16 } from './wire.ts';

export function judgeError(c: Case): Judgement {
  const { x, y, xp, yp, model } = c;
  const faults = leavingFaults(c, yp.dst);
  const [q, r] = [readQuote(x, xp), readQuote(y, yp)];
  if (yp.version !== xp.version || yp.length !== xp.length || yp.header !== xp.header || yp.proto !== xp.proto) return { fate: 'error', faults: ['another packet came out of an error'] };
  if (!xp.sound) faults.push('a malformed error translated');
  if (!q || !r) return { fate: 'error', faults: [...faults, 'an error without a quote translated'] };
  faults.push(...messageFaults(c), ...quoteFaults(x, xp, q, y, yp, r));
  // What the client was to get, quoted on its way from the VIP; or what this host sent to a backend.
  const toBackend = model.translationsOf(q.proto, q.dst, q.dport, q.src, q.sport)
    .some((t) => xp.dst === t.vip && yp.dst === t.backend && isQuoteOf(r, t.backend, t.backendPort, t.source, t.sourcePort) && [xp.src, t.source].includes(yp.src));
  const toClient = model.translations(q.proto, q.dst, q.dport, q.src, q.sport)
    .some((t: Translation) => xp.dst === t.source && yp.dst === t.client && isQuoteOf(r, t.client, t.clientPort, t.vip, t.vipPort) && [xp.src, t.vip].includes(yp.src));
  if (!toBackend && !toClient && !isOpened(c, q, r)) faults.push(`an error about ${q.src}:${q.sport} > ${q.dst}:${q.dport} became one to ${yp.dst} about ${r.src}:${r.sport} > ${r.dst}:${r.dport}`);
  return { fate: 'error', faults };
}

/** Whether the flow may have been opened by a packet that did not go on. */
function isOpened({ model, xp, yp }: Case, q: Packet, r: Packet): boolean {
  return xp.dst === q.src && yp.dst === r.src && [xp.src, r.dst].includes(yp.src) && model.mayBeOpened({
    proto: q.proto, client: q.dst, clientPort: q.dport, vip: q.src, vipPort: q.sport, source: r.dst, sourcePort: r.dport, backend: r.src, backendPort: r.sport,
  });
}

function isQuoteOf(r: Packet, src: string, sport: number, dst: string, dport: number): boolean {
  return r.src === src && r.sport === sport && r.dst === dst && r.dport === dport;
}

function messageFaults({ x, y, xp, yp, verdict }: Case): string[] {
  const faults = headerFaults(x, xp, y, yp);
  const [xl4, yl4] = [xp.at + xp.header, yp.at + yp.header];
  if (yp.ttl !== xp.ttl - (verdict === 'pass' ? 0 : 1)) faults.push(`a TTL of ${xp.ttl} became ${yp.ttl}`);
  if (!equal(x, xl4, y, yl4, 2) || !equal(x, xl4 + 4, y, yl4 + 4, 4)) faults.push('another error came out');
  if (yp.tos !== xp.tos) faults.push(`traffic class ${xp.tos} became ${yp.tos}`);
  const [before, after] = xp.version === 4 ? [sum(x, xl4, xp.at + xp.length), sum(y, yl4, yp.at + yp.length)] : [covered(x, xp), covered(y, yp)];
  if (!sameSum(before, after)) faults.push('ICMP: the checksum does not go with the change');
  return faults;
}

/** Of what is quoted, only ends and checksums differ. A checksum can be told only where it is quoted. */
function quoteFaults(x: Uint8Array, xp: Packet, q: Packet, y: Uint8Array, yp: Packet, r: Packet): string[] {
  const faults: string[] = [];
  const end = yp.at + yp.length;
  if (r.header !== q.header || r.proto !== q.proto || r.length !== q.length || r.ttl !== q.ttl) return ['another packet is quoted'];
  if (q.version === 4 && !sameSum(sum(x, q.at, q.at + q.header), sum(y, r.at, r.at + r.header))) faults.push('the quoted IPv4 header: the checksum does not go with the change');
  const [ql4, rl4] = [q.at + q.header, r.at + r.header];
  const at = q.proto === protos.tcp ? 16 : 6;
  const room = end - rl4;
  if (!equal(x, ql4 + 4, y, rl4 + 4, Math.min(at, room) - 4)) faults.push('what is quoted changed');
  if (room < at + 2) return faults;
  if (!equal(x, ql4 + at + 2, y, rl4 + at + 2, room - at - 2)) faults.push('what is quoted changed');
  const [before, after] = [u16(x, ql4 + at), u16(y, rl4 + at)];
  if (q.proto === protos.udp && (before === 0 || after === 0)) return before === after ? faults : [...faults, `a quoted UDP checksum of ${before} became ${after}`];
  if (!sameSum(covered(x, q, xp.at + xp.length), covered(y, r, end))) faults.push('the quoted checksum does not go with the change');
  return faults;
}
