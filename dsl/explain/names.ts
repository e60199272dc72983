/** LB100–LB109 and LB130–LB199: words that the language does not know where they stand. */
import type { Explanations } from './explanation.ts';

export const names: Explanations = {
  LB100: {
    title: 'an unknown statement',
    text: `
Every statement begins with one of: ruleset, service, pool, defaults, sync, let, param, include, attach, k8s, test, expect.`,
    wrong: 'servcie web vip 10.99.38.30:80 -> 10.0.1.11',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11',
  },
  LB101: {
    title: 'an unknown clause',
    text: `
Behind the name of a service stand its clauses, in any order: vip, ->, mode, hash, affinity, allow, on-empty, health, scope, grace,
label. A name that is missing is another cause: in '-> pool mode dsr' the pool is called 'mode'.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hsah maglev',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash maglev',
  },
  LB102: {
    title: 'an unknown target or import',
    text: `
Packets go to pods(…), endpoints(…), nodes(…), pool NAME, or to addresses. What is imported with sync is services(…).`,
    wrong: 'service web vip 10.99.38.30:80 -> pod(app=web)',
    right: 'service web vip 10.99.38.30:80 -> pods(app=web)',
  },
  LB103: {
    title: 'an unknown argument',
    text: `
Each call has its own arguments: maglev(size=, seed=, by=), pods(SELECTOR, ns=, port=), endpoints(NS/NAME, port=),
nodes(SELECTOR, port=), http("/path", port=, status=), tcp(port=), services(type=, ns=, lb-class=, SELECTOR),
k8s(context=, ns=, manifests=). In a selector every other name is a label; 'ns', 'port' and 'weight' are reserved, and a label with such
a name is quoted. A weight stands behind the brackets.`,
    wrong: 'service web vip 10.99.38.30:80 -> pods(app=web, weight=2)',
    right: 'service web vip 10.99.38.30:80 -> pods(app=web, port=8080) weight 2',
  },
  LB104: {
    title: 'an unknown mode',
    text: `
snat rewrites both ends and the reply comes back through here; dnat rewrites the destination only; dsr delivers the packet as it is, and the
backend replies to the client directly; hybrid is dsr for TCP and snat for UDP.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode drs',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr',
  },
  LB105: {
    title: 'an unknown encapsulation',
    text: `
dsr and hybrid reach a backend in one of three ways: l2 rewrites MAC addresses (the backends are on this network), ipip wraps the packet in
IP, geneve wraps it in Geneve.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr ippi',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 mode dsr ipip',
  },
  LB106: {
    title: 'an unknown hash',
    text: `
maglev is consistent and weighted, and the same on all nodes; random takes a weighted chance for each new flow; rr takes the next
backend in turn.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash magelv',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash maglev(size=65537)',
  },
  LB107: {
    title: 'an argument of the wrong kind',
    text: `
Each argument takes values of certain kinds, given with '=' where nothing else is said. Values of labels are names, numbers or texts; what
looks like something else, such as an address, is quoted.`,
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash maglev(size="big")',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 hash maglev(size=65537)',
  },
  LB108: {
    title: 'an argument is missing',
    text: 'The call does not work without it.',
    wrong: 'service dns vip 10.96.0.10:53/udp -> endpoints(port=53)',
    right: 'service dns vip 10.96.0.10:53/udp -> endpoints(kube-system/kube-dns, port=53)',
  },
  LB109: {
    title: 'an unknown word',
    text: 'At this place the language knows a few words only, and this is none of them. The hint names them.',
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 on-empty rejct',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 on-empty reject',
  },
  LB130: {
    title: 'an unknown health check',
    text: 'tcp opens a connection; http sends a request and looks at the status of the answer.',
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 health htpp("/healthz")',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 health http("/healthz", status=200-399) every 5s',
  },
  LB131: {
    title: 'an unknown type',
    text: 'A param has one of the types addr, port, cidr, name, int, dur and string.',
    wrong: 'param vip: adress',
    right: 'param vip: addr = 10.99.38.30',
  },
  LB132: {
    title: 'an unknown protocol',
    text: "tcp or udp; 'udp+tcp' is both. Without one it is tcp.",
    wrong: 'service dns vip 10.96.0.10:53/upd -> 10.0.1.11',
    right: 'service dns vip 10.96.0.10:53/udp+tcp -> 10.0.1.11',
  },
  LB133: {
    title: 'an unknown outcome',
    text: 'What can be expected of a packet: backend NAME, oneof(…), drop, reject, pass.',
    wrong: 'expect tcp 1.2.3.4:40000 -> 10.99.38.30:80 => rejekt',
    right: 'expect tcp 1.2.3.4:40000 -> 10.99.38.30:80 => reject',
  },
  LB134: {
    title: 'a clause that has no place in this body',
    text: `
A pool says which backends there are (->, health, label); how they are used is said by the service. Defaults hold what many
services share, so no VIP and no targets. A sync takes VIPs and targets from Kubernetes.`,
    wrong: 'pool web -> 10.0.1.11 mode dsr',
    right: 'pool web -> 10.0.1.11\nservice web vip 10.99.38.30:80 -> pool web mode dsr',
  },
  LB135: {
    title: 'a label that looks like an argument',
    text: `
In a selector every name that is not an argument is a label. This one is close to an argument, and a selector with it probably matches
nothing. Quotes say that the label is meant.`,
    wrong: 'service web vip 10.99.38.30:80 -> pods(app=web, prot=8080)',
    right: 'service web vip 10.99.38.30:80 -> pods(app=web, port=8080)',
  },
  LB136: {
    title: 'an unknown option of a target',
    text: "Behind a target: as NAME, weight NUMBER, drain (keep flows, take no new ones), down (no flows).",
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 wieght 3',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 as web-1 weight 3',
  },
  LB137: {
    title: 'an unknown setting of a health check',
    text: 'Behind a health check: every DURATION, timeout DURATION, rise NUMBER, fall NUMBER.',
    wrong: 'service web vip 10.99.38.30:80 -> 10.0.1.11 health tcp evry 2s',
    right: 'service web vip 10.99.38.30:80 -> 10.0.1.11 health tcp every 2s timeout 500ms rise 2 fall 3',
  },
  LB138: {
    title: 'an unknown state',
    text: 'A backend is up, down, or in drain.',
    wrong: 'test "one less" {\n  given web-1 donw\n}',
    right: 'test "one less" {\n  given web-1 down\n}',
  },
};
