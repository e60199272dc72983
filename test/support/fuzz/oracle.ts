/**
 * Says what is wrong with what a program did to a packet, from the configuration and the bytes before and after alone. It
 * does not foretell what should have happened; it knows what may.
 */
import { LbFeature } from '../../../compiler/generated/layout.ts';
import { isAnswer, judgeAnswer, judgeEcho } from './judge-answer.ts';
import { judgeMoved, judgeWrapped } from './judge-dsr.ts';
import { judgeTranslated } from './judge-nat.ts';
import { judgeTunnel } from './judge-tunnel.ts';
import type { Case, Judgement, Verdict } from './case.ts';
import type { Model } from './model.ts';
import type { Interface } from './network.ts';
import { isIcmp, isIcmpError, readFrame, readInner, readPacket, type Packet } from './view.ts';
import { equal, geneve, protos } from './wire.ts';

export function judge(model: Model, on: Interface, verdict: Verdict, x: Uint8Array, xEnd: number, y: Uint8Array, yEnd: number): Judgement {
  const judgement = judgeAny(model, on, verdict, x, xEnd, y, yEnd);
  noteAttempt(model, on, x, xEnd, ['dropped', 'passed', 'answered'].includes(judgement.fate));
  return judgement;
}

/** A packet that stayed may have opened a flow, and so may a later fragment, whose ports are not seen here. */
function noteAttempt(model: Model, on: Interface, x: Uint8Array, xEnd: number, stayed: boolean): void {
  const frame = readFrame(x, xEnd, (vid) => model.tagged(on, vid));
  const p = frame && readPacket(x, frame.at, xEnd, frame.type);
  if (!p || !(stayed || p.part === 'later') || !model.vips.has(p.dst)) return;
  model.attempt(p.proto, p.src, p.sport, p.dst, p.dport);
}

function judgeAny(model: Model, on: Interface, verdict: Verdict, x: Uint8Array, xEnd: number, y: Uint8Array, yEnd: number): Judgement {
  if (verdict === 'aborted') return { fate: 'wrong', faults: ['aborted'] };
  const xFrame = readFrame(x, xEnd, model.has(LbFeature.VLAN) ? (vid) => model.tagged(on, vid) : undefined);
  const xp = xFrame && readPacket(x, xFrame.at, xEnd, xFrame.type);
  const readable = xp !== undefined && model.has(xp.version === 4 ? LbFeature.IPV4 : LbFeature.IPV6);
  if (verdict === 'drop') {
    const faults = !readable ? ['dropped what is no IP packet to this program'] : isOurs(model, x, xp) ? [] : ['dropped what is not ours'];
    return { fate: 'dropped', faults };
  }
  const same = xEnd === yEnd && equal(x, 0, y, 0, xEnd);
  if (verdict === 'pass' && same) return { fate: readable ? 'passed' : 'unread', faults: [] };
  if (xFrame?.foreign) return { fate: 'wrong', faults: ['touched what belongs to another VLAN'] };
  if (!readable || !xFrame) return { fate: 'unread', faults: ['touched what is no IP packet to this program'] };
  const yFrame = readFrame(y, yEnd, () => true);
  const yp = yFrame && readPacket(y, yFrame.at, yEnd, yFrame.type);
  if (!yFrame || !yp) return { fate: 'wrong', faults: ['what leaves is no IP packet'] };
  if (y[yFrame.at]! >> 4 !== yp.version) return { fate: 'wrong', faults: [`IPv${yp.version} by its frame, and ${y[yFrame.at]! >> 4} by its header`] };
  if (yFrame.at + yp.length > yEnd) return { fate: 'wrong', faults: [`the packet says ${yp.length} bytes, and has ${yEnd - yFrame.at}`] };
  return judgeChange({ model, on, verdict, x, xEnd, y, yEnd, xFrame, yFrame, xp, yp });
}

function judgeChange(c: Case): Judgement {
  const { x, xEnd, y, yEnd, xFrame, yFrame, xp, yp, verdict } = c;
  const room = xEnd - xFrame.at;
  if (verdict !== 'pass') {
    if (yEnd - yFrame.at === room && equal(x, xFrame.at, y, yFrame.at, room)) return judgeMoved(c);
    const wrapped = readInner(y, yp, geneve);
    if (wrapped && yEnd - wrapped.at === room && equal(x, xFrame.at, y, wrapped.at, room)) return judgeWrapped(c, wrapped);
    if (isAnswer(c)) return judgeAnswer(c);
    if (isIcmp(xp) && isIcmp(yp) && !isIcmpError(x, xp)) return judgeEcho(c);
  }
  if (yEnd - yFrame.at === room) return judgeTranslated(c);
  const inner = readInner(x, xp, geneve);
  if (inner && yEnd - yFrame.at === xEnd - inner.at) return judgeTunnel(c, inner);
  return { fate: 'wrong', faults: [`a packet of ${room} bytes became one of ${yEnd - yFrame.at}, and is none that we make of it`] };
}

/** Whether the packet concerns a service at all. */
function isOurs(model: Model, x: Uint8Array, xp: Packet): boolean {
  const tunnel = xp.proto === protos.ipip || xp.proto === protos.ipv6 || (xp.proto === protos.udp && xp.dport === geneve);
  return model.vips.has(xp.dst) || tunnel || isIcmpError(x, xp) || model.hasPair(xp.src, xp.dst);
}
