/** Backends of `pods(…)`, `endpoints(…)` and `nodes(…)`, found in the cluster's objects. */
import type { Arg, Call } from '../../dsl/ast.ts';
import { reservedArguments } from '../../dsl/signatures.ts';
import type { Span } from '../../dsl/span.ts';
import { suggest } from '../../dsl/suggest.ts';
import { parseAddress } from '../../dsl/ip.ts';
import type { ClusterView, Compilation, Scope } from '../compilation.ts';
import { didYouMean, quoted } from '../compilation.ts';
import type { KubernetesPod } from '../host.ts';
import { badKey, badValue, nearMiss, selects, type LabelRequirement } from '../selector.ts';
import type { Backend } from '../state.ts';
import { textOf, valueOf } from '../values.ts';
import { indexOf, podsIn, selectPods } from '../cluster-index.ts';

type Known = Extract<ClusterView, { kind: 'known' }>;
type Port = number | string;

/** Undefined: it cannot be resolved, and why was said. */
export function resolveCall(c: Compilation, call: Call, scope: Scope): readonly Backend[] | undefined {
  c.usesCluster = true;
  const view = scope.cluster;
  const port = portArgument(c, call, scope);
  const selector = call.name.text === 'endpoints' ? [] : selectorOf(c, call, scope);
  if (view.kind === 'none') {
    c.error('LB401', call.span, `${call.name.text}(…) looks into a cluster, and none is named`, {
      hint: 'name one: k8s(manifests="cluster.yaml"), a file made with kubectl get pods,services,endpointslices,nodes -A -o yaml',
    });
  }
  if (view.kind !== 'known' || port === null || !selector) return undefined;
  switch (call.name.text) {
    case 'pods': return fromPods(c, call, scope, view, selector, port);
    case 'nodes': return fromNodes(c, call, view, selector, port);
    default: return fromEndpoints(c, call, view, port);
  }
}

function named(call: Call, name: string): Arg | undefined {
  return call.args?.find((a) => a.key.text === name && !a.key.quoted);
}

/** Undefined: none was written. Null: it is wrong, which was said. */
function portArgument(c: Compilation, call: Call, scope: Scope): Port | undefined | null {
  const arg = named(call, 'port');
  if (!arg?.value) return undefined;
  const value = valueOf(c, scope, arg.value);
  if (!value) return null;
  if (value.kind === 'int') {
    if (value.value >= 1 && value.value <= 65535) return value.value;
  } else if (call.name.text !== 'nodes') {
    const text = textOf(c, scope, arg.value);
    return text ? text.text : null;
  }
  c.error('LB407', arg.value.span, `'port' of ${call.name.text} is ${call.name.text === 'nodes' ? 'a port number' : 'a port number or the name of a port'}`);
  return null;
}

/** Undefined after an error was said. */
function selectorOf(c: Compilation, call: Call, scope: Scope): LabelRequirement[] | undefined {
  const selector: LabelRequirement[] = [];
  let sound = true;
  for (const arg of call.args ?? []) {
    if (!arg.key.quoted && reservedArguments.has(arg.key.text)) continue;
    const values = (arg.value ? [arg.value] : arg.values ?? []).flatMap((v) => textOf(c, scope, v) ?? []);
    const wrong = [{ why: badKey(arg.key.text), what: `${quoted(arg.key)} is not the key of a label`, span: arg.key.span },
      ...values.map((v) => ({ why: badValue(v.text), what: `${quoted(v.text)} is not the value of a label`, span: v.span }))];
    for (const { why, what, span } of wrong) {
      if (!why) continue;
      c.error('LB406', span, `${what}: ${why}`, { hint: 'Kubernetes refuses such labels, so nothing can have it' });
      sound = false;
    }
    const op = arg.op === '=' ? 'in' : arg.op === '!=' ? 'notin' : arg.op;
    selector.push({ key: arg.key.text, op, values: values.map((v) => v.text) });
  }
  return sound ? selector : undefined;
}

/** A pod that is not ready takes no new flows; one that ends and no longer serves is no backend. */
function fromPods(c: Compilation, call: Call, scope: Scope, view: Known, selector: readonly LabelRequirement[], port: Port | undefined): Backend[] | undefined {
  const arg = named(call, 'ns');
  const written = arg?.value && textOf(c, scope, arg.value);
  if (arg?.value && !written) return undefined;
  const namespace = written?.text ?? view.namespace;
  const pods = selectPods(view.cluster, namespace, selector);
  if (pods.length === 0) noPods(c, call.span, view, namespace, selector, podsIn(view.cluster, namespace));
  const backends: Backend[] = [];
  const without: KubernetesPod[] = [];
  for (const pod of pods) {
    if (pod.terminating && !pod.ready) continue;
    const number = typeof port === 'string' ? pod.ports.find((p) => p.name === port)?.port : port ?? 0;
    if (number === undefined) without.push(pod);
    else for (const ip of pod.ips) backends.push(...backend(ip, number, pod.name, pod.ready && !pod.terminating));
  }
  if (without.length > 0 && typeof port === 'string') noPort(c, named(call, 'port')!.span, port, without);
  return backends;
}

