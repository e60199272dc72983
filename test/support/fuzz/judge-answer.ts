/** ICMP that the program makes: errors about a packet, and echo replies. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { frontEndsOf } from './judge-dsr.ts';
import { returnFaults, type Case, type Judgement } from './case.ts';
import { isIcmpError, type Packet } from './view.ts';
import { equal, protos, sameSum, sum, u16 } from './wire.ts';

/** As much of a packet as is quoted. */
const quoted = { 4: 548, 6: 1232 } as const;
/** RFC 1812, 4.3.2.5. */
const internetworkControl = 0xc0;
const leastMtu = { 4: 68, 6: 1280 } as const;
/** MTUs of the links, and what encapsulations and their outer headers take. */
const mtus = [1500, 1300].flatMap((mtu) => [0, 20, 36, 40, 56].map((overhead) => mtu - overhead));

/** An error that quotes the packet itself. */
export function isAnswer({ x, y, yEnd, xFrame, xp, yp }: Case): boolean {
  const quote = yp.at + yp.header + 8;
  return isIcmpError(y, yp) && quote + 20 <= yEnd && !isIcmpError(x, xp) && equal(y, quote, x, xFrame.at, 20);
}

export function judgeAnswer(c: Case): Judgement {
  const { model, x, xFrame, xp, y, yEnd, yFrame, yp } = c;
  const faults = returnFaults(c);
  const quote = yp.at + yp.header + 8;
  const length = Math.min(xp.length, quoted[xp.version]);
  if (yp.src !== xp.dst || yp.dst !== xp.src) faults.push(`an answer from ${yp.src} to ${yp.dst}`);
  if (yEnd !== yFrame.at + yp.length) faults.push('an answer with something behind it');
  if (yEnd - quote !== length || !equal(y, quote, x, xFrame.at, length)) faults.push(`an answer quotes ${yEnd - quote} bytes of ${xp.length}, or not those`);
  if (xp.part === 'later') faults.push('an answer to a later fragment');
  if (!isHost(xp.src)) faults.push(`an answer to ${xp.src}, which is no one host`);
  if (!model.vips.has(xp.dst) && !model.hasPair(xp.src, xp.dst)) faults.push('an answer in the name of what is no VIP');
  faults.push(...kindFaults(c), ...madeFaults(y, yp));
  return { fate: 'answered', faults };
}

function kindFaults({ model, x, y, xp, yp }: Case): string[] {
  const l4 = yp.at + yp.header;
  const kind = u16(y, l4);
  if (kind === (xp.version === 4 ? 0x0303 : 0x0104)) {
    const rejects = frontEndsOf(model, x, xp).some((f) => f.spec.reject === true);
    return rejects && model.has(LbFeature.REJECT) ? [] : ['refused what no service refuses'];
  }
  if (kind !== (xp.version === 4 ? 0x0304 : 0x0200)) return [`an answer of kind ${kind.toString(16)}`];
  const mtu = xp.version === 4 ? u16(y, l4 + 6) : u16(y, l4 + 4) * 0x10000 + u16(y, l4 + 6);
  const least = leastMtu[xp.version];
  if (mtu !== least && (!mtus.includes(mtu) || mtu < least)) return [`told of an MTU of ${mtu}`];
  return xp.length > mtu || mtu === least ? [] : [`told of an MTU of ${mtu} about ${xp.length} bytes`];
}

function isHost(key: string): boolean {
  if (key.length === 8) {
    const first = parseInt(key.slice(0, 2), 16);
    return first !== 0 && first !== 127 && first < 224;
  }
  return !key.startsWith('ff') && key !== '0'.repeat(32) && key !== `${'0'.repeat(31)}1`;
}

/** Of what is ours from the first byte to the last; what is quoted may be wrong in itself. */
function madeFaults(y: Uint8Array, yp: Packet): string[] {
  const faults: string[] = [];
  const l4 = yp.at + yp.header;
  const length = yp.length - yp.header;
  const pseudo = yp.version === 4 ? 0 : sum(y, yp.at + 8, yp.at + 40, protos.icmpv6 + length);
  if (yp.header !== (yp.version === 4 ? 20 : 40) || yp.part !== 'whole') faults.push('an answer with more headers than it needs');
  if (yp.version === 4 && sum(y, yp.at, l4) !== 0xffff) faults.push('wrong IPv4 checksum of an answer');
  if (sum(y, l4, l4 + length, pseudo) !== 0xffff) faults.push('wrong ICMP checksum of an answer');
  if (yp.ttl < 2) faults.push(`an answer with a TTL of ${yp.ttl}`);
  if (yp.tos !== internetworkControl) faults.push(`an answer of traffic class ${yp.tos}`);
  return faults;
}

export function judgeEcho(c: Case): Judgement {
  const { model, x, xEnd, y, yEnd, xp, yp } = c;
  const faults = returnFaults(c);
  const [request, reply] = xp.version === 4 ? [8, 0] : [128, 129];
  const [xl4, yl4] = [xp.at + xp.header, yp.at + yp.header];
  if (x[xl4] !== request || y[yl4] !== reply || x[xl4 + 1] !== 0 || y[yl4 + 1] !== 0) faults.push(`ICMP of type ${x[xl4]} became ${y[yl4]}`);
  if (!model.vips.has(xp.dst)) faults.push('an echo in the name of what is no VIP');
  if (!isHost(xp.src)) faults.push(`an echo to ${xp.src}, which is no one host`);
  if (yp.src !== xp.dst || yp.dst !== xp.src) faults.push(`an echo from ${yp.src} to ${yp.dst}`);
  if (yp.length !== xp.length || yEnd - yl4 !== xEnd - xl4 || !equal(x, xl4 + 4, y, yl4 + 4, xEnd - xl4 - 4)) faults.push('an echo of something else');
  if (!sameSum(sum(x, xl4, xp.at + xp.length), sum(y, yl4, yp.at + yp.length))) faults.push('ICMP: the checksum does not go with the change');
  if (yp.tos !== xp.tos || (xp.version === 6 && !equal(x, xp.at, y, yp.at, 4))) faults.push(`an echo of traffic class ${yp.tos} instead of ${xp.tos}`);
  if (xp.version === 4 && !sameSum(sum(x, xp.at, xl4), sum(y, yp.at, yl4))) faults.push('IPv4: the checksum does not go with the change');
  return { fate: 'echoed', faults };
}
