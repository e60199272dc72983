/** Generated from dsl/parser.ts by scripts/generate-cst.ts. */
import type { CstNode, IToken } from "chevrotain";

export interface EndpointCstNode extends CstNode {
  name: "endpoint";
  children: EndpointCstChildren;
}

export type EndpointCstChildren = {
  host: HostCstNode[];
  Colon?: IToken[];
  ports?: PortsCstNode[];
  Slash?: IToken[];
  protocol?: ProtocolCstNode[];
  Plus?: IToken[];
};

export interface ProtocolCstNode extends CstNode {
  name: "protocol";
  children: ProtocolCstChildren;
}

export type ProtocolCstChildren = {
  Tcp?: IToken[];
  Udp?: IToken[];
};

export interface HostCstNode extends CstNode {
  name: "host";
  children: HostCstChildren;
}

export type HostCstChildren = {
  Ipv4?: IToken[];
  LSquare?: IToken[];
  Ipv6?: (IToken)[];
  RSquare?: IToken[];
  Variable?: IToken[];
};

export interface PortsCstNode extends CstNode {
  name: "ports";
  children: PortsCstChildren;
}

export type PortsCstChildren = {
  Int?: IToken[];
  Range?: IToken[];
  Star?: IToken[];
  portSet?: PortSetCstNode[];
  Variable?: IToken[];
};

export interface PortSetCstNode extends CstNode {
  name: "portSet";
  children: PortSetCstChildren;
}

export type PortSetCstChildren = {
  LCurly: IToken[];
  Int: IToken[];
  Comma?: IToken[];
  RCurly: IToken[];
};

export interface NetCstNode extends CstNode {
  name: "net";
  children: NetCstChildren;
}

export type NetCstChildren = {
  Cidr4?: IToken[];
  Cidr6?: IToken[];
  host?: HostCstNode[];
};

export interface SourceCstNode extends CstNode {
  name: "source";
  children: SourceCstChildren;
}

export type SourceCstChildren = {
  net: NetCstNode[];
  Colon?: IToken[];
  Range?: IToken[];
  Int?: IToken[];
  Variable?: IToken[];
};

export interface CallCstNode extends CstNode {
  name: "call";
  children: CallCstChildren;
}

export type CallCstChildren = {
  CallName: IToken[];
  args?: ArgsCstNode[];
};

export interface ArgsCstNode extends CstNode {
  name: "args";
  children: ArgsCstChildren;
}

export type ArgsCstChildren = {
  LParen: IToken[];
  arg?: ArgCstNode[];
  Comma?: IToken[];
  RParen: IToken[];
};

export interface ArgCstNode extends CstNode {
  name: "arg";
  children: ArgCstChildren;
}

export type ArgCstChildren = {
  Not?: IToken[];
  key?: (KeyCstNode)[];
  Equals?: IToken[];
  value?: (ValueCstNode)[];
  NotEquals?: IToken[];
  In?: IToken[];
  members?: (MembersCstNode)[];
  Notin?: IToken[];
};

export interface MembersCstNode extends CstNode {
  name: "members";
  children: MembersCstChildren;
}

export type MembersCstChildren = {
  LParen: IToken[];
  value?: ValueCstNode[];
  Comma?: IToken[];
  RParen: IToken[];
};

export interface KeyCstNode extends CstNode {
  name: "key";
  children: KeyCstChildren;
}

export type KeyCstChildren = {
  path?: PathCstNode[];
  Str?: IToken[];
};

export interface PathCstNode extends CstNode {
  name: "path";
  children: PathCstChildren;
}

export type PathCstChildren = {
  Name: (IToken)[];
  Slash?: IToken[];
};

export interface QnameCstNode extends CstNode {
  name: "qname";
  children: QnameCstChildren;
}

export type QnameCstChildren = {
  path?: PathCstNode[];
  Str?: IToken[];
};

export interface ValueCstNode extends CstNode {
  name: "value";
  children: ValueCstChildren;
}

export type ValueCstChildren = {
  set?: SetCstNode[];
  Str?: IToken[];
  Duration?: IToken[];
  Int?: IToken[];
  Range?: IToken[];
  Percent?: IToken[];
  Cidr4?: IToken[];
  Cidr6?: IToken[];
  endpoint?: EndpointCstNode[];
  path?: PathCstNode[];
};

export interface SetCstNode extends CstNode {
  name: "set";
  children: SetCstChildren;
}

