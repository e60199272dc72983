/**
 * A cluster in a file: Pods, Services, EndpointSlices, Endpoints and Nodes of a YAML text (many documents,
 * `kind: List`), as `kubectl get -o yaml` prints them. Other kinds are passed over; nothing is invented, so a
 * Deployment brings no pods. Text that is not YAML, or an object without what its kind must have, is an error
 * with its line.
 */
import { isMap, isScalar, LineCounter, parseAllDocuments, type Node } from 'yaml';
import type { Cluster, KubernetesEndpointSlice, KubernetesNode, KubernetesPod, KubernetesService, Read } from '../../compiler/host.ts';
import { parseAddress } from '../../dsl/ip.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import { asBoolean, asList, asNumber, asObject, asText, textMap, type Json } from './json.ts';

type Mutable<T> = { -readonly [K in keyof T]: T[K] extends readonly (infer E)[] ? E[] : T[K] };
type Found = Mutable<Cluster>;

/** An object lacks something its kind must have. */
class Malformed extends Error {}

export function readManifests(text: string): Read<Cluster> {
  const lines = new LineCounter();
  const found: Found = { pods: [], services: [], endpointSlices: [], nodes: [] };
  for (const document of parseAllDocuments(text, { lineCounter: lines, uniqueKeys: true })) {
    const problem = document.errors[0];
    if (problem) {
      const at = lines.linePos(problem.pos[0]).line;
      return { ok: false, message: `line ${at} is not YAML: ${sanitize(problem.message.split('\n')[0] ?? '')}`, hint: 'kubectl get pods,svc,endpointslices,nodes -A -o yaml makes such a file' };
    }
    if (document.contents === null || (isScalar(document.contents) && document.contents.value === null)) continue;
    const line = lines.linePos((document.contents as Node).range?.[0] ?? 0).line;
    if (!isMap(document.contents)) return { ok: false, message: `the document at line ${line} is not a Kubernetes object`, hint: 'each document is a mapping with apiVersion, kind and metadata' };
    try {
      collect(document.toJS({ maxAliasCount: 100 }) as Json, found);
    } catch (error) {
      if (error instanceof Malformed || error instanceof ReferenceError) return { ok: false, message: `the document at line ${line}: ${sanitize(error.message)}` };
      throw error;
    }
  }
  return { ok: true, value: found };
}

function collect(object: Json, found: Found): void {
  const kind = asText(asObject(object)['kind']);
  if (kind === undefined) throw new Malformed("an object without 'kind'");
  switch (kind) {
    case 'Pod': found.pods.push(pod(object)); break;
    case 'Service': found.services.push(service(object)); break;
    case 'EndpointSlice': found.endpointSlices.push(slice(object)); break;
    case 'Endpoints': found.endpointSlices.push(...endpoints(object)); break;
    case 'Node': found.nodes.push(node(object)); break;
    default:
      if (kind.endsWith('List')) for (const item of asList(asObject(object)['items'])) collect(item, found);
  }
}

function identity(object: Json): { name: string; namespace: string; labels: Record<string, string>; deleted: boolean } {
  const o = asObject(object);
  const metadata = asObject(o['metadata']);
  const name = asText(metadata['name']);
  if (!name) throw new Malformed(`a ${asText(o['kind'])} without metadata.name`);
  return {
    name,
    namespace: asText(metadata['namespace']) ?? 'default',
    labels: textMap(metadata['labels']),
    deleted: metadata['deletionTimestamp'] !== undefined && metadata['deletionTimestamp'] !== null,
  };
}

/** Canonical text of the addresses, without duplicates. */
function addresses(texts: readonly (string | undefined)[], of: string): string[] {
  const seen = new Set<string>();
  for (const text of texts) {
    if (!text) continue;
    const address = parseAddress(text);
    if (!address) throw new Malformed(`${of}: '${text}' is not an IP address`);
    seen.add(address.text);
  }
  return [...seen];
}

function condition(status: Json, type: string): boolean {
  return asList(asObject(status)['conditions']).some((c) => asText(asObject(c)['type']) === type && asText(asObject(c)['status']) === 'True');
}

