/**
 * The syntax tree of a `.lb` script. Each node is a readonly interface with a `kind` and a `span`;
 * nothing in it is resolved: names are names, variables are variables, and numbers keep their text
 * where the text matters. Follows the grammar of the language rule by rule.
 */
import type { Span } from './span.ts';

interface Node {
  readonly span: Span;
}

/** A name with where it stands; `text` is unquoted. `path` names hold one `/`. */
export interface Name extends Node {
  readonly kind: 'name';
  readonly text: string;
  readonly quoted: boolean;
}

export interface Variable extends Node {
  readonly kind: 'variable';
  /** Without the `$`. */
  readonly name: string;
}

// ── Values ───────────────────────────────────────────────────────────────────────────────────────

export interface IntValue extends Node { readonly kind: 'int'; readonly value: number }
export interface RangeValue extends Node { readonly kind: 'range'; readonly from: number; readonly to: number }
export interface StringValue extends Node { readonly kind: 'string'; readonly value: string }
export interface DurationValue extends Node { readonly kind: 'duration'; readonly ms: number; readonly text: string }
export interface PercentValue extends Node { readonly kind: 'percent'; readonly value: number }
/** `prefix` is the length in bits; `address` is canonical text without the prefix. */
export interface CidrValue extends Node { readonly kind: 'cidr'; readonly address: string; readonly prefix: number; readonly family: 4 | 6 }
export interface SetValue extends Node { readonly kind: 'set'; readonly items: readonly Value[] }
/** A bare word or `a/b` used as a value. */
export interface WordValue extends Node { readonly kind: 'word'; readonly text: string }

export type Value =
  | IntValue | RangeValue | StringValue | DurationValue | PercentValue | CidrValue
  | SetValue | WordValue | Variable | Endpoint;

// ── Endpoints and networks ───────────────────────────────────────────────────────────────────────

/** `address` is canonical text (lower case, RFC 5952 for IPv6, no brackets). */
export interface Address extends Node { readonly kind: 'address'; readonly address: string; readonly family: 4 | 6 }
export type Host = Address | Variable;

export interface AnyPort extends Node { readonly kind: 'any-port' }
export interface PortSet extends Node { readonly kind: 'port-set'; readonly ports: readonly IntValue[] }
export type Ports = IntValue | RangeValue | AnyPort | PortSet | Variable;

export type Protocol = 'tcp' | 'udp';
export interface ProtocolNode extends Node { readonly kind: 'protocol'; readonly name: Protocol }

/** `host[:ports][/proto+proto]`. `protocols` is empty when none was written. */
export interface Endpoint extends Node {
  readonly kind: 'endpoint';
  readonly host: Host;
  readonly ports?: Ports;
  readonly protocols: readonly ProtocolNode[];
}

export type Net = CidrValue | Host;

// ── Calls ────────────────────────────────────────────────────────────────────────────────────────

/** `key`, `!key`, `key=value`, `key!=value`, `key in (…)`, `key notin (…)`. */
export interface Arg extends Node {
  readonly kind: 'arg';
  readonly key: Name;
  readonly op: 'exists' | 'absent' | '=' | '!=' | 'in' | 'notin';
  /** For `=` and `!=`. */
  readonly value?: Value;
  /** For `in` and `notin`: the keys of the bracketed list, as values. */
  readonly values?: readonly Value[];
}

/** `name` or `name(args)`: pods, endpoints, nodes, services, maglev, random, rr, tcp, http, k8s. */
export interface Call extends Node {
  readonly kind: 'call';
  readonly name: Name;
  /** Absent where the call was written without brackets. */
  readonly args?: readonly Arg[];
}

// ── Clauses ──────────────────────────────────────────────────────────────────────────────────────

export interface PoolRef extends Node { readonly kind: 'pool-ref'; readonly name: Name }

export interface Target extends Node {
  readonly kind: 'target';
  readonly of: Call | PoolRef | Endpoint;
  readonly as?: Name;
  readonly weight?: IntValue;
  readonly state?: { readonly kind: 'drain' | 'down'; readonly span: Span };
}