export type SetCstChildren = {
  LCurly: IToken[];
  value?: ValueCstNode[];
  Comma?: IToken[];
  RCurly: IToken[];
};

export interface BodyCstNode extends CstNode {
  name: "body";
  children: BodyCstChildren;
}

export type BodyCstChildren = {
  clause?: ClauseCstNode[];
  LCurly?: IToken[];
  clauses?: ClausesCstNode[];
  Separator?: IToken[];
  RCurly?: IToken[];
};

export interface ClausesCstNode extends CstNode {
  name: "clauses";
  children: ClausesCstChildren;
}

export type ClausesCstChildren = {
  clause: ClauseCstNode[];
};

export interface ClauseCstNode extends CstNode {
  name: "clause";
  children: ClauseCstChildren;
}

export type ClauseCstChildren = {
  vipClause?: VipClauseCstNode[];
  targetsClause?: TargetsClauseCstNode[];
  modeClause?: ModeClauseCstNode[];
  hashClause?: HashClauseCstNode[];
  affinityClause?: AffinityClauseCstNode[];
  allowClause?: AllowClauseCstNode[];
  onEmptyClause?: OnEmptyClauseCstNode[];
  onUnknownClause?: OnUnknownClauseCstNode[];
  healthClause?: HealthClauseCstNode[];
  scopeClause?: ScopeClauseCstNode[];
  graceClause?: GraceClauseCstNode[];
  labelClause?: LabelClauseCstNode[];
};

export interface VipClauseCstNode extends CstNode {
  name: "vipClause";
  children: VipClauseCstChildren;
}

export type VipClauseCstChildren = {
  Vip: IToken[];
  endpoint: EndpointCstNode[];
  Comma?: IToken[];
};

export interface TargetsClauseCstNode extends CstNode {
  name: "targetsClause";
  children: TargetsClauseCstChildren;
}

export type TargetsClauseCstChildren = {
  Arrow: IToken[];
  target: TargetCstNode[];
  Comma?: IToken[];
};

export interface TargetCstNode extends CstNode {
  name: "target";
  children: TargetCstChildren;
}

export type TargetCstChildren = {
  poolReference?: PoolReferenceCstNode[];
  call?: CallCstNode[];
  endpoint?: EndpointCstNode[];
  targetOption?: TargetOptionCstNode[];
};

export interface PoolReferenceCstNode extends CstNode {
  name: "poolReference";
  children: PoolReferenceCstChildren;
}

export type PoolReferenceCstChildren = {
  Pool: IToken[];
  qname: QnameCstNode[];
};

export interface TargetOptionCstNode extends CstNode {
  name: "targetOption";
  children: TargetOptionCstChildren;
}

export type TargetOptionCstChildren = {
  As?: IToken[];
  Name?: IToken[];
  Weight?: IToken[];
  Int?: IToken[];
  Drain?: IToken[];
  Down?: IToken[];
};

export interface ModeClauseCstNode extends CstNode {
  name: "modeClause";
  children: ModeClauseCstChildren;
}

export type ModeClauseCstChildren = {
  Mode: IToken[];
  Snat?: IToken[];
  sources?: (SourcesCstNode)[];
  Dnat?: IToken[];
  Dsr?: IToken[];
  Hybrid?: IToken[];
  encapsulation?: EncapsulationCstNode[];
};

export interface SourcesCstNode extends CstNode {
  name: "sources";
  children: SourcesCstChildren;
}

export type SourcesCstChildren = {
  From: IToken[];
  source: SourceCstNode[];
  Comma?: IToken[];
};

export interface EncapsulationCstNode extends CstNode {
  name: "encapsulation";
  children: EncapsulationCstChildren;
}

export type EncapsulationCstChildren = {
  L2?: IToken[];
  Ipip?: IToken[];
  Geneve?: IToken[];
};

export interface HashClauseCstNode extends CstNode {
  name: "hashClause";
  children: HashClauseCstChildren;
}

export type HashClauseCstChildren = {
  Hash: IToken[];
  call: CallCstNode[];
};

export interface AffinityClauseCstNode extends CstNode {
  name: "affinityClause";
  children: AffinityClauseCstChildren;
}

export type AffinityClauseCstChildren = {
  Affinity: IToken[];
  Duration?: IToken[];
  Off?: IToken[];
};

