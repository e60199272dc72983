/** What an apply changes: live against desired, within the rulesets that are being applied. */
import type { Diagnostic } from '../dsl/diagnostic.ts';
import type { BackendChange, Change, FieldChange } from './change.ts';
import { serviceFields } from './fields.ts';
import { frontendKey, type Live, type LiveAttachment, type LiveService } from './live.ts';
import { backendKey } from './order.ts';
import { serviceKey, type Attachment, type Backend, type Service, type State } from './state.ts';

/**
 * Changes in canonical order: services by ruleset and name, then attachments. What other rulesets own is
 * untouched. Where a service was written (`origin`) is no difference.
 */
export function diff(live: Live, desired: State, rulesets: readonly string[]): Change[] {
  return [...serviceChanges(live.services, desired.services, rulesets), ...attachmentChanges(live, desired, new Set(rulesets))];
}

interface Compared {
  readonly live: readonly LiveService[];
  readonly rulesets: string;
  readonly changes: readonly Change[];
}

/** A plan is made for the user to see, and again to be carried out: with the same services, if nobody wrote in between. */
const compared = new WeakMap<readonly Service[], Compared>();

function serviceChanges(live: readonly LiveService[], desired: readonly Service[], rulesets: readonly string[]): readonly Change[] {
  const known = compared.get(desired);
  const names = JSON.stringify(rulesets);
  if (known?.live === live && known.rulesets === names) return known.changes;
  const before = new Map(rulesets.map((ruleset) => [ruleset, new Map<string, LiveService>()]));
  for (const s of live) before.get(s.ruleset)?.set(s.name, s);
  const changes: Change[] = [];
  for (const service of desired) {
    const those = before.get(service.ruleset);
    const was = those?.get(service.name);
    those?.delete(service.name);
    if (!was) changes.push({ kind: 'add-service', service });
    else if (!sameService(was, service)) changes.push(changed(was, service));
  }
  for (const those of before.values()) for (const service of those.values()) changes.push({ kind: 'remove-service', service });
  changes.sort(byService);
  compared.set(desired, { live, rulesets: names, changes });
  return changes;
}

function byService(a: Change, b: Change): number {
  const [x, y] = [keyOf(a), keyOf(b)];
  return x < y ? -1 : x > y ? 1 : 0;
}

function keyOf(change: Change): string {
  switch (change.kind) {
    case 'add-service':
    case 'remove-service': return serviceKey(change.service);
    case 'change-service': return serviceKey(change.after);
    default: return '';
  }
}

function changed(before: LiveService, after: Service): Change {
  const fields: FieldChange[] = [];
  for (const { name, text } of serviceFields) {
    const [x, y] = [text(before), text(after)];
    if (x !== y) fields.push({ field: name, before: x, after: y });
  }
  return { kind: 'change-service', before, after, fields, backends: backendChanges(before.backends, after.backends) };
}

function backendChanges(before: readonly Backend[], after: readonly Backend[]): BackendChange[] {
  const old = new Map(before.map((b) => [backendKey(b), b]));
  const changes: BackendChange[] = [];
  for (const backend of after) {
    const key = backendKey(backend);
    const was = old.get(key);
    old.delete(key);
    if (!was) changes.push({ kind: 'add', backend });
    else if (!sameBackend(was, backend)) changes.push({ kind: 'change', backend, before: was });
  }
  for (const backend of old.values()) changes.push({ kind: 'remove', backend });
  return changes;
}

/** Equal in everything but where it was written. */
function sameService(a: Service | LiveService, b: Service): boolean {
  return a.mode === b.mode && a.onEmpty === b.onEmpty && a.onUnknown === b.onUnknown && a.scope === b.scope && a.affinity === b.affinity && a.grace === b.grace
    && a.doc === b.doc && sameHash(a, b) && sameList(a.from, b.from) && sameList(a.allow, b.allow) && sameLabels(a.labels, b.labels)
    && a.frontends.length === b.frontends.length && a.backends.length === b.backends.length
    && a.frontends.every((f, i) => sameFrontend(f, b.frontends[i]!))
    && sameBackends(a.backends, b.backends);
}

function sameBackends(a: readonly Backend[], b: readonly Backend[]): boolean {
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    if (x.port !== y.port || x.address !== y.address || !sameBackend(x, y)) return false;
  }
  return true;
}

function sameHash({ hash: a }: Pick<Service, 'hash'>, { hash: b }: Pick<Service, 'hash'>): boolean {
  if (a.kind !== 'maglev' || b.kind !== 'maglev') return a.kind === b.kind;
  return a.size === b.size && a.seed === b.seed && a.by === b.by;
}

function sameFrontend(a: Service['frontends'][number], b: Service['frontends'][number]): boolean {
  return a.address === b.address && a.port === b.port && a.protocol === b.protocol;
}

function sameBackend(a: Backend, b: Backend): boolean {
  return a.name === b.name && a.weight === b.weight && a.state === b.state;
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((x, i) => x === b[i]);
}

function sameLabels(a: Readonly<Record<string, string>>, b: Readonly<Record<string, string>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((k) => a[k] === b[k]);
}

