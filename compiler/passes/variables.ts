/** Gives every `let` and `param` its value: variables in values are replaced, `-D` is read as the type says. */
import type { ParamStatement, ParamType, Value } from '../../dsl/ast.ts';
import { parseAddress, parseCidr } from '../../dsl/ip.ts';
import type { Span } from '../../dsl/span.ts';
import { suggest } from '../../dsl/suggest.ts';
import { units } from '../../dsl/tree/literals.ts';
import type { Compilation, Scope, Variable } from '../compilation.ts';
import { didYouMean, quoted } from '../compilation.ts';
import { undefinedVariable } from '../values.ts';

export function bindVariables(c: Compilation): void {
  const scopes = new Set(c.units.map((u) => u.scope));
  for (const scope of scopes) for (const variable of scope.variables.values()) bind(c, scope, variable, []);
  const declared = new Set([...scopes].flatMap((s) => [...s.variables].filter(([, v]) => v.statement.kind === 'param').map(([name]) => name)));
  for (const name of c.options.params.keys()) {
    if (declared.has(name)) continue;
    const near = suggest(name, declared);
    c.diagnostics.push({
      code: 'LB114', severity: 'error', message: `-D gives ${quoted(name)}, and no file declares such a param`,
      hint: didYouMean(near) ?? (declared.size > 0 ? `declared are ${[...declared].map(quoted).join(', ')}` : `a file declares it with: param ${/^[\w-]+$/.test(name) ? name : 'name'}: string`),
    });
  }
}

/** Items that a set may hold: sets in sets are spread, and a few lines could double it again and again. */
const mostItems = 65_536;

/** The value of a variable, or undefined after an error was said. `open`: variables whose value is being found. */
function bind(c: Compilation, scope: Scope, variable: Variable, open: readonly Variable[]): Value | undefined {
  if (variable.bound) return variable.value;
  variable.bound = true;
  const { statement } = variable;
  const stack = [...open, variable];
  const written = statement.kind === 'let' ? statement.value : paramValue(c, statement);
  const value = written && replace(c, scope, written, stack);
  if (value && statement.kind === 'param' && !hasType(value, statement.type.name)) {
    c.error('LB116', value.span, `${quoted(statement.name)} is ${described[statement.type.name]}, and this is not`, {
      related: [{ message: 'its type', span: statement.type.span }],
    });
    return undefined;
  }
  if (value) variable.value = value;
  return value;
}

function replace(c: Compilation, scope: Scope, value: Value, open: readonly Variable[]): Value | undefined {
  if (value.kind === 'set') {
    const items = value.items.map((item) => replace(c, scope, item, open));
    if (!items.every((i) => i !== undefined)) return undefined;
    const spread = items.flatMap((i) => (i.kind === 'set' ? i.items : [i]));
    if (spread.length <= mostItems) return { ...value, items: spread };
    c.error('LB119', value.span, `a set has at most ${mostItems} items, and this one has ${spread.length}`, { hint: 'name a network instead of its addresses' });
    return undefined;
  }
  if (value.kind === 'endpoint') {
    const inner = [value.host, value.ports].filter((v) => v?.kind === 'variable');
    if (inner.length === 0) return value;
    c.error('LB119', value.span, 'a value names one variable as a whole, or none', { hint: 'put host and port together where they are used: $host:$port' });
    return undefined;
  }
  if (value.kind !== 'variable') return value;
  const target = scope.variables.get(value.name);
  if (!target) return undefinedVariable(c, scope, value.name, value.span);
  target.used = true;
  if (open.includes(target)) {
    c.error('LB113', value.span, `${quoted(value.name)} refers to itself`, { related: [{ message: 'it is declared here', span: target.statement.name.span }] });
    return undefined;
  }
  const found = bind(c, scope, target, open);
  return found && { ...found, span: value.span };
}

function paramValue(c: Compilation, statement: ParamStatement): Value | undefined {
  const given = c.options.params.get(statement.name.text);
  if (given === undefined) {
    if (!statement.default) {
      c.error('LB115', statement.name.span, `the param ${quoted(statement.name)} has no value`, { hint: `give it with -D ${statement.name.text}=…, or write a default: = …` });
    }
    return statement.default;
  }
  const value = readParam(given, statement.type.name, statement.name.span);
  if (!value) {
    c.error('LB116', statement.type.span, `-D ${statement.name.text}=${quoted(given).slice(1, -1)} is not ${described[statement.type.name]}`, { hint: `for example -D ${statement.name.text}=${examples[statement.type.name]}` });
  }
  return value;
}

const described: Readonly<Record<ParamType, string>> = {
  addr: 'an address', port: 'a port', cidr: 'a network', name: 'a name', int: 'a whole number', dur: 'a duration', string: 'a text',
};
const examples: Readonly<Record<ParamType, string>> = {
  addr: '10.0.0.1', port: '443', cidr: '10.0.0.0/8', name: 'prod', int: '3', dur: '30s', string: 'text',
};
const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*(?:\/[A-Za-z_][A-Za-z0-9_.-]*)?$/;

/** Text of `-D` as a value of a type; undefined where it is none. */
function readParam(text: string, type: ParamType, span: Span): Value | undefined {
  switch (type) {
    case 'addr': {
      const address = parseAddress(text);
      return address && { kind: 'endpoint', host: { kind: 'address', address: address.text, family: address.family, span }, protocols: [], span };
    }
    case 'cidr': {
      const cidr = parseCidr(text);
      return cidr && { kind: 'cidr', address: cidr.address, prefix: cidr.prefix, family: cidr.family, span };
    }
    case 'port': return readInt(text, 1, 65535, span);
    case 'int': return readInt(text, 0, Number.MAX_SAFE_INTEGER, span);
    case 'dur': {
      const [, digits, unit] = /^(\d{1,9})([a-z]+)$/.exec(text) ?? [];
      return digits !== undefined && unit !== undefined && Object.hasOwn(units, unit) ? { kind: 'duration', ms: Number(digits) * units[unit]!, text, span } : undefined;
    }
    case 'name': return namePattern.test(text) ? { kind: 'word', text, span } : undefined;
    case 'string': return { kind: 'string', value: text, span };
  }
}

function readInt(text: string, least: number, most: number, span: Span): Value | undefined {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? { kind: 'int', value, span } : undefined;
}

function hasType(value: Value, type: ParamType): boolean {
  switch (type) {
    case 'addr': return value.kind === 'endpoint' && value.host.kind === 'address' && value.ports === undefined && value.protocols.length === 0;
    case 'port': return value.kind === 'int' && value.value >= 1 && value.value <= 65535;
    case 'cidr': return value.kind === 'cidr';
    case 'int': return value.kind === 'int';
    case 'dur': return value.kind === 'duration';
    case 'name': return value.kind === 'word' || (value.kind === 'string' && namePattern.test(value.value));
    case 'string': return value.kind === 'string' || value.kind === 'word';
  }
}