export interface AllowClauseCstNode extends CstNode {
  name: "allowClause";
  children: AllowClauseCstChildren;
}

export type AllowClauseCstChildren = {
  Allow: IToken[];
  net: NetCstNode[];
  Comma?: IToken[];
};

export interface OnEmptyClauseCstNode extends CstNode {
  name: "onEmptyClause";
  children: OnEmptyClauseCstChildren;
}

export type OnEmptyClauseCstChildren = {
  OnEmpty: IToken[];
  Reject?: IToken[];
  Drop?: IToken[];
};

export interface OnUnknownClauseCstNode extends CstNode {
  name: "onUnknownClause";
  children: OnUnknownClauseCstChildren;
}

export type OnUnknownClauseCstChildren = {
  OnUnknown: IToken[];
  Drop?: IToken[];
  Pass?: IToken[];
};

export interface HealthClauseCstNode extends CstNode {
  name: "healthClause";
  children: HealthClauseCstChildren;
}

export type HealthClauseCstChildren = {
  Health: IToken[];
  call: CallCstNode[];
  healthSetting?: HealthSettingCstNode[];
};

export interface HealthSettingCstNode extends CstNode {
  name: "healthSetting";
  children: HealthSettingCstChildren;
}

export type HealthSettingCstChildren = {
  Every?: IToken[];
  Duration?: (IToken)[];
  Timeout?: IToken[];
  Rise?: IToken[];
  Int?: (IToken)[];
  Fall?: IToken[];
};

export interface ScopeClauseCstNode extends CstNode {
  name: "scopeClause";
  children: ScopeClauseCstChildren;
}

export type ScopeClauseCstChildren = {
  Scope: IToken[];
  Cluster?: IToken[];
  Local?: IToken[];
};

export interface GraceClauseCstNode extends CstNode {
  name: "graceClause";
  children: GraceClauseCstChildren;
}

export type GraceClauseCstChildren = {
  Grace: IToken[];
  Duration: IToken[];
};

export interface LabelClauseCstNode extends CstNode {
  name: "labelClause";
  children: LabelClauseCstChildren;
}

export type LabelClauseCstChildren = {
  Label: IToken[];
  arg: ArgCstNode[];
  Comma?: IToken[];
};

export interface StatementCstNode extends CstNode {
  name: "statement";
  children: StatementCstChildren;
}

export type StatementCstChildren = {
  rulesetStatement?: RulesetStatementCstNode[];
  serviceStatement?: ServiceStatementCstNode[];
  poolStatement?: PoolStatementCstNode[];
  defaultsStatement?: DefaultsStatementCstNode[];
  syncStatement?: SyncStatementCstNode[];
  letStatement?: LetStatementCstNode[];
  paramStatement?: ParamStatementCstNode[];
  includeStatement?: IncludeStatementCstNode[];
  attachStatement?: AttachStatementCstNode[];
  k8sStatement?: K8sStatementCstNode[];
  testStatement?: TestStatementCstNode[];
  expectStatement?: ExpectStatementCstNode[];
};

export interface RulesetStatementCstNode extends CstNode {
  name: "rulesetStatement";
  children: RulesetStatementCstChildren;
}

export type RulesetStatementCstChildren = {
  Ruleset: IToken[];
  qname: QnameCstNode[];
};

export interface ServiceStatementCstNode extends CstNode {
  name: "serviceStatement";
  children: ServiceStatementCstChildren;
}

export type ServiceStatementCstChildren = {
  Service: IToken[];
  qname: QnameCstNode[];
  body: BodyCstNode[];
};

export interface PoolStatementCstNode extends CstNode {
  name: "poolStatement";
  children: PoolStatementCstChildren;
}

export type PoolStatementCstChildren = {
  Pool: IToken[];
  qname: QnameCstNode[];
  body: BodyCstNode[];
};

export interface DefaultsStatementCstNode extends CstNode {
  name: "defaultsStatement";
  children: DefaultsStatementCstChildren;
}

export type DefaultsStatementCstChildren = {
  Defaults: IToken[];
  body: BodyCstNode[];
};

export interface SyncStatementCstNode extends CstNode {
  name: "syncStatement";
  children: SyncStatementCstChildren;
}

export type SyncStatementCstChildren = {
  Sync: IToken[];
  call: CallCstNode[];
  body: BodyCstNode[];
};

export interface LetStatementCstNode extends CstNode {
  name: "letStatement";
  children: LetStatementCstChildren;
}

