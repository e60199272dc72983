/**
 * One Kubernetes object → the part of it that the language can name. Each reader answers the object, a text that says
 * what is wrong with it, or undefined for one that is of no use (a pod without an address, one that has ended).
 */
import type { KubernetesEndpointSlice, KubernetesNode, KubernetesPod, KubernetesService } from '../../compiler/host.ts';
import { parseAddress } from '../../dsl/ip.ts';
import { sanitize } from '../../dsl/sanitize.ts';

export type Json = Readonly<Record<string, unknown>>;

function record(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function list(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(record) : [];
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function number(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65535 ? value : undefined;
}

/** YAML reads `version: 2` as a number; in a label it is text. */
function labelsOf(metadata: Json): Record<string, string> {
  const labels: [string, string][] = [];
  for (const [key, value] of Object.entries(record(metadata['labels']))) {
    if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') labels.push([key, String(value)]);
  }
  return Object.fromEntries(labels);
}

/** Canonical text; `undefined` for what is no address. */
function canonical(value: unknown): string | undefined {
  return typeof value === 'string' ? parseAddress(value)?.text : undefined;
}

function named(json: Json): { readonly name: string; readonly namespace: string; readonly metadata: Json } | string {
  const metadata = record(json['metadata']);
  const name = text(metadata['name']);
  if (name === undefined) return `a ${sanitize(String(json['kind']))} without metadata.name`;
  return { name, namespace: text(metadata['namespace']) ?? 'default', metadata };
}

function isTrue(conditions: unknown, type: string): boolean {
  return list(conditions).some((c) => c['type'] === type && (c['status'] === 'True' || c['status'] === true));
}

export function pod(json: Json): KubernetesPod | string | undefined {
  const of = named(json);
  if (typeof of === 'string') return of;
  const [spec, status] = [record(json['spec']), record(json['status'])];
  if (status['phase'] === 'Succeeded' || status['phase'] === 'Failed') return undefined;
  const written = [...list(status['podIPs']).map((p) => p['ip']), status['podIP']].filter((ip) => ip !== undefined && ip !== '');
  const ips: string[] = [];
  for (const ip of written) {
    const address = canonical(ip);
    if (address === undefined) return `the pod '${sanitize(of.name)}' has '${sanitize(String(ip))}' as its address`;
    if (!ips.includes(address)) ips.push(address);
  }
  if (ips.length === 0) return undefined;
  const node = text(spec['nodeName']);
  return {
    name: of.name, namespace: of.namespace, labels: labelsOf(of.metadata), ips, ...(node === undefined ? {} : { node }),
    ready: isTrue(status['conditions'], 'Ready'),
    terminating: of.metadata['deletionTimestamp'] !== undefined && of.metadata['deletionTimestamp'] !== null,
    ports: [...list(spec['containers']), ...sidecars(spec)].flatMap((c) => list(c['ports'])).flatMap(containerPort),
  };
}

/** Init containers that keep running beside the others. */
function sidecars(spec: Json): readonly Json[] {
  return list(spec['initContainers']).filter((c) => c['restartPolicy'] === 'Always');
}

function containerPort(port: Json): KubernetesPod['ports'][number][] {
  const value = number(port['containerPort']);
  if (value === undefined) return [];
  const name = text(port['name']);
  const protocol = port['protocol'] === 'UDP' || port['protocol'] === 'SCTP' ? port['protocol'] : 'TCP';
  return [{ ...(name === undefined ? {} : { name }), port: value, protocol }];
}

export function service(json: Json): KubernetesService | string {
  const of = named(json);
  if (typeof of === 'string') return of;
  const ports = list(record(json['spec'])['ports']).flatMap((p) => {
    const port = number(p['port']);
    if (port === undefined) return [];
    const name = text(p['name']);
    const targetPort = number(p['targetPort']) ?? text(p['targetPort']);
    return [{ ...(name === undefined ? {} : { name }), port, ...(targetPort === undefined ? {} : { targetPort }), protocol: text(p['protocol']) ?? 'TCP' }];
  });
  return { name: of.name, namespace: of.namespace, labels: labelsOf(of.metadata), ports };
}

/** Conditions that are absent mean: ready, and serving as far as ready, and not terminating (discovery/v1). */
export function endpointSlice(json: Json): KubernetesEndpointSlice | string | undefined {
  const of = named(json);
  if (typeof of === 'string') return of;
  const family = json['addressType'] === 'IPv4' ? 4 : json['addressType'] === 'IPv6' ? 6 : undefined;
  const owner = labelsOf(of.metadata)['kubernetes.io/service-name'];
  if (family === undefined || owner === undefined) return undefined;
  const endpoints: KubernetesEndpointSlice['endpoints'][number][] = [];
  for (const e of list(json['endpoints'])) {
    const conditions = record(e['conditions']);
    const addresses: string[] = [];
    for (const written of Array.isArray(e['addresses']) ? (e['addresses'] as unknown[]) : []) {
      const address = canonical(written);
      if (address === undefined || (family === 6) !== address.includes(':')) return `the EndpointSlice '${sanitize(of.name)}' has '${sanitize(String(written))}' as an IPv${family} address`;
      addresses.push(address);
    }
    const ready = conditions['ready'] !== false;
    const target = record(e['targetRef']);
    const pod = target['kind'] === 'Pod' ? text(target['name']) : undefined;
    const node = text(e['nodeName']);
    endpoints.push({
      addresses, ready, serving: typeof conditions['serving'] === 'boolean' ? conditions['serving'] : ready, terminating: conditions['terminating'] === true,
      ...(node === undefined ? {} : { node }), ...(pod === undefined ? {} : { pod }),
    });
  }
  return { namespace: of.namespace, service: owner, family, ports: list(json['ports']).map(slicePort), endpoints };
}

function slicePort(p: Json): KubernetesEndpointSlice['ports'][number] {
  const name = text(p['name']);
  const port = number(p['port']);
  return { ...(name === undefined ? {} : { name }), ...(port === undefined ? {} : { port }), protocol: text(p['protocol']) ?? 'TCP' };
}

/** The older kind: one slice for each subset, family and readiness. */
export function endpointsSlices(json: Json): KubernetesEndpointSlice[] | string {
  const of = named(json);
  if (typeof of === 'string') return of;
  const slices: KubernetesEndpointSlice[] = [];
  for (const subset of list(json['subsets'])) {
    for (const [key, ready] of [['addresses', true], ['notReadyAddresses', false]] as const) {
      for (const family of [4, 6] as const) {
        const endpoints = list(subset[key]).flatMap((a) => {
          const address = canonical(a['ip']);
          if (address === undefined || (family === 6) !== address.includes(':')) return [];
          const target = record(a['targetRef']);
          const pod = target['kind'] === 'Pod' ? text(target['name']) : undefined;
          const node = text(a['nodeName']);
          return [{ addresses: [address], ready, serving: ready, terminating: false, ...(node === undefined ? {} : { node }), ...(pod === undefined ? {} : { pod }) }];
        });
        if (endpoints.length > 0) slices.push({ namespace: of.namespace, service: of.name, family, ports: list(subset['ports']).map(slicePort), endpoints });
      }
    }
  }
  return slices;
}

export function node(json: Json): KubernetesNode | string {
  const of = named(json);
  if (typeof of === 'string') return of;
  const status = record(json['status']);
  const ips: string[] = [];
  for (const { type, address: written } of list(status['addresses'])) {
    if (type !== 'InternalIP') continue;
    const address = canonical(written);
    if (address === undefined) return `the node '${sanitize(of.name)}' has '${sanitize(String(written))}' as its address`;
    if (!ips.includes(address)) ips.push(address);
  }
  return { name: of.name, labels: labelsOf(of.metadata), ips, ready: isTrue(status['conditions'], 'Ready') };
}
