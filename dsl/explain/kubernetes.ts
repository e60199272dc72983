/** LB4xx: clusters, selectors and what they find. */
import type { Explanations } from './explanation.ts';

export const kubernetes: Explanations = {
  LB401: {
    title: 'no cluster to look into',
    text: `
pods(…), endpoints(…) and nodes(…) select objects of a Kubernetes cluster, and no file says which. Describe it by manifests:
'kubectl get pods,services,endpointslices,nodes -A -o yaml > cluster.yaml' makes a file that has everything.`,
    wrong: 'service web vip 10.99.0.1:80 -> pods(app=web) mode dsr',
    right: `
k8s(manifests="cluster.yaml")
service web vip 10.99.0.1:80 -> pods(app=web) mode dsr`,
  },
  LB402: {
    title: 'manifests that cannot be read',
    text: `
The file of k8s(manifests=…) is not there, or it is not YAML, or an object in it is malformed. The name is relative to the folder of
the script. The message says what is wrong and in which line.`,
    wrong: 'k8s(manifests="clutser.yaml")',
    right: 'k8s(manifests="cluster.yaml")',
  },
  LB403: {
    title: 'nothing selected',
    text: `
No pod or node has all of the labels that the selector asks for, in the namespace that it looks into ('default', unless
ns= says another). The hint says what is near. The service then has no backend from here.`,
    language: 'sh',
    wrong: 'service web vip 10.99.0.1:80 -> pods(app=wbe) mode dsr    # the pods have app=web',
    right: 'service web vip 10.99.0.1:80 -> pods(app=web) mode dsr',
  },
  LB404: {
    title: 'no endpoints of such a service',
    text: `
endpoints(NAMESPACE/NAME) takes the addresses of the service's EndpointSlices (or of its older Endpoints). The cluster has none of
that name. A name without a namespace is looked up in the one of k8s(ns=…), or in 'default'.`,
    language: 'sh',
    wrong: 'service dns vip 10.96.0.10:53/udp -> endpoints(kube-dns) mode dsr',
    right: 'service dns vip 10.96.0.10:53/udp -> endpoints(kube-system/kube-dns) mode dsr',
  },
  LB405: {
    title: 'no port of that name',
    text: `
port= takes a number, or the name of a container's port. Pods that have no port of that name are left out.`,
    language: 'sh',
    wrong: 'service web vip 10.99.0.1:80 -> pods(app=web, port=htpp) mode dsr',
    right: 'service web vip 10.99.0.1:80 -> pods(app=web, port=http) mode dsr',
  },
  LB406: {
    title: 'not a label',
    text: `
Kubernetes limits labels: a value has up to 63 letters, digits, '-', '_' and '.', and begins and ends with a letter or digit; a key
likewise, with a DNS name and '/' before it if wanted. Nothing can have another label, so the selector would never match.`,
    wrong: `
k8s(manifests="cluster.yaml")
service web vip 10.99.0.1:80 -> pods(app="my web") mode dsr`,
    right: `
k8s(manifests="cluster.yaml")
service web vip 10.99.0.1:80 -> pods(app=my-web) mode dsr`,
  },
  LB407: {
    title: 'arguments that do not go together',
    text: `
The cluster is either a live one (context=) or files (manifests=). The port of nodes(…) is a number, since nodes have no named ports.`,
    wrong: 'k8s(context=prod, manifests="cluster.yaml")',
    right: 'k8s(manifests="cluster.yaml")',
  },
};