function pod(object: Json): KubernetesPod {
  const { name, namespace, labels, deleted } = identity(object);
  const spec = asObject(asObject(object)['spec']);
  const status = asObject(asObject(object)['status']);
  const phase = asText(status['phase']);
  const finished = phase === 'Succeeded' || phase === 'Failed';
  const node = asText(spec['nodeName']);
  const ips = [asText(status['podIP']), ...asList(status['podIPs']).map((p) => asText(asObject(p)['ip']))];
  return {
    name,
    namespace,
    labels,
    // The address of a finished pod may belong to another one by now.
    ips: finished ? [] : addresses(ips, `pod ${namespace}/${name}`),
    ...(node === undefined ? {} : { node }),
    ready: !finished && condition(status, 'Ready'),
    terminating: deleted,
    ports: asList(spec['containers']).flatMap((c) => asList(asObject(c)['ports'])).flatMap((p) => {
      const port = asNumber(asObject(p)['containerPort']);
      const portName = asText(asObject(p)['name']);
      const protocol = (asText(asObject(p)['protocol']) ?? 'TCP') as 'TCP' | 'UDP' | 'SCTP';
      return port === undefined ? [] : [{ port, protocol, ...(portName === undefined ? {} : { name: portName }) }];
    }),
  };
}

function service(object: Json): KubernetesService {
  const { name, namespace, labels } = identity(object);
  return {
    name,
    namespace,
    labels,
    ports: asList(asObject(asObject(object)['spec'])['ports']).flatMap((p) => {
      const { port: number, name: portName, targetPort, protocol } = asObject(p);
      const port = asNumber(number);
      if (port === undefined) return [];
      const named = asText(portName);
      const target = asNumber(targetPort) ?? asText(targetPort);
      return [{ port, protocol: asText(protocol) ?? 'TCP', ...(named === undefined ? {} : { name: named }), ...(target === undefined ? {} : { targetPort: target }) }];
    }),
  };
}

function slicePorts(value: Json): KubernetesEndpointSlice['ports'] {
  return asList(value).map((p) => {
    const { name, port, protocol } = asObject(p);
    const named = asText(name);
    const number = asNumber(port);
    return { protocol: asText(protocol) ?? 'TCP', ...(named ? { name: named } : {}), ...(number === undefined ? {} : { port: number }) };
  });
}

function slice(object: Json): KubernetesEndpointSlice {
  const { name, namespace, labels } = identity(object);
  const o = asObject(object);
  return {
    namespace,
    service: labels['kubernetes.io/service-name'] ?? '',
    family: asText(o['addressType']) === 'IPv6' ? 6 : 4,
    ports: slicePorts(o['ports']),
    // FQDN slices have no addresses that a packet could go to.
    endpoints: asText(o['addressType']) === 'FQDN' ? [] : asList(o['endpoints']).map((e) => {
      const endpoint = asObject(e);
      const conditions = asObject(endpoint['conditions']);
      // An unset `ready` is to be read as true, an unset `serving` as `ready` (discovery.k8s.io/v1).
      const ready = asBoolean(conditions['ready']) ?? true;
      const node = asText(endpoint['nodeName']);
      const target = asObject(endpoint['targetRef']);
      const podName = asText(target['kind']) === 'Pod' ? asText(target['name']) : undefined;
      return {
        addresses: addresses(asList(endpoint['addresses']).map(asText), `endpointslice ${namespace}/${name}`),
        ready,
        serving: asBoolean(conditions['serving']) ?? ready,
        terminating: asBoolean(conditions['terminating']) ?? false,
        ...(node === undefined ? {} : { node }),
        ...(podName === undefined ? {} : { pod: podName }),
      };
    }),
  };
}

/** The legacy Endpoints object, as the slices that the mirroring controller would make of it. */
function endpoints(object: Json): KubernetesEndpointSlice[] {
  const { name, namespace } = identity(object);
  const slices: KubernetesEndpointSlice[] = [];
  for (const subset of asList(asObject(object)['subsets'])) {
    const part = asObject(subset);
    for (const [key, ready] of [['addresses', true], ['notReadyAddresses', false]] as const) {
      for (const family of [4, 6] as const) {
        const of = addresses(asList(part[key]).map((a) => asText(asObject(a)['ip'])), `endpoints ${namespace}/${name}`).filter((a) => a.includes(':') === (family === 6));
        if (of.length === 0) continue;
        slices.push({
          namespace, service: name, family, ports: slicePorts(part['ports']),
          endpoints: of.map((address) => ({ addresses: [address], ready, serving: ready, terminating: false })),
        });
      }
    }
  }
  return slices;
}

function node(object: Json): KubernetesNode {
  const { name, labels } = identity(object);
  const status = asObject(asObject(object)['status']);
  const internal = asList(status['addresses']).map(asObject).filter((a) => asText(a['type']) === 'InternalIP');
  return { name, labels, ips: addresses(internal.map((a) => asText(a['address'])), `node ${name}`), ready: condition(status, 'Ready') };
}
