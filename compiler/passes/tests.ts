/** `test` and `expect`: the names in them, and expectations that no run can satisfy. Running them is for a later build. */
import type { Endpoint, ExpectBalance, ExpectFlow, ExpectStatement, GivenStatement, Name, Protocol, TestStatement, Value } from '../../dsl/ast.ts';
import { maskAddress, parseAddress, parseCidr } from '../../dsl/ip.ts';
import type { Span } from '../../dsl/span.ts';
import { suggest } from '../../dsl/suggest.ts';
import type { Compilation, Draft, PlacedTarget, Unit } from '../compilation.ts';
import { didYouMean, quoted } from '../compilation.ts';
import { frontendKey } from '../live.ts';
import { backendsFor } from '../state.ts';
import { endpointPlaces, lookUp } from '../values.ts';

/** Services and backends as tests see them. */
class World {
  readonly byFrontend = new Map<string, Draft>();
  readonly vips = new Set<string>();
  /** VIPs that leave to the network stack what none of their services is for. */
  readonly passing = new Set<string>();
  readonly names = new Set<string>();
  readonly complete: boolean;

  constructor(readonly drafts: readonly Draft[]) {
    for (const draft of drafts) {
      for (const f of draft.frontends) {
        this.byFrontend.set(frontendKey(f), draft);
        this.vips.add(f.address);
        if (draft.settings!.onUnknown === 'pass') this.passing.add(f.address);
      }
      for (const b of draft.backends) if (b.name !== undefined) this.names.add(b.name);
    }
    this.complete = drafts.every((d) => d.complete);
  }
}

/** States that `given` lines set, by backend name. */
type Given = ReadonlyMap<string, GivenStatement['state']>;

export function checkTests(c: Compilation): void {
  const statements = c.units.flatMap((unit) => unit.script.statements.flatMap((s) =>
    s.kind === 'test' || s.kind === 'expect-flow' || s.kind === 'expect-balance' ? [{ unit, s }] : []));
  if (statements.length === 0) return;
  const world = new World(c.drafts);
  for (const { unit, s } of statements) {
    c.require('test', 'LB628', 'warning', s.kind === 'test' ? s.title.span : s.span, 'running tests is not part of this build: this is checked for meaning only', "'sluice plan' says what an apply would do");
    if (s.kind === 'test') checkTest(c, s, unit, world);
    else checkExpect(c, s, unit, world, new Map());
  }
}

function checkTest(c: Compilation, test: TestStatement, unit: Unit, world: World): void {
  const given = new Map<string, GivenStatement['state']>();
  const first = new Map<string, Name>();
  for (const line of test.body) {
    if (line.kind !== 'given') continue;
    const other = first.get(line.name.text);
    if (other) c.error('LB112', line.name.span, `the state of ${quoted(line.name)} is given already`, { hint: 'a backend has one state during a test', related: [{ message: 'first here', span: other.span }] });
    else first.set(line.name.text, line.name);
    if (!world.names.has(line.name.text)) unknownBackend(c, line.name, world);
    given.set(line.name.text, line.state);
  }
  for (const line of test.body) if (line.kind !== 'given') checkExpect(c, line, unit, world, given);
}

function unknownBackend(c: Compilation, name: Pick<Name, 'text' | 'span'>, world: World): void {
  if (!world.complete) return;
  const near = suggest(name.text, world.names);
  c.error('LB120', name.span, `there is no backend ${quoted(name.text)}`, { hint: didYouMean(near) ?? "backends get names with 'as', pods have those of the cluster" });
}

function checkExpect(c: Compilation, expect: ExpectStatement, unit: Unit, world: World, given: Given): void {
  if (expect.kind === 'expect-balance') checkBalance(c, expect, unit, world);
  else checkFlow(c, expect, unit, world, given);
}

function checkBalance(c: Compilation, expect: ExpectBalance, unit: Unit, world: World): void {
  const named = world.drafts.filter((d) => d.statement.name.text === expect.service.text);
  const draft = named.find((d) => d.unit.ruleset === unit.ruleset) ?? named[0];
  if (!draft) {
    const near = suggest(expect.service.text, world.drafts.map((d) => d.statement.name.text));
    c.error('LB120', expect.service.span, `there is no service ${quoted(expect.service)}`, { hint: didYouMean(near) ?? 'balance is asked of a service' });
  } else if (draft.complete && !draft.backends.some((b) => b.state === 'up' && b.weight > 0)) {
    impossible(c, expect.span, `${quoted(expect.service)} has no backend to balance over`);
  }
  if (expect.flows && expect.flows.value < 1) impossible(c, expect.flows.span, 'no flow is asked for');
}

function impossible(c: Compilation, span: Span, why: string, hint?: string): void {
  c.error('LB211', span, `no run can satisfy this: ${why}`, { hint: hint ?? 'change what is expected, or the service' });
}

function single(c: Compilation, unit: Unit, endpoint: Endpoint): { address: string; family: 4 | 6; port?: number } | undefined {
  const [place, ...others] = endpointPlaces(c, unit.scope, endpoint);
  if (!place) return undefined;
  if (others.length > 0 || place.ports === 'any' || (place.ports && place.ports.length > 1)) {
    c.error('LB211', endpoint.span, 'a flow has one address and one port at each end');
    return undefined;
  }
  const port = place.ports?.[0]?.port;
  return { address: place.address, family: place.family, ...(port === undefined ? {} : { port }) };
}

