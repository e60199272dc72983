/** Steps for interfaces and their programs. */
import type { Live, LiveAttachment, ProgramState } from './live.ts';
import type { Step } from './plan-types.ts';
import type { Attachment } from './state.ts';

export interface LinkSteps {
  readonly before: readonly Step[];
  readonly after: readonly Step[];
  /** What the links run now, where there are any. */
  readonly running?: ProgramState;
}

/** What the claims on one interface come to: an explicit way of attaching wins over `auto`. */
function effective(attachments: readonly Attachment[]): Map<string, Attachment> {
  const wanted = new Map<string, Attachment>();
  for (const a of attachments) {
    const other = wanted.get(a.interface);
    if (!other || other.xdp === 'auto') wanted.set(a.interface, a);
  }
  return wanted;
}

function covers(running: ProgramState, needed: ProgramState): boolean {
  return (needed.features & ~running.features) === 0;
}

function same(a: ProgramState, b: ProgramState): boolean {
  return a.variant === b.variant && a.features === b.features;
}

/**
 * New interfaces get the program for both configurations before the swap; one that changes its XDP mode is taken off
 * and attached anew, since a link cannot. Interfaces that nobody wants are detached after the swap. `changed`: interfaces
 * that the plan is about; others are left as they are, also where their link is gone with the interface.
 */
export function linkSteps(live: Live, attachments: readonly Attachment[], changed: ReadonlySet<string>, programs: { readonly across: ProgramState; readonly after: ProgramState }): LinkSteps {
  const wanted = effective(attachments);
  const links = new Map(live.links.map((l) => [l.interface, l]));
  const before: Step[] = [];
  const after: Step[] = [];
  const staying: ProgramState[] = [];
  if (live.links.some((l) => !covers(l.program, programs.across))) {
    before.push({ kind: 'replace-program', program: programs.across, when: 'before-swap' });
    staying.push(programs.across);
  } else staying.push(...live.links.map((l) => l.program));
  for (const attachment of wanted.values()) {
    const link = links.get(attachment.interface);
    if (!changed.has(attachment.interface) || (link && link.ifindex !== 0 && fits(link, attachment))) continue;
    if (link) before.push({ kind: 'detach', interface: link.interface, was: { attachment: { interface: link.interface, ruleset: link.ruleset, xdp: link.actual }, program: link.program } });
    before.push({ kind: 'attach', attachment, program: programs.across });
    staying.push(programs.across);
  }
  const dropped = live.links.filter((l) => !wanted.has(l.interface));
  if (wanted.size > 0 && staying.some((p) => !same(p, programs.after))) {
    after.push({ kind: 'replace-program', program: programs.after, when: 'after-swap' });
  }
  for (const link of dropped) after.push({ kind: 'detach', interface: link.interface });
  const running = live.links[0]?.program;
  return { before, after, ...(running ? { running } : {}) };
}

function fits(link: LiveAttachment, attachment: Attachment): boolean {
  return attachment.xdp === 'auto' || attachment.xdp === link.actual;
}