export type LetStatementCstChildren = {
  Let: IToken[];
  Name: IToken[];
  Equals: IToken[];
  value: ValueCstNode[];
};

export interface ParamStatementCstNode extends CstNode {
  name: "paramStatement";
  children: ParamStatementCstChildren;
}

export type ParamStatementCstChildren = {
  Param: IToken[];
  Name: IToken[];
  Colon: IToken[];
  paramType: ParamTypeCstNode[];
  Equals?: IToken[];
  value?: ValueCstNode[];
};

export interface ParamTypeCstNode extends CstNode {
  name: "paramType";
  children: ParamTypeCstChildren;
}

export type ParamTypeCstChildren = {
  AddrType?: IToken[];
  PortType?: IToken[];
  CidrType?: IToken[];
  NameType?: IToken[];
  IntType?: IToken[];
  DurType?: IToken[];
  StringType?: IToken[];
};

export interface IncludeStatementCstNode extends CstNode {
  name: "includeStatement";
  children: IncludeStatementCstChildren;
}

export type IncludeStatementCstChildren = {
  Include: IToken[];
  Str: IToken[];
};

export interface AttachStatementCstNode extends CstNode {
  name: "attachStatement";
  children: AttachStatementCstChildren;
}

export type AttachStatementCstChildren = {
  Attach: IToken[];
  iface: IfaceCstNode[];
  Comma?: IToken[];
  Xdp?: IToken[];
  Auto?: IToken[];
  Native?: IToken[];
  Generic?: IToken[];
};

export interface IfaceCstNode extends CstNode {
  name: "iface";
  children: IfaceCstChildren;
}

export type IfaceCstChildren = {
  Name?: IToken[];
  Str?: IToken[];
};

export interface K8sStatementCstNode extends CstNode {
  name: "k8sStatement";
  children: K8sStatementCstChildren;
}

export type K8sStatementCstChildren = {
  K8s: IToken[];
  args: ArgsCstNode[];
};

export interface TestStatementCstNode extends CstNode {
  name: "testStatement";
  children: TestStatementCstChildren;
}

export type TestStatementCstChildren = {
  Test: IToken[];
  Str: IToken[];
  LCurly: IToken[];
  testLine?: TestLineCstNode[];
  Separator?: IToken[];
  RCurly: IToken[];
};

export interface TestLineCstNode extends CstNode {
  name: "testLine";
  children: TestLineCstChildren;
}

export type TestLineCstChildren = {
  given?: GivenCstNode[];
  expectStatement?: ExpectStatementCstNode[];
};

export interface GivenCstNode extends CstNode {
  name: "given";
  children: GivenCstChildren;
}

export type GivenCstChildren = {
  Given: IToken[];
  Name: IToken[];
  Up?: IToken[];
  Down?: IToken[];
  Drain?: IToken[];
};

export interface ExpectStatementCstNode extends CstNode {
  name: "expectStatement";
  children: ExpectStatementCstChildren;
}

export type ExpectStatementCstChildren = {
  Expect: IToken[];
  expectFlow?: ExpectFlowCstNode[];
  expectBalance?: ExpectBalanceCstNode[];
};

export interface ExpectFlowCstNode extends CstNode {
  name: "expectFlow";
  children: ExpectFlowCstChildren;
}

export type ExpectFlowCstChildren = {
  protocol?: ProtocolCstNode[];
  endpoint: (EndpointCstNode)[];
  Arrow: IToken[];
  FatArrow: IToken[];
  outcome: OutcomeCstNode[];
};

export interface OutcomeCstNode extends CstNode {
  name: "outcome";
  children: OutcomeCstChildren;
}

export type OutcomeCstChildren = {
  Backend?: IToken[];
  Name?: IToken[];
  endpoint?: EndpointCstNode[];
  Oneof?: IToken[];
  members?: MembersCstNode[];
  Drop?: IToken[];
  Reject?: IToken[];
  Pass?: IToken[];
};

export interface ExpectBalanceCstNode extends CstNode {
  name: "expectBalance";
  children: ExpectBalanceCstChildren;
}

export type ExpectBalanceCstChildren = {
  Balance: IToken[];
  qname: QnameCstNode[];
  Within: IToken[];
  Percent: IToken[];
  Over?: IToken[];
  Int?: IToken[];
  Flows?: IToken[];
};