/** An interface may be claimed by several rulesets; a link that nobody claims is removed. */
function attachmentChanges(live: Live, desired: State, owned: ReadonlySet<string>): Change[] {
  const links = new Map(live.links.filter((l) => l.ifindex !== 0).map((l) => [l.interface, l]));
  const before = new Map(live.attachments.filter((a) => owned.has(a.ruleset)).map((a) => [attachmentKey(a), a]));
  const claimed = new Set([...live.attachments.filter((a) => !owned.has(a.ruleset)), ...desired.attachments].map((a) => a.interface));
  const changes: Change[] = [];
  for (const attachment of desired.attachments) {
    const was = before.get(attachmentKey(attachment));
    before.delete(attachmentKey(attachment));
    const link = links.get(attachment.interface);
    if (!was || !link) changes.push({ kind: 'add-attachment', attachment });
    else if (was.xdp !== attachment.xdp) changes.push({ kind: 'change-attachment', before: { ...link, ...was }, after: attachment });
  }
  for (const attachment of before.values()) {
    const link = links.get(attachment.interface);
    changes.push({ kind: 'remove-attachment', attachment: link ? { ...link, ...attachment } : attachment });
    claimed.add(attachment.interface);
  }
  for (const link of live.links) if (!claimed.has(link.interface)) changes.push({ kind: 'remove-attachment', attachment: link });
  return changes;
}

/** Interfaces that changes are about. */
export function changedInterfaces(changes: readonly Change[]): Set<string> {
  return new Set(changes.flatMap((c) =>
    c.kind === 'add-attachment' || c.kind === 'remove-attachment' ? [c.attachment.interface] : c.kind === 'change-attachment' ? [c.after.interface] : []));
}

function attachmentKey(a: Attachment | LiveAttachment): string {
  return `${a.ruleset}\0${a.interface}`;
}

/** Front ends, VIPs and interfaces that the desired state wants and another ruleset has, or wants otherwise. */
export function conflicts(live: Live, desired: State): Diagnostic[] {
  const owned = new Set(desired.rulesets);
  const holders = new Map<string, LiveService>();
  for (const s of live.services) if (!owned.has(s.ruleset)) for (const f of s.frontends) holders.set(frontendKey(f), s);
  const diagnostics: Diagnostic[] = [];
  for (const service of holders.size > 0 ? desired.services : []) {
    for (const f of service.frontends) {
      const holder = holders.get(frontendKey(f));
      if (holder) diagnostics.push(taken(f, service, holder));
    }
  }
  for (const [address, holder] of unknownPorts(live.services.filter((s) => !owned.has(s.ruleset)))) {
    const service = desired.services.find((s) => s.onUnknown !== undefined && s.onUnknown !== holder.onUnknown && s.frontends.some((f) => f.address === address));
    if (service) diagnostics.push(answersOtherwise(address, service, holder));
  }
  for (const attachment of desired.attachments) {
    const other = live.attachments.find((a) => a.interface === attachment.interface && !owned.has(a.ruleset));
    if (other && other.xdp !== attachment.xdp && other.xdp !== 'auto' && attachment.xdp !== 'auto') diagnostics.push(attachedOtherwise(attachment, other));
  }
  return diagnostics;
}

/** Services that say what their VIP does with ports that no service has, by VIP. */
function unknownPorts(services: readonly LiveService[]): Map<string, LiveService> {
  return new Map(services.flatMap((s) => (s.onUnknown === undefined ? [] : s.frontends.map((f) => [f.address, s] as const))));
}

function answersOtherwise(address: string, service: Service, holder: LiveService): Diagnostic {
  return {
    code: 'LB223',
    severity: 'error',
    message: `the VIP ${address} says on-unknown ${service.onUnknown!} for service '${service.name}' (ruleset '${service.ruleset}', ${placeOf(service)}), and ${holder.onUnknown!} for the live service '${holder.name}' of ruleset '${holder.ruleset}'`,
    hint: 'a port that no service has belongs to no service: say the same in both, or in one',
    related: [{ message: `'${holder.name}' was written at ${placeOf(holder)}` }],
  };
}

function taken(f: Service['frontends'][number], service: Service, holder: LiveService): Diagnostic {
  const address = f.family === 6 ? `[${f.address}]` : f.address;
  return {
    code: 'LB220',
    severity: 'error',
    message: `${address}:${f.port}/${f.protocol} of service '${service.name}' (ruleset '${service.ruleset}', ${placeOf(service)}) is taken by the live service '${holder.name}' of ruleset '${holder.ruleset}'`,
    hint: `remove it from '${holder.ruleset}' and apply that first, or apply both rulesets at once`,
    related: [{ message: `'${holder.name}' was written at ${placeOf(holder)}` }],
  };
}

function placeOf({ origin }: Pick<Service, 'origin'>): string {
  return `${origin.file}:${origin.line}`;
}

function attachedOtherwise(wanted: Attachment, other: Attachment): Diagnostic {
  return {
    code: 'LB221',
    severity: 'error',
    message: `ruleset '${wanted.ruleset}' attaches ${wanted.interface} as xdp ${wanted.xdp}, and the live ruleset '${other.ruleset}' as xdp ${other.xdp}`,
    hint: "write 'xdp auto' in one of them, or the same in both",
  };
}
