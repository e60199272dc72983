import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Cluster } from '../../../compiler/host.ts';
import { readManifests } from '../../../runtime/k8s/manifests.ts';

function cluster(text: string): Cluster {
  const read = readManifests(text);
  if (!read.ok) throw new Error(read.message);
  return read.value;
}

function message(text: string): string {
  const read = readManifests(text);
  return read.ok ? 'no error' : read.message;
}

const pod = (name: string, more = ''): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, labels: { app: nginx }${more} }
spec: { nodeName: n1, containers: [ { name: c, ports: [ { name: http, containerPort: 8080 } ] } ] }
status: { phase: Running, podIP: 10.0.0.1, podIPs: [ { ip: 10.0.0.1 }, { ip: "FD00:0::1" } ], conditions: [ { type: Ready, status: "True" } ] }
`;

test('a pod has its labels, canonical addresses without duplicates, node, readiness and named ports', () => {
  assert.equal(cluster(pod('a')).pods, [{
    name: 'a', namespace: 'default', labels: { app: 'nginx' }, ips: ['10.0.0.1', 'fd00::1'], node: 'n1', ready: true, terminating: false,
    ports: [{ port: 8080, protocol: 'TCP', name: 'http' }],
  }]);
});

test('a pod with a deletion timestamp is terminating', () => {
  assert.ok(cluster(pod('a', ', deletionTimestamp: "2026-01-01T00:00:00Z"')).pods[0]!.terminating);
});

test('a finished pod, and one without an address, are no pods to send to', () => {
  assert.equal(cluster(pod('a').replace('Running', 'Succeeded')).pods, []);
  assert.equal(cluster('kind: Pod\nmetadata: { name: a }\nstatus: { phase: Pending }\n').pods, []);
});

test('many documents, lists and lists in lists are read; other kinds are passed over', () => {
  const text = `${pod('a')}---\nkind: Deployment\nmetadata: { name: d }\n---\n---\nkind: List\nitems:\n  - { kind: Pod, metadata: { name: b }, status: { podIP: 10.0.0.2 } }\n  - { kind: PodList, items: [ { metadata: { name: c }, status: { podIP: 10.0.0.3 } } ] }\n`;
  assert.equal(cluster(text).pods.map((p) => p.name), ['a', 'b', 'c']);
});

test('an endpoint slice that says nothing of its conditions is ready and serving', () => {
  const text = 'kind: EndpointSlice\nmetadata: { name: s-1, namespace: x, labels: { kubernetes.io/service-name: s } }\naddressType: IPv4\nports: [ { name: web, port: 80 } ]\nendpoints: [ { addresses: [10.0.0.1] }, { addresses: [10.0.0.2], conditions: { ready: false, serving: true, terminating: true } } ]\n';
  const [slice] = cluster(text).endpointSlices;
  assert.is(slice!.service, 's');
  assert.equal(slice!.endpoints.map((e) => [e.ready, e.serving, e.terminating]), [[true, true, false], [false, true, true]]);
});

test('a legacy Endpoints object reads as slices, one per family and readiness', () => {
  const text = 'kind: Endpoints\nmetadata: { name: s }\nsubsets: [ { addresses: [ { ip: 10.0.0.1 }, { ip: "fd00::1" } ], notReadyAddresses: [ { ip: 10.0.0.2 } ], ports: [ { port: 80 } ] } ]\n';
  assert.equal(
    cluster(text).endpointSlices.map((s) => [s.service, s.family, s.endpoints.map((e) => [e.addresses[0], e.ready])]),
    [['s', 4, [['10.0.0.1', true]]], ['s', 6, [['fd00::1', true]]], ['s', 4, [['10.0.0.2', false]]]],
  );
});

test('a service has its ports with numeric or named targets, a node its internal addresses', () => {
  const text = 'kind: Service\nmetadata: { name: s }\nspec: { ports: [ { port: 80, targetPort: http }, { port: 443, targetPort: 8443 } ] }\n---\nkind: Node\nmetadata: { name: n, labels: { role: infra } }\nstatus: { addresses: [ { type: InternalIP, address: 10.1.0.1 }, { type: ExternalIP, address: 198.51.100.1 }, { type: Hostname, address: n } ] }\n';
  const { services, nodes } = cluster(text);
  assert.equal(services[0]!.ports.map((p) => p.targetPort), ['http', 8443]);
  assert.equal(nodes, [{ name: 'n', labels: { role: 'infra' }, ips: ['10.1.0.1'], ready: false }]);
});

test('what is not YAML or not an object is an error that names its line', () => {
  assert.match(message('kind: Pod\n  bad: [\n'), /^line \d+: /);
  assert.is(message('# nothing\n---\n- a\n'), 'the document at line 2 is not a Kubernetes object');
  assert.is(message('kind: Pod\nmetadata: {}\n'), 'the document at line 1: a Pod without metadata.name');
  assert.is(message('kind: Pod\nmetadata: { name: a }\nstatus: { podIP: 10.0.0.999 }\n'), "the document at line 1: the pod 'a' has '10.0.0.999' as its address");
});

test('control characters of a manifest do not reach a message', () => {
  assert.not.match(message('kind: Pod\nmetadata: { name: "a\\e[31m" }\nstatus: { podIP: "\\e[2J" }\n'), /\x1b/);
});

test('an alias bomb is refused', () => {
  const levels = Array.from({ length: 12 }, (_, i) => `l${i}: &l${i} [${Array(9).fill(i === 0 ? 'x' : `*l${i - 1}`).join(', ')}]`);
  assert.match(message(`kind: Pod\n${levels.join('\n')}\n`), /alias/i);
});

test('a list without items is an empty cluster; a file without any object is a mistake', () => {
  assert.equal(cluster('apiVersion: v1\nkind: List\nitems: []\n'), { pods: [], services: [], endpointSlices: [], nodes: [] });
  for (const text of ['', '\n', '---\n---\n', '# pods\n']) assert.is(message(text), 'there is no Kubernetes object in it', JSON.stringify(text));
});

test.run();
