/** LB3xx: what is allowed and probably not meant. */
import type { Explanations } from './explanation.ts';

export const lints: Explanations = {
  LB301: {
    title: 'not used',
    text: `
Nothing names this variable or pool. Either its use has a typo, or it can go.`,
    wrong: `
let vip = 10.99.0.1
service web vip 10.99.0.2:80 -> 10.0.0.1 mode dsr`,
    right: `
let vip = 10.99.0.1
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
  },
  LB302: {
    title: 'a small table',
    text: `
Backends share the slots of a Maglev table. With at least 100 slots for each, shares are exact to about 1 % and a backend that
leaves hardly moves the flows of others (Eisenbud et al., NSDI '16). The cost is memory: 8 bytes a slot.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1, 10.0.0.2, 10.0.0.3 mode dsr hash maglev(size=251)',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1, 10.0.0.2, 10.0.0.3 mode dsr hash maglev(size=1021)',
  },
  LB303: {
    title: 'no usable backend',
    text: `
No backend of the service takes new flows: there is none, or all are drained, down or of weight 0. Packets are then
rejected with ICMP port unreachable, or dropped with 'on-empty drop'.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 down mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 down, 10.0.0.2 mode dsr',
  },
  LB304: {
    title: 'rr under dsr',
    text: `
rr gives each new flow to the next backend and has to remember all of them. Under dsr the balancer sees one direction only, so
nothing tracks when a flow ends: entries leave by age. Maglev needs no memory.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1, 10.0.0.2 mode dsr hash rr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1, 10.0.0.2 mode dsr hash maglev',
  },
  LB305: {
    title: 'backends of a family without a VIP',
    text: `
The service has backends of one family, and no VIP of it. Packets go to the backends of their own family, so these get none.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1, fd00::1 mode dsr',
    right: 'service web vip 10.99.0.1:80, [fd00:99::1]:80 -> 10.0.0.1, fd00::1 mode dsr',
  },
  LB306: {
    title: 'bits behind the prefix of a network',
    text: `
The address of a network has zeros behind its prefix. Bits that are set there count for nothing, which is fine if the network is
meant, and a mistake if the address is.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr allow 10.1.2.3/8',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr allow 10.0.0.0/8',
  },
  LB307: {
    title: 'found by two targets',
    text: `
A backend is found by more than one target of a service: by two selectors that overlap, or in a pool and beside it. The
first holds, with its weight and state. Targets that exclude each other say what is meant.`,
    wrong: `
pool canary -> 10.0.0.1 weight 5
service web vip 10.99.0.1:80 -> 10.0.0.1, pool canary, 10.0.0.2 mode dsr`,
    right: `
pool canary -> 10.0.0.1 weight 5
service web vip 10.99.0.1:80 -> pool canary, 10.0.0.2 mode dsr`,
  },
  LB308: {
    title: 'a glob that is matched later',
    text: `
Which interfaces a quoted pattern matches depends on the machine. Without one at hand it stays open; 'sluice apply' decides it
where it runs. lo is matched by no pattern.`,
    language: 'sh',
    wrong: 'sluice check shop.lb     # attach "eth*", checked where interfaces are not known',
    right: 'sluice plan shop.lb      # on the machine itself',
  },
  LB309: {
    title: 'a glob without a match',
    text: `
No interface of this network namespace has a name that the pattern matches, so nothing is attached there.`,
    language: 'sh',
    wrong: 'attach "ens*"     # the interfaces are eth0 and eth1',
    right: 'attach "eth*"',
  },
  LB310: {
    title: "a port that the backend's host translates",
    text: `
Packets of dsr ipip and dsr geneve reach a backend's host with the VIP and its port. Where the same script runs on that host, it takes the
packet in and translates it to the backend's address and port, and the answer back: so it is with pods. A backend
without such a host listens on the VIP and the VIP's port itself.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1:8080 mode dsr ipip',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr ipip',
  },
  LB311: {
    title: 'a source that no packet has',
    text: `
hybrid translates UDP only, so its sources are for UDP. The outer header of a tunnel has the family of the backend, whatever that of
the VIP is: an IPv6 source is of use where there are IPv6 backends.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr ipip from fd00:200::/64',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr ipip from 10.200.0.0/16',
  },
};
