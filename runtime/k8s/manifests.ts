/**
 * A cluster in YAML: documents as kubectl prints them, alone or in Lists. What the language can name is taken
 * (Pod, Service, EndpointSlice, Endpoints, Node), other kinds are ignored. Nothing is invented: a Deployment has no pods
 * here, and an object without an address is no backend. A List without items is an empty cluster; a file without any
 * object is what is left of an export that failed, and would take every backend away.
 */
import { LineCounter, parseAllDocuments } from 'yaml';
import type { Cluster, KubernetesEndpointSlice, KubernetesNode, KubernetesPod, KubernetesService, Read } from '../../compiler/host.ts';
import { sanitize } from '../../dsl/sanitize.ts';
import { endpointsSlices, endpointSlice, node, pod, service, type Json } from './objects.ts';

/** Characters of a file, objects in it, and how often an alias may be expanded. */
const limits = { characters: 16 * 1024 * 1024, objects: 500_000, aliases: 1000 };

interface Found {
  readonly pods: KubernetesPod[];
  readonly services: KubernetesService[];
  readonly endpointSlices: KubernetesEndpointSlice[];
  /** Those of the older kind Endpoints; used where a service has no slice. */
  readonly endpoints: KubernetesEndpointSlice[];
  readonly nodes: KubernetesNode[];
}

/** Reads a file of manifests; a malformed one is answered with the line and what is wrong there. */
export function readManifests(text: string): Read<Cluster> {
  if (text.length > limits.characters) return failure('the file has more than 16 MB', 'export only pods, services, endpointslices and nodes');
  const found: Found = { pods: [], services: [], endpointSlices: [], endpoints: [], nodes: [] };
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  let objects = 0;
  let lists = 0;
  for (const document of documents) {
    const line = (offset: number): number => lines.linePos(offset).line;
    const [error] = document.errors;
    if (error) return failure(`line ${line(error.pos[0])}: ${sanitize(error.message.split('\n')[0]!)}`, 'it is not YAML as kubectl writes it');
    const start = line(document.range[0]);
    let value: unknown;
    try {
      value = document.toJS({ maxAliasCount: limits.aliases });
    } catch (thrown) {
      return failure(`line ${start}: ${sanitize((thrown as Error).message)}`, 'write the objects out instead of referring to them');
    }
    const stack: unknown[] = [value];
    while (stack.length > 0) {
      const object = stack.pop();
      if (object === null || object === undefined) continue;
      if (typeof object !== 'object' || Array.isArray(object)) return failure(`the document at line ${start} is not a Kubernetes object`, 'an object has apiVersion, kind and metadata');
      const json = object as Json;
      if (typeof json['kind'] !== 'string') return failure(`the document at line ${start} has no kind`, 'an object has apiVersion, kind and metadata');
      if (json['kind'].endsWith('List') && Array.isArray(json['items'])) {
        lists++;
        const kind = json['kind'].slice(0, -4);
        stack.push(...json['items'].map((item: unknown) => (kind !== '' && isObject(item) ? { kind, ...item } : item)).reverse());
        continue;
      }
      if (++objects > limits.objects) return failure(`there are more than ${limits.objects} objects`, 'export only pods, services, endpointslices and nodes');
      const why = take(json, found);
      if (why) return failure(`the document at line ${start}: ${why}`, 'compare it with what kubectl get -o yaml prints');
    }
  }
  if (objects === 0 && lists === 0) return failure('there is no Kubernetes object in it', 'did the export fail? An empty cluster is written as a List without items');
  return { ok: true, value: clusterOf(found) };
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function failure(message: string, hint: string): Read<Cluster> {
  return { ok: false, message, hint };
}

/** Why an object cannot be used; undefined where it was taken, or is of no concern. */
function take(json: Json, found: Found): string | undefined {
  switch (json['kind']) {
    case 'Pod': return add(found.pods, pod(json));
    case 'Service': return add(found.services, service(json));
    case 'EndpointSlice': return add(found.endpointSlices, endpointSlice(json));
    case 'Node': return add(found.nodes, node(json));
    case 'Endpoints': {
      const slices = endpointsSlices(json);
      if (typeof slices === 'string') return slices;
      found.endpoints.push(...slices);
      return undefined;
    }
    default: return undefined;
  }
}

function add<T>(list: T[], object: T | string | undefined): string | undefined {
  if (typeof object === 'string') return object;
  if (object !== undefined) list.push(object);
  return undefined;
}

function clusterOf({ pods, services, endpointSlices, endpoints, nodes }: Found): Cluster {
  const covered = new Set(endpointSlices.map((s) => `${s.namespace}/${s.service}`));
  return { pods, services, nodes, endpointSlices: [...endpointSlices, ...endpoints.filter((e) => !covered.has(`${e.namespace}/${e.service}`))] };
}
