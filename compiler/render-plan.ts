/** A plan for people and for machines. Names come from scripts and clusters, hence pass `sanitize`. */
import { sanitize } from '../dsl/sanitize.ts';
import type { BackendChange, Change } from './change.ts';
import { backendText, serviceFields } from './fields.ts';
import type { Plan } from './plan-types.ts';
import { featureNames } from './programs.ts';
import type { ProgramState } from './live.ts';
import type { Attachment, Service } from './state.ts';

type Mark = '+' | '~' | '-';
const colours: Readonly<Record<Mark, number>> = { '+': 32, '~': 33, '-': 31 };

/** Defaults are not worth a line of a new service. */
const unsaid: Readonly<Record<string, string>> = { 'on-empty': 'reject', scope: 'cluster' };

/**
 * The changes as `+ ~ -`, what they mean for maps, program and flows, and a summary line. No newline at the end;
 * without steps it is one line.
 */
export function renderPlan(plan: Plan, options: { readonly color: boolean }): string {
  if (plan.steps.length === 0 && plan.changes.length === 0) return 'No changes. What runs is what the scripts say.';
  const line = (mark: Mark, indent: number, text: string): string => {
    const painted = options.color ? `\x1b[${colours[mark]}m${mark}\x1b[0m` : mark;
    return `${' '.repeat(indent)}${painted} ${sanitize(text)}`;
  };
  const blocks = plan.changes.map((change) => changeLines(change, line).join('\n'));
  if (blocks.length === 0) {
    blocks.push(plan.steps.some((s) => s.kind === 'swap')
      ? '  The maps are not as they were committed, and are written anew.'
      : '  The interfaces of this host need another program.');
  }
  const meaning = meaningOf(plan);
  return [...blocks, ...(meaning.length > 0 ? [meaning.join('\n')] : []), summary(plan)].join('\n\n');
}

type Line = (mark: Mark, indent: number, text: string) => string;

function changeLines(change: Change, line: Line): string[] {
  switch (change.kind) {
    case 'add-service': return [line('+', 2, `service ${nameOf(change.service)}`), ...wholeService(change.service, '+', line)];
    case 'remove-service': return [line('-', 2, `service ${nameOf(change.service)}`), ...wholeService(change.service, '-', line)];
    case 'change-service': {
      const width = widthOf(change.fields.map((f) => f.field));
      return [
        line('~', 2, `service ${nameOf(change.after)}`),
        ...change.fields.map((f) => line('~', 6, `${f.field.padEnd(width)} ${f.before || '(none)'} -> ${f.after || '(none)'}`)),
        ...change.backends.map((b) => backendLine(b, width, line)),
      ];
    }
    case 'add-attachment': return [line('+', 2, attachmentText(change.attachment))];
    case 'remove-attachment': return [line('-', 2, attachmentText(change.attachment))];
    case 'change-attachment': return [line('~', 2, `${attachmentText(change.before)} -> ${change.after.xdp}`)];
  }
}

function nameOf({ ruleset, name }: Pick<Service, 'ruleset' | 'name'>): string {
  return `${name} (ruleset ${ruleset})`;
}

function attachmentText(a: Attachment): string {
  return `attach ${a.interface} xdp ${a.xdp}${a.ruleset === '' ? ' (claimed by no ruleset)' : ` (ruleset ${a.ruleset})`}`;
}

function wholeService(service: Service, mark: Mark, line: Line): string[] {
  const fields = serviceFields
    .map(({ name, text }) => ({ name, text: text(service) }))
    .filter(({ name, text }) => text !== '' && unsaid[name] !== text && (mark === '+' || name === 'vip'));
  const width = widthOf(fields.map((f) => f.name));
  return [
    ...fields.map(({ name, text }) => line(mark, 6, `${name.padEnd(width)} ${text}`)),
    ...(mark === '+' ? service.backends.map((backend) => backendLine({ kind: 'add', backend }, width, line)) : []),
  ];
}

/** Of the names of a service's fields, `backend` among them. */
function widthOf(names: readonly string[]): number {
  return Math.max(8, ...names.map((n) => n.length));
}

function backendLine({ kind, backend, before }: BackendChange, width: number, line: Line): string {
  const mark = kind === 'add' ? '+' : kind === 'remove' ? '-' : '~';
  return line(mark, 6, `${'backend'.padEnd(width)} ${before ? `${backendText(before)} -> ` : ''}${backendText(backend)}`);
}

const mapWords: Readonly<Record<string, string>> = {
  arenas: 'arenas (slots)', ranges: 'source ranges', backends: 'backends', meta: 'meta', services: 'service map', root: 'root',
};

function meaningOf(plan: Plan): string[] {
  const { writes, program, moved } = plan.impact;
  const lines: string[] = [];
  const written = Object.entries(writes).map(([map, n]) => `${mapWords[map] ?? map} ${n.toLocaleString('en')}`);
  if (written.length > 0) lines.push(`  Map writes: ${written.join(', ')}`);
  lines.push(...programLines(program));
  const moving = moved.filter((m) => m.share > 0);
  if (moving.length > 0) {
    lines.push('  New flows that another backend answers:');
    for (const m of moving) lines.push(`    ${sanitize(m.service)} (IPv${m.family}): ${percent(m.share)}`);
  } else if (moved.length > 0) lines.push('  No flow changes its backend.');
  return lines;
}

function percent(share: number): string {
  const value = share * 100;
  return `${value > 0 && value < 0.1 ? '< 0.1' : value.toFixed(1)} %`;
}

function programLines({ before, after }: Plan['impact']['program']): string[] {
  if (!after) return before ? [`  Program: ${before.variant} is detached`] : ['  Program: none is attached; no packet is seen'];
  if (before && before.variant === after.variant && before.features === after.features) return [`  Program: ${describe(after)}, unchanged`];
  if (!before) return [`  Program: ${describe(after)}`];
  const on = featureNames(after.features & ~before.features);
  const off = featureNames(before.features & ~after.features);
  return [
    `  Program: ${before.variant === after.variant ? after.variant : `${before.variant} -> ${after.variant}`}`,
    ...(on.length > 0 ? [`    on:  ${on.join(', ')}`] : []),
    ...(off.length > 0 ? [`    off: ${off.join(', ')}`] : []),
  ];
}

function describe({ variant, features }: ProgramState): string {
  return `${variant} (${featureNames(features).join(', ') || 'nothing switched on'})`;
}

function summary(plan: Plan): string {
  const count = (kind: string): number => plan.changes.filter((c) => c.kind.startsWith(kind)).length;
  return `Plan: ${count('add-')} to add, ${count('change-')} to change, ${count('remove-')} to remove.`;
}

/** The plan as plain data: `format` first, changes and their meaning; steps without what they write. */
export function planToJson(plan: Plan): object {
  return {
    format: 'sluice.plan/1',
    base: plan.base,
    serial: plan.serial,
    rulesets: plan.rulesets,
    changes: plan.changes,
    steps: plan.steps.map((s) => s.kind),
    impact: {
      ...plan.impact,
      program: Object.fromEntries(Object.entries(plan.impact.program).map(([when, p]) => [when, { ...p, names: featureNames(p.features) }])),
    },
  };
}
