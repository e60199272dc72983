/** Look-ups in a cluster that stay fast with many services and many pods. */
import type { Cluster, KubernetesEndpointSlice, KubernetesPod } from './host.ts';
import { selects, type LabelRequirement } from './selector.ts';

interface Namespace {
  readonly pods: KubernetesPod[];
  /** By `key\0value`. */
  readonly byLabel: Map<string, KubernetesPod[]>;
}

export interface ClusterIndex {
  readonly namespaces: ReadonlyMap<string, Namespace>;
  /** By `namespace/service`. */
  readonly slices: ReadonlyMap<string, readonly KubernetesEndpointSlice[]>;
}

const indices = new WeakMap<Cluster, ClusterIndex>();

export function indexOf(cluster: Cluster): ClusterIndex {
  let index = indices.get(cluster);
  if (!index) indices.set(cluster, (index = build(cluster)));
  return index;
}

function build(cluster: Cluster): ClusterIndex {
  const namespaces = new Map<string, Namespace>();
  for (const pod of cluster.pods) {
    let namespace = namespaces.get(pod.namespace);
    if (!namespace) namespaces.set(pod.namespace, (namespace = { pods: [], byLabel: new Map() }));
    namespace.pods.push(pod);
    for (const [key, value] of Object.entries(pod.labels)) push(namespace.byLabel, `${key}\0${value}`, pod);
  }
  const slices = new Map<string, KubernetesEndpointSlice[]>();
  for (const slice of cluster.endpointSlices) push(slices, `${slice.namespace}/${slice.service}`, slice);
  return { namespaces, slices };
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list) list.push(value);
  else map.set(key, [value]);
}

export function podsIn(cluster: Cluster, namespace: string): readonly KubernetesPod[] {
  return indexOf(cluster).namespaces.get(namespace)?.pods ?? [];
}

/** Pods of a namespace that a selector selects; looks only at those of the rarest label that it asks for by value. */
export function selectPods(cluster: Cluster, namespace: string, selector: readonly LabelRequirement[]): KubernetesPod[] {
  const inside = indexOf(cluster).namespaces.get(namespace);
  if (!inside) return [];
  let candidates: readonly KubernetesPod[] = inside.pods;
  for (const { key, op, values } of selector) {
    if (op !== 'in' || values.length !== 1) continue;
    const having = inside.byLabel.get(`${key}\0${values[0]!}`) ?? [];
    if (having.length < candidates.length) candidates = having;
  }
  return candidates.filter((p) => selects(selector, p.labels));
}
