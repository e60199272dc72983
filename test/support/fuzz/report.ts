/** What a run found, for people. */
import type { Scenario } from './scenario.ts';
import { summary } from './summary.ts';
import type { Act, Finding, Report } from './run.ts';

const shownPackets = 12;

export function reportText(report: Report, seed: number): string {
  const { packets, mutated, seconds, scenarios, commits, fates, variants, findings, faulty } = report;
  const list = (counts: Readonly<Record<string, number>>): string => Object.entries(counts).sort((a, b) => b[1] - a[1]).map(([name, n]) => `${name} ${n.toLocaleString('en')}`).join(', ');
  return [
    `seed ${seed}: ${packets.toLocaleString('en')} packets (${mutated.toLocaleString('en')} mutated) in ${seconds.toFixed(1)} s, ${Math.round(packets / seconds).toLocaleString('en')} a second`,
    `  configurations: ${scenarios}, and ${commits} commits after them (${list(variants)})`,
    `  what became of the packets: ${list(fates)}`,
    faulty === 0 ? '  nothing was wrong' : `  ${faulty.toLocaleString('en')} were wrong, in ${findings.length} ways`,
  ].join('\n');
}

export function findingText(f: Finding): string {
  const last = f.acts.at(-1)!;
  const packets = f.acts.filter((a) => a.kind === 'packet');
  const lines = [`WRONG (--seed ${f.seed}${f.repeats ? '' : '; it did not happen again'}): ${f.faults.join('; ')}`];
  for (const act of f.acts) {
    if (act.kind !== 'packet') lines.push(`  ${act.kind} ${scenarioText(act.scenario)}`);
    else if (packets.indexOf(act) >= packets.length - shownPackets) lines.push(`  packet on ${act.on}: ${hex(act.bytes)}`);
  }
  if (packets.length > shownPackets) lines.push(`  (the last ${shownPackets} of ${packets.length} packets)`);
  if (last.kind === 'packet') lines.push(`  in:  ${summary(last.bytes)}`);
  lines.push(`  ${f.verdict}: ${hex(f.out)}`, `  out: ${summary(f.out)}`);
  return lines.join('\n');
}

/** Without what is as anybody would expect. */
function scenarioText({ variant, features, services, rows, flows, vlans }: Scenario): string {
  const used = new Set([...services.flatMap((s) => [...s.slots.flat(), ...(s.formerSlots ?? [])]), ...flows.map((f) => f.backend)]);
  const shown = Object.fromEntries(Object.entries(rows).filter(([name]) => used.has(name)));
  return JSON.stringify({ variant, features: `0x${features.toString(16)}`, services, rows: shown, flows, vlans });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

/** What a session did, for `readActs`. */
export function writeActs(acts: readonly Act[]): string {
  return `${acts.map((a) => JSON.stringify(a.kind === 'packet' ? { ...a, bytes: hex(a.bytes) } : a)).join('\n')}\n`;
}

export function readActs(text: string): Act[] {
  return text.trimEnd().split('\n').map((line): Act => {
    const act = JSON.parse(line) as Act & { bytes: string };
    return act.kind === 'packet' ? { ...act, bytes: Uint8Array.from(Buffer.from(act.bytes, 'hex')) } : act;
  });
}
