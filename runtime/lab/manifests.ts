/** Kubernetes manifests of the playground's pods, as `kubectl get -o yaml` would print them, cut to what matters. */

export interface PodDescription {
  readonly name: string;
  readonly node: string;
  readonly labels: Readonly<Record<string, string>>;
  /** IPv4 first. */
  readonly ips: readonly [string, string];
  readonly ports: readonly { readonly name: string; readonly port: number; readonly protocol: 'TCP' | 'UDP' }[];
}

/** Pods in namespace `default`, and a Service with its EndpointSlices that selects them by `app`. */
export function manifests(app: string, pods: readonly PodDescription[]): string {
  return [...pods.map(pod), service(app, pods[0]!), ...[0, 1].map((i) => slice(app, pods, i as 0 | 1))].join('---\n');
}

function pod(p: PodDescription): string {
  return `apiVersion: v1
kind: Pod
metadata:
  name: ${p.name}
  namespace: default
  labels:
${Object.entries(p.labels).map(([k, v]) => `    ${k}: ${v}\n`).join('')}spec:
  nodeName: ${p.node}
  containers:
    - name: nginx
      image: nginx:1.29
      ports:
${p.ports.map((c) => `        - { name: ${c.name}, containerPort: ${c.port}, protocol: ${c.protocol} }\n`).join('')}status:
  phase: Running
  conditions:
    - { type: Ready, status: "True" }
  podIP: ${p.ips[0]}
  podIPs:
${p.ips.map((ip) => `    - ip: "${ip}"\n`).join('')}`;
}

function service(app: string, like: PodDescription): string {
  return `apiVersion: v1
kind: Service
metadata:
  name: ${app}
  namespace: default
spec:
  selector: { app: ${app} }
  ipFamilyPolicy: RequireDualStack
  ports:
${like.ports.map((c) => `    - { name: ${c.name}, port: ${c.port}, targetPort: ${c.name}, protocol: ${c.protocol} }\n`).join('')}`;
}

function slice(app: string, pods: readonly PodDescription[], family: 0 | 1): string {
  const kind = family === 0 ? 'IPv4' : 'IPv6';
  return `apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: ${app}-${kind.toLowerCase()}
  namespace: default
  labels: { kubernetes.io/service-name: ${app} }
addressType: ${kind}
ports:
${pods[0]!.ports.map((c) => `  - { name: ${c.name}, port: ${c.port}, protocol: ${c.protocol} }\n`).join('')}endpoints:
${pods.map((p) => `  - addresses: ["${p.ips[family]}"]
    conditions: { ready: true, serving: true, terminating: false }
    nodeName: ${p.node}
    targetRef: { kind: Pod, name: ${p.name}, namespace: default }
`).join('')}`;
}
