/**
 * The one table of calls: which there are, in which place, with which arguments. Checks, suggestions and
 * completion read it, so a new selector, hash or health check is a row here and no change of grammar.
 */
import type { Arg, Value } from './ast.ts';

export type CallRole = 'target' | 'hash' | 'health' | 'sync' | 'cluster';

/** What an argument's value may be. A variable is accepted for all of them and judged when it is known. */
export type ArgumentKind = 'int' | 'port' | 'range' | 'word' | 'string' | 'set';

export interface ArgumentSignature {
  readonly name: string;
  readonly help: string;
  readonly kinds: readonly ArgumentKind[];
  /** The only words or texts that are meant. */
  readonly choices?: readonly string[];
  /** `=` if absent. */
  readonly operators?: readonly Arg['op'][];
}

export interface CallSignature {
  readonly name: string;
  readonly role: CallRole;
  readonly help: string;
  /** An argument without a name, which comes first: `endpoints(NS/NAME)`, `http("/path")`. */
  readonly positional?: { readonly what: string; readonly quoted: boolean; readonly required: boolean; readonly example: string };
  /** Whether every other key is a label selector. */
  readonly labels: boolean;
  readonly arguments: readonly ArgumentSignature[];
}

const namespace: ArgumentSignature = { name: 'ns', help: 'namespace', kinds: ['word', 'string'] };
const backendPort: ArgumentSignature = { name: 'port', help: "number or named container port; without it the VIP's", kinds: ['port', 'word', 'string'] };
const checkedPort: ArgumentSignature = { name: 'port', help: "port to ask; without it the backend's", kinds: ['port'] };

export const signatures: readonly CallSignature[] = [
  { name: 'pods', role: 'target', help: 'pods by label selector', labels: true, arguments: [namespace, backendPort] },
  {
    name: 'endpoints', role: 'target', help: 'the endpoints of a Kubernetes service', labels: false,
    positional: { what: 'the service, NAMESPACE/NAME', quoted: false, required: true, example: 'kube-system/kube-dns' },
    arguments: [{ ...backendPort, help: "number on the backend, or name of the service's port; without it the VIP's" }],
  },
  { name: 'nodes', role: 'target', help: 'nodes by label selector', labels: true, arguments: [{ ...backendPort, help: "number; without it the VIP's" }] },
  {
    name: 'maglev', role: 'hash', help: 'consistent, weighted; needs no memory of flows', labels: false,
    arguments: [
      { name: 'size', help: 'slots of the table, a prime', kinds: ['int'] },
      { name: 'seed', help: 'text; the same on all nodes', kinds: ['string', 'word'] },
      { name: 'by', help: 'what is hashed', kinds: ['word'], choices: ['flow', 'source'] },
    ],
  },
  { name: 'random', role: 'hash', help: 'weighted chance for each new flow', labels: false, arguments: [] },
  { name: 'rr', role: 'hash', help: 'each new flow to the next in turn', labels: false, arguments: [] },
  { name: 'tcp', role: 'health', help: 'a connection opens', labels: false, arguments: [checkedPort] },
  {
    name: 'http', role: 'health', help: 'an HTTP request is answered', labels: false,
    positional: { what: 'the path', quoted: true, required: false, example: '"/healthz"' },
    arguments: [checkedPort, { name: 'status', help: 'statuses that count as healthy', kinds: ['int', 'range', 'set'] }],
  },
  {
    name: 'services', role: 'sync', help: 'Kubernetes services by type, namespace, class and labels', labels: true,
    arguments: [
      { name: 'type', help: 'type of service', kinds: ['word', 'string'], choices: ['LoadBalancer', 'NodePort', 'ClusterIP'] },
      { ...namespace, operators: ['=', '!=', 'in', 'notin'] },
      { name: 'lb-class', help: 'loadBalancerClass', kinds: ['word', 'string'] },
    ],
  },
  {
    name: 'k8s', role: 'cluster', help: 'the cluster that selectors look at', labels: false,
    arguments: [
      { name: 'context', help: 'context of the kubeconfig', kinds: ['word', 'string'] },
      { ...namespace, help: 'namespace where none is named' },
      { name: 'manifests', help: 'YAML files in place of a cluster', kinds: ['string'] },
    ],
  },
];

/** Argument names that a selector does not take as labels, whether or not the call has them. */
export const reservedArguments: ReadonlySet<string> = new Set(['ns', 'port', 'weight']);

const byRole = new Map<string, CallSignature>(signatures.map((s) => [`${s.role} ${s.name}`, s]));

export function signature(role: CallRole, name: string): CallSignature | undefined {
  return byRole.get(`${role} ${name}`);
}

export function callNames(role: CallRole): string[] {
  return signatures.filter((s) => s.role === role).map((s) => s.name);
}

const kindWords: Readonly<Record<ArgumentKind, string>> = {
  int: 'a whole number', port: 'a port', range: 'a range', word: 'a name', string: 'a text', set: 'a set',
};

/** `a port, a name or a text`. */
export function describeKinds(kinds: readonly ArgumentKind[]): string {
  const words = kinds.map((k) => kindWords[k]);
  return words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)!}`;
}

export function fits(value: Value, kind: ArgumentKind): boolean {
  return value.kind === (kind === 'port' ? 'int' : kind);
}