function backend(address: string, port: number, name: string, up: boolean): Backend[] {
  const parsed = parseAddress(address);
  return parsed ? [{ name, address: parsed.text, family: parsed.family, port, weight: 1, state: up ? 'up' : 'drain' }] : [];
}

function noPods(c: Compilation, span: Span, view: Known, namespace: string, selector: readonly LabelRequirement[], inside: readonly KubernetesPod[]): void {
  const namespaces = [...indexOf(view.cluster).namespaces.keys()];
  const elsewhere = namespaces.filter((ns) => selectPods(view.cluster, ns, selector).length > 0);
  const near = inside.length === 0 ? didYouMean(suggest(namespace, namespaces))?.replace(/^did you mean/, 'did you mean the namespace') : nearMiss(selector, inside);
  const hint = elsewhere.length > 0 ? `such pods are in the namespace ${elsewhere.map(quoted).join(', ')}: add ns=${elsewhere[0]!}` : near;
  const where = inside.length === 0 ? `there are no pods in the namespace ${quoted(namespace)}` : `none of the ${inside.length} pods in the namespace ${quoted(namespace)} is selected`;
  c.warning('LB403', span, `${where} (${quoted(view.file)})`, { hint });
}

function noPort(c: Compilation, span: Span, port: string, pods: readonly KubernetesPod[]): void {
  const names = new Set(pods.flatMap((p) => p.ports.flatMap((q) => q.name ?? [])));
  const who = pods.length === 1 ? `the pod ${quoted(pods[0]!.name)} has` : `${pods.length} pods have`;
  c.warning('LB405', span, `${who} no port named ${quoted(port)}, and ${pods.length === 1 ? 'is' : 'are'} left out`, {
    hint: didYouMean(suggest(port, names)) ?? (names.size > 0 ? `its ports are ${[...names].map(quoted).join(', ')}` : 'write the number of the port'),
  });
}

function fromNodes(c: Compilation, call: Call, view: Known, selector: readonly LabelRequirement[], port: Port | undefined): Backend[] {
  const nodes = view.cluster.nodes.filter((n) => selects(selector, n.labels));
  if (nodes.length === 0) {
    const message = view.cluster.nodes.length === 0 ? `there are no nodes in ${quoted(view.file)}` : `none of the ${view.cluster.nodes.length} nodes in ${quoted(view.file)} is selected`;
    c.warning('LB403', call.span, message, { hint: nearMiss(selector, view.cluster.nodes) });
  }
  return nodes.flatMap((n) => n.ips.flatMap((ip) => backend(ip, typeof port === 'number' ? port : 0, n.name, n.ready)));
}

/** `NAMESPACE/NAME`, or `NAME` in the namespace of k8s(…). */
function fromEndpoints(c: Compilation, call: Call, view: Known, port: Port | undefined): Backend[] | undefined {
  const which = call.args?.find((a) => a.op === 'exists');
  if (!which) return undefined;
  const slash = which.key.text.indexOf('/');
  const namespace = slash === -1 ? view.namespace : which.key.text.slice(0, slash);
  const name = which.key.text.slice(slash + 1);
  const index = indexOf(view.cluster);
  const slices = index.slices.get(`${namespace}/${name}`) ?? [];
  if (slices.length === 0) {
    const known = new Set([...index.slices.keys(), ...view.cluster.services.map((s) => `${s.namespace}/${s.name}`)]);
    const exists = known.has(`${namespace}/${name}`);
    c.warning('LB404', which.span, `there are no endpoints of ${quoted(`${namespace}/${name}`)} in ${quoted(view.file)}`, {
      hint: exists ? 'the service is there, but no EndpointSlice of it: add endpointslices to the manifests' : didYouMean(suggest(`${namespace}/${name}`, known)),
    });
  }
  const backends: Backend[] = [];
  let unnamed = slices.length > 0;
  for (const slice of slices) {
    const number = typeof port === 'string' ? slice.ports.find((p) => p.name === port)?.port : port ?? 0;
    if (number === undefined) continue;
    unnamed = false;
    for (const e of slice.endpoints) {
      if (e.terminating && !e.serving) continue;
      for (const address of e.addresses) backends.push(...backend(address, number, e.pod ?? address, e.ready && !e.terminating));
    }
  }
  if (unnamed) {
    const names = new Set(slices.flatMap((s) => s.ports.flatMap((p) => p.name ?? [])));
    c.warning('LB405', named(call, 'port')!.span, `${quoted(`${namespace}/${name}`)} has no port named ${quoted(String(port))}`, { hint: didYouMean(suggest(String(port), names)) ?? (names.size > 0 ? `its ports are ${[...names].map(quoted).join(', ')}` : 'write the number of the port') });
  }
  return backends;
}
