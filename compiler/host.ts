/**
 * What compiling needs from outside, handed in: texts of included files and the objects of a cluster.
 * The compiler itself stays pure; the runtime implements this over files, tests over literals.
 */
export interface KubernetesPod {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Canonical text, no duplicates. */
  readonly ips: readonly string[];
  readonly node?: string;
  readonly ready: boolean;
  readonly terminating: boolean;
  /** Named container ports. */
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' | 'SCTP' }[];
}

export interface KubernetesEndpointSlice {
  readonly namespace: string;
  /** Value of the label kubernetes.io/service-name. */
  readonly service: string;
  readonly family: 4 | 6;
  readonly ports: readonly { readonly name?: string; readonly port?: number; readonly protocol: string }[];
  readonly endpoints: readonly {
    readonly addresses: readonly string[];
    readonly ready: boolean;
    readonly serving: boolean;
    readonly terminating: boolean;
    readonly node?: string;
    readonly pod?: string;
  }[];
}

export interface KubernetesService {
  readonly name: string;
  readonly namespace: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ports: readonly { readonly name?: string; readonly port: number; readonly targetPort?: number | string; readonly protocol: string }[];
}

export interface KubernetesNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly ips: readonly string[];
  readonly ready: boolean;
}

/** The part of a cluster that the language can name. */
export interface Cluster {
  readonly pods: readonly KubernetesPod[];
  readonly services: readonly KubernetesService[];
  readonly endpointSlices: readonly KubernetesEndpointSlice[];
  readonly nodes: readonly KubernetesNode[];
}

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly message: string; readonly hint?: string };

export interface CompileHost {
  /** Files that match a glob, relative to the folder of `from`; sorted. */
  glob(pattern: string, from: string): readonly string[];
  readText(file: string): Read<string>;
  /** The cluster described by a YAML file (multi-document, Lists), relative to the folder of `from`. */
  manifests(path: string, from: string): Read<Cluster>;
}
