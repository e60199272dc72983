/** Tunnels that were opened: for the stack, or translated to a pod. */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { frontEndsOf } from './judge-dsr.ts';
import { errorFaults, isQuoteOf } from './judge-error.ts';
import { leavingFaults, rewriteFaults, translationOf } from './judge-nat.ts';
import { wayTo } from './network.ts';
import { passFaults, type Case, type Judgement } from './case.ts';
import { isIcmpError, readQuote, type Packet } from './view.ts';
import { equal, protos, sameSum, sum } from './wire.ts';

const congested = 3;

export function judgeTunnel(c: Case, inner: Packet): Judgement {
  const { model, x, xp, yp, verdict } = c;
  const mode = xp.proto === protos.udp ? 'geneve' : 'ipip';
  const ids = new Set(frontEndsOf(model, x, inner).filter((f) => f.spec.mode === mode).map((f) => f.spec.id));
  const faults: string[] = [];
  if (!model.has(LbFeature.DECAP)) faults.push('opened a tunnel, which is switched off');
  if (ids.size === 0) faults.push('opened a tunnel with nothing for a service inside');
  if (!inner.sound) faults.push('opened a tunnel with something malformed inside');
  if (yp.dst === inner.dst) {
    if (verdict !== 'pass') faults.push('opened a tunnel and sent on what was inside');
    if (wayTo(xp.dst)) faults.push(`opened a tunnel to ${xp.dst}, which is elsewhere`);
    return { fate: 'decapsulated', faults: [...faults, ...passFaults(c), ...insideFaults(c, inner)] };
  }
  // Pods are those of the service, whichever of its front ends it was for.
  const frontEnds = model.frontEnds.filter((f) => ids.has(f.spec.id));
  const pods = (address: string, port: number): number[] => frontEnds.flatMap((f) => [...f.pods.get(address) ?? [], ...f.pods.get(address)?.includes(f.port) ? [port] : []]);
  faults.push(...leavingFaults(c, yp.dst), ...markFaults(c, inner));
  if (isIcmpError(x, inner)) return { fate: 'to-pod', faults: [...faults, ...errorFaults(c, inner, marked(c, inner)), ...podErrorFaults(c, inner, pods, (port) => frontEnds.some((f) => f.mayGive(port)))] };
  const ports = pods(yp.dst, inner.dport);
  if (ports.length === 0) faults.push(`what was in a tunnel went to ${yp.dst}, which is no backend`);
  else if (inner.part !== 'later' && !ports.includes(yp.dport)) faults.push(`what was in a tunnel went to port ${yp.dport}`);
  if (yp.src !== inner.src || (yp.sport !== inner.sport && !frontEnds.some((f) => f.mayGive(yp.sport)))) faults.push('what was in a tunnel has another source');
  faults.push(...rewriteFaults(c, inner, marked(c, inner)));
  return { fate: 'to-pod', faults, ...(faults.length === 0 && inner.part !== 'later' ? { learnt: translationOf(inner, yp) } : {}) };
}

/** An error about what the VIP sent becomes one about what the pod did. */
function podErrorFaults({ x, y, yp }: Case, inner: Packet, pods: (address: string, port: number) => number[], mayGive: (port: number) => boolean): string[] {
  const [q, r] = [readQuote(x, inner), readQuote(y, yp)];
  const right = q && r && yp.src === inner.src && r.src === yp.dst && pods(r.src, q.sport).includes(r.sport) && isQuoteOf(r, r.src, r.sport, q.dst, mayGive(r.dport) ? r.dport : q.dport);
  return right ? [] : [`an error in a tunnel became one to ${yp.dst} about ${r?.src}:${r?.sport}`];
}

/** Traffic class that the inner packet is to have: a congestion mark of the outer one comes over (RFC 6040). */
function marked({ xp }: Case, inner: Packet): number {
  return isMarked(xp) && (inner.tos & congested) !== 0 ? inner.tos | congested : inner.tos;
}

function isMarked(p: Packet): boolean {
  return (p.tos & congested) === congested;
}

function markFaults({ xp }: Case, inner: Packet): string[] {
  return isMarked(xp) && (inner.tos & congested) === 0 ? ['a congestion mark was lost'] : [];
}

/** The inner packet is as it was, but for such a mark. */
function insideFaults(c: Case, inner: Packet): string[] {
  const { x, xEnd, y, yEnd, yp } = c;
  const faults = markFaults(c, inner);
  if (yp.tos !== marked(c, inner)) faults.push(`traffic class ${inner.tos} became ${yp.tos}`);
  const fixed = inner.version === 4 ? [[0, 1], [2, 8], [12, 0]] as const : [[2, 0]] as const;
  for (const [at, length] of fixed) {
    if (!equal(x, inner.at + at, y, yp.at + at, length || xEnd - inner.at - at)) faults.push('what was in a tunnel changed');
  }
  if (inner.version === 6 && (x[inner.at + 1]! & 15) !== (y[yp.at + 1]! & 15)) faults.push('what was in a tunnel has another flow label');
  if (yEnd - yp.at !== xEnd - inner.at) faults.push('what was in a tunnel has another length');
  if (inner.version === 4 && !sameSum(sum(x, inner.at, inner.at + inner.header), sum(y, yp.at, yp.at + yp.header))) faults.push('IPv4: the checksum does not go with the change');
  return faults;
}
