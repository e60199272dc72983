/** LB62x and LB63x: what the language can say and this build cannot do. */
import type { Explanations } from './explanation.ts';

const service = 'service web vip 10.99.0.1:80 -> 10.0.1.11, 10.0.1.12';

export const build: Explanations = {
  LB624: {
    title: 'scope local is not part of this build',
    text: `
Sending packets only to backends on the same node is not part of this build.`,
    wrong: `${service} mode dsr scope local`,
    right: `${service} mode dsr scope cluster`,
  },
  LB625: {
    title: 'importing Kubernetes services is not part of this build',
    text: `
A 'sync' statement would make a service of every matching Service of a cluster. This build does not; write the
services out, their backends may come from a cluster in a file.`,
    wrong: 'sync services(type=LoadBalancer) mode dsr',
    right: `
k8s(manifests="cluster.yaml")
service web vip 10.99.0.1:80 -> endpoints(prod/web) mode dsr`,
  },
  LB626: {
    title: 'asking a live cluster is not part of this build',
    text: `
Pods and endpoints are resolved against manifests in files: 'kubectl get pods,services,endpointslices,nodes -A -o
yaml' writes one. The file is read at each plan and apply.`,
    wrong: `
k8s(context=prod)
service web vip 10.99.0.1:80 -> pods(app=web) mode dsr`,
    right: `
k8s(manifests="cluster.yaml")
service web vip 10.99.0.1:80 -> pods(app=web) mode dsr`,
  },
  LB627: {
    title: 'health checks are not part of this build',
    text: `
A warning: the check is read and its meaning verified, but nobody carries it out, and a backend that fails stays
in. Take it out by hand with 'drain' or 'down' and apply.`,
    wrong: `${service} mode dsr health tcp every 2s`,
    right: 'service web vip 10.99.0.1:80 -> 10.0.1.11, 10.0.1.12 down mode dsr',
  },
  LB628: {
    title: 'running tests is not part of this build',
    text: `
A warning: 'test' and 'expect' are read and their meaning verified, but nobody runs them. What a commit would do
shows in the plan, and what runs in 'show backends'.`,
    wrong: `
${service} mode dsr
expect tcp 1.2.3.4:40000 -> 10.99.0.1:80 => oneof(10.0.1.11, 10.0.1.12)`,
    right: `${service} mode dsr`,
  },
  LB629: {
    title: 'a service on every port is not part of this build',
    text: `
A service stands for named ports of a VIP; the wildcard port is not part of this build. Ports can be listed, or
given as a range.`,
    wrong: 'service web vip 10.99.0.1:* -> 10.0.1.11 mode dsr',
    right: 'service web vip 10.99.0.1:{80,443} -> 10.0.1.11 mode dsr',
  },
  LB630: {
    title: 'no program does all of this at once',
    text: `
The services need features that no one program of this build has together. A second instance, in a network
namespace or on an interface of its own, can do the rest.`,
    wrong: `
service web vip 10.99.0.1:80 -> 10.0.1.11 mode snat
service dns vip 10.99.0.2:53/udp -> 10.0.1.12 mode dsr geneve`,
    right: 'service web vip 10.99.0.1:80 -> 10.0.1.11 mode snat',
  },
};