/** A flow has one protocol, which may be said in several places. */
function protocolOf(c: Compilation, { protocol, from, to }: ExpectFlow): Protocol | undefined {
  const [first, ...others] = [...(protocol ? [protocol] : []), ...from.protocols, ...to.protocols];
  const other = others.find((p) => p.name !== first!.name);
  if (!other) return first?.name ?? 'tcp';
  c.error('LB211', other.span, `a flow has one protocol, and this one is ${first!.name} already`, { hint: 'write two expectations', related: [{ message: 'said here', span: first!.span }] });
  return undefined;
}

function checkFlow(c: Compilation, expect: ExpectFlow, unit: Unit, world: World, given: Given): void {
  const from = single(c, unit, expect.from);
  const to = single(c, unit, expect.to);
  const { outcome } = expect;
  if (!from || !to) return;
  if (from.family !== to.family) {
    impossible(c, expect.span, `the flow begins in IPv${from.family} and ends in IPv${to.family}`);
    return;
  }
  const protocol = protocolOf(c, expect);
  if (!protocol) return;
  const draft = to.port === undefined ? undefined : world.byFrontend.get(frontendKey({ address: to.address, family: to.family, port: to.port, protocol }));
  if (!draft) {
    const isVip = world.vips.has(to.address);
    const answer = isVip && !world.passing.has(to.address) ? 'drop' : 'pass';
    if (outcome.kind !== answer) {
      impossible(c, outcome.span, isVip ? `the VIP ${to.address} has no service on ${to.port === undefined ? 'such a flow' : `port ${to.port}/${protocol}`}, so it ${answer === 'drop' ? 'is dropped' : 'passes'}` : `${to.address} is no VIP, so the packet passes`, `expect: ${answer}`);
    }
    return;
  }
  const name = quoted(draft.statement.name);
  const { mode, onEmpty, allow } = draft.settings!;
  const usable = backendsFor({ backends: draft.backends, mode }, to.family).filter((b) => b.weight > 0 && stateOf(b, given) === 'up');
  const refused = allow.length > 0 && !allow.some((net) => contains(net, from.address));
  switch (outcome.kind) {
    case 'pass': return impossible(c, outcome.span, `${name} takes the flow`);
    case 'reject':
      if (draft.complete && (usable.length > 0 || onEmpty === 'drop' || refused)) impossible(c, outcome.span, refused ? `${from.address} is outside 'allow', which drops` : usable.length > 0 ? `${name} has a backend for it` : `${name} says on-empty drop`);
      return;
    case 'drop':
      if (draft.complete && !refused && (usable.length > 0 || onEmpty === 'reject')) impossible(c, outcome.span, usable.length > 0 ? `${name} has a backend for it, and allows ${from.address}` : `${name} says on-empty reject`);
      return;
    case 'backend':
    case 'oneof': {
      if (refused) return impossible(c, outcome.span, `${from.address} is outside 'allow' of ${name}`);
      const wanted = outcome.kind === 'backend' ? [outcome.backend] : outcome.backends;
      if (wanted.length === 0) return impossible(c, outcome.span, 'no backend is named');
      const hits = wanted.map((w) => isAmong(c, w, unit, world, usable));
      if (draft.complete && hits.every((h) => h === false)) {
        impossible(c, outcome.span, `no backend of ${name} that is meant takes new flows`, usable.length > 0 ? `it has ${usable.slice(0, 4).map((b) => quoted(b.name ?? b.address)).join(', ')}` : undefined);
      }
    }
  }
}

function stateOf(b: PlacedTarget, given: Given): 'up' | 'down' | 'drain' {
  return (b.name === undefined ? undefined : given.get(b.name)) ?? b.state;
}

/** Undefined: it was said that there is no such backend at all. */
function isAmong(c: Compilation, written: Name | Endpoint | Value, unit: Unit, world: World, usable: readonly PlacedTarget[]): boolean | undefined {
  const wanted = written.kind === 'variable' ? lookUp(c, unit.scope, written) : written;
  if (!wanted) return undefined;
  if (wanted.kind === 'endpoint') {
    const place = single(c, unit, wanted);
    return place && usable.some((b) => b.address === place.address && (place.port === undefined || b.port === 0 || b.port === place.port));
  }
  const text = wanted.kind === 'name' || wanted.kind === 'word' ? wanted.text : wanted.kind === 'string' ? wanted.value : undefined;
  if (text === undefined) {
    c.error('LB120', written.span, 'a backend is meant by its name or its address');
    return undefined;
  }
  if (usable.some((b) => b.name === text)) return true;
  if (!world.names.has(text)) {
    unknownBackend(c, { text, span: written.span }, world);
    return undefined;
  }
  return false;
}

function contains(cidr: string, address: string): boolean {
  const net = parseCidr(cidr);
  const host = parseAddress(address);
  if (!net || !host || net.family !== host.family) return false;
  const masked = maskAddress(host.bytes, host.family, net.prefix);
  return masked.every((byte, i) => byte === net.bytes[i]);
}