export interface VipClause extends Node { readonly kind: 'vip'; readonly endpoints: readonly Endpoint[] }
export interface TargetsClause extends Node { readonly kind: 'targets'; readonly targets: readonly Target[] }
export type Encapsulation = 'l2' | 'ipip' | 'geneve';
export interface ModeClause extends Node {
  readonly kind: 'mode';
  readonly name: Name & { readonly text: 'snat' | 'dnat' | 'dsr' | 'hybrid' };
  readonly encapsulation?: { readonly kind: Encapsulation; readonly span: Span };
  readonly from: readonly SourceNode[];
}
/** What packets to backends have as their source: an address, for translation with its ports, or a network. */
export interface SourceNode extends Node { readonly kind: 'source'; readonly of: Net; readonly ports?: IntValue | RangeValue | Variable }
export interface HashClause extends Node { readonly kind: 'hash'; readonly call: Call }
export interface AffinityClause extends Node { readonly kind: 'affinity'; readonly timeout: DurationValue | 'off' }
export interface AllowClause extends Node { readonly kind: 'allow'; readonly nets: readonly Net[] }
export interface OnEmptyClause extends Node { readonly kind: 'on-empty'; readonly action: 'reject' | 'drop' }
export interface OnUnknownClause extends Node { readonly kind: 'on-unknown'; readonly action: 'drop' | 'pass' }
export interface HealthClause extends Node {
  readonly kind: 'health';
  readonly call: Call;
  readonly every?: DurationValue;
  readonly timeout?: DurationValue;
  readonly rise?: IntValue;
  readonly fall?: IntValue;
}
export interface ScopeClause extends Node { readonly kind: 'scope'; readonly scope: 'cluster' | 'local' }
export interface GraceClause extends Node { readonly kind: 'grace'; readonly duration: DurationValue }
export interface LabelClause extends Node { readonly kind: 'label'; readonly args: readonly Arg[] }

export type Clause =
  | VipClause | TargetsClause | ModeClause | HashClause | AffinityClause | AllowClause
  | OnEmptyClause | OnUnknownClause | HealthClause | ScopeClause | GraceClause | LabelClause;

// ── Statements ───────────────────────────────────────────────────────────────────────────────────

interface Documented {
  /** Text of the `##` comment lines directly above, without the marks. */
  readonly doc?: string;
}

export interface RulesetStatement extends Node, Documented { readonly kind: 'ruleset'; readonly name: Name }
export interface ServiceStatement extends Node, Documented { readonly kind: 'service'; readonly name: Name; readonly clauses: readonly Clause[] }
export interface PoolStatement extends Node, Documented { readonly kind: 'pool'; readonly name: Name; readonly clauses: readonly Clause[] }
export interface DefaultsStatement extends Node, Documented { readonly kind: 'defaults'; readonly clauses: readonly Clause[] }
export interface SyncStatement extends Node, Documented { readonly kind: 'sync'; readonly call: Call; readonly clauses: readonly Clause[] }
export interface LetStatement extends Node, Documented { readonly kind: 'let'; readonly name: Name; readonly value: Value }
export type ParamType = 'addr' | 'port' | 'cidr' | 'name' | 'int' | 'dur' | 'string';
export interface ParamStatement extends Node, Documented {
  readonly kind: 'param';
  readonly name: Name;
  readonly type: { readonly kind: 'type'; readonly name: ParamType; readonly span: Span };
  readonly default?: Value;
}
export interface IncludeStatement extends Node, Documented { readonly kind: 'include'; readonly pattern: StringValue }
export interface AttachStatement extends Node, Documented {
  readonly kind: 'attach';
  /** A quoted name may be a glob. */
  readonly interfaces: readonly Name[];
  readonly xdp?: { readonly mode: 'auto' | 'native' | 'generic'; readonly span: Span };
}
export interface K8sStatement extends Node, Documented { readonly kind: 'k8s'; readonly args: readonly Arg[] }

export interface GivenStatement extends Node { readonly kind: 'given'; readonly name: Name; readonly state: 'up' | 'down' | 'drain' }
export type Outcome =
  | { readonly kind: 'backend'; readonly backend: Name | Endpoint; readonly span: Span }
  | { readonly kind: 'oneof'; readonly backends: readonly Value[]; readonly span: Span }
  | { readonly kind: 'drop' | 'reject' | 'pass'; readonly span: Span };
export interface ExpectFlow extends Node {
  readonly kind: 'expect-flow';
  readonly protocol?: ProtocolNode;
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly outcome: Outcome;
}
export interface ExpectBalance extends Node {
  readonly kind: 'expect-balance';
  readonly service: Name;
  readonly within: PercentValue;
  readonly flows?: IntValue;
}
export type ExpectStatement = ExpectFlow | ExpectBalance;
export interface TestStatement extends Node, Documented {
  readonly kind: 'test';
  readonly title: StringValue;
  readonly body: readonly (GivenStatement | ExpectStatement)[];
}

export type Statement =
  | RulesetStatement | ServiceStatement | PoolStatement | DefaultsStatement | SyncStatement
  | LetStatement | ParamStatement | IncludeStatement | AttachStatement | K8sStatement
  | TestStatement | ExpectStatement;

export interface Script extends Node {
  readonly kind: 'script';
  readonly file: string;
  readonly statements: readonly Statement[];
}
