/** LB2xx: statements that are well formed and mean something impossible. */
import type { Explanations } from './explanation.ts';

export const semantics: Explanations = {
  LB201: {
    title: 'a VIP, port and protocol twice',
    text: `
A packet is for one service. Two services, or one service twice, claim the same address, port and protocol. TCP and
UDP on one port are two different things, and so are two ports of one address.`,
    wrong: `
service web   vip 10.99.0.1:80 -> 10.0.0.1 mode dsr
service admin vip 10.99.0.1:80 -> 10.0.0.2 mode dsr`,
    right: `
service web   vip 10.99.0.1:80   -> 10.0.0.1 mode dsr
service admin vip 10.99.0.1:8080 -> 10.0.0.2 mode dsr`,
  },
  LB202: {
    title: 'a service without a VIP',
    text: `
A service is found by its virtual address. One that nothing can reach has no meaning; backends that several services
share are a pool.`,
    wrong: 'service web -> 10.0.0.1 mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr',
  },
  LB203: {
    title: 'a VIP without a port',
    text: `
The port stands behind the address: one (:80), several (:{80,443}) or a range (:8000-8010).`,
    wrong: 'service web vip 10.99.0.1 -> 10.0.0.1 mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr',
  },
  LB204: {
    title: 'an address that cannot stand here',
    text: `
Multicast, loopback, link-local, unspecified and reserved addresses are neither VIPs nor backends: routers do not bring
packets for them here, or they mean something else on every machine.`,
    wrong: 'service web vip 127.0.0.1:80 -> 10.0.0.1 mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr',
  },
  LB205: {
    title: 'address families that do not meet',
    text: `
An IPv4 packet can be carried to an IPv6 backend in a tunnel (dsr ipip, dsr geneve). Nothing else leads from one family
to the other: dsr l2 leaves the packet as it is, translation (snat, dnat, hybrid) replaces addresses by addresses of the
same family, and an IPv6 packet never reaches an IPv4 backend. Sources of snat are of the family of a VIP.`,
    wrong: 'service web vip 10.99.0.1:80 -> fd00::1 mode dsr l2',
    right: 'service web vip 10.99.0.1:80, [fd00:99::1]:80 -> 10.0.0.1, fd00::1 mode dsr l2',
  },
  LB206: {
    title: 'another port under dsr l2',
    text: `
dsr l2 changes the MAC addresses of a packet and nothing else, so it reaches the backend with the VIP's port. The
backend has to listen on the VIP (on its loopback interface) and that port.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1:8080 mode dsr l2',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr l2',
  },
  LB207: {
    title: 'not a size for a Maglev table',
    text: `
Every backend walks the table in steps of its own, and reaches every slot only where the number of slots is a prime.
Good sizes are 1021, 4093, 16381 and 65537; at least 100 × the number of backends.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr hash maglev(size=1000)',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr hash maglev(size=1021)',
  },
  LB208: {
    title: 'a weight out of range',
    text: `
Weights go from 0 to 65535; 0 takes no new flows. Only proportions count. A weight behind a pool or a selector multiplies the
weights inside, and the product has the same limit.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 weight 100000, 10.0.0.2 weight 50000 mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 weight 2, 10.0.0.2 weight 1 mode dsr',
  },
  LB209: {
    title: 'not a port for a backend',
    text: `
A backend has one port, or none: then packets keep the port of the VIP, which is right for a VIP of several ports. It has no
protocol of its own either.`,
    wrong: 'service web vip 10.99.0.1:{80,443} -> 10.0.0.1:{80,443} mode dsr',
    right: 'service web vip 10.99.0.1:{80,443} -> 10.0.0.1 mode dsr',
  },
  LB210: {
    title: 'a backend written twice',
    text: `
One address and port is one backend of a service. Naming it twice does not give it a larger share; a weight does.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1, 10.0.0.1, 10.0.0.2 mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 weight 2, 10.0.0.2 mode dsr',
  },
  LB211: {
    title: 'an expectation that no run can satisfy',
    text: `
The outcome contradicts the services themselves: a port of a VIP that no service has is always dropped, a packet for
another address always passes, a backend that is down takes nothing, and a service with usable backends neither drops nor rejects.`,
    wrong: `
service web vip 10.99.0.1:80 -> 10.0.0.1 as web-1 mode dsr
expect tcp 1.2.3.4:40000 -> 10.99.0.1:81 => backend web-1`,
    right: `
service web vip 10.99.0.1:80 -> 10.0.0.1 as web-1 mode dsr
expect tcp 1.2.3.4:40000 -> 10.99.0.1:80 => backend web-1`,
  },
  LB212: {
    title: 'too many front ends',
    text: `
Each address, port and protocol of a service is an entry of the service map. One service has at most 4096.`,
    wrong: 'service all vip 10.99.0.1:1-65535 -> 10.0.0.1 mode dsr',
    right: 'service some vip 10.99.0.1:8000-8099 -> 10.0.0.1 mode dsr',
  },
  LB213: {
    title: 'a time or number out of range',
    text: `
The message says between what. Affinity counts whole seconds, and like grace at most a day; a health check may not take
longer than the time to the next one.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr grace 3d',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr grace 60s',
  },
  LB214: {
    title: 'an interface that cannot be attached like this',
    text: `
Names of interfaces have up to 15 characters without spaces, slashes and colons. One interface is attached in one way:
'native' in one line and 'generic' in another contradict each other. A name wins over a glob that matches it too.`,
    wrong: `
attach eth0 xdp native
attach eth0 xdp generic`,
    right: 'attach eth0 xdp native',
  },
  LB215: {
    title: "one name for several backends",
    text: `
'as' names one backend. Behind a pool, a set of addresses or a selector that finds several it would name them all.`,
    wrong: `
let both = { 10.0.0.1, 10.0.0.2 }
service web vip 10.99.0.1:80 -> $both as web mode dsr`,
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 as web-1, 10.0.0.2 as web-2 mode dsr',
  },
  LB216: {
    title: 'a source that the mode cannot have',
    text: `
'from' says where packets to backends come from. snat, and hybrid for UDP, translate to addresses, each with a range of ports
if wanted. dsr ipip and dsr geneve put one address of the family into the outer header, or a network out of which each flow
gets an address, so that the receive queues of a backend share the load. dsr l2 and dnat keep the client's address.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode snat from 10.200.0.0/16',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode snat from 10.200.0.5, 10.200.0.6:20000-29999',
  },
  LB217: {
    title: 'a VIP as its own backend',
    text: `
Packets for the VIP would be sent to the VIP, and come back. The backend is named by its own address; the VIP is on its loopback
interface besides.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.99.0.1 mode dsr',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr',
  },
  LB218: {
    title: 'too few source ports',
    text: `
A translated flow is known by the source port that it has towards its backend. A source has the ports 1024 to 65535 unless a
range stands behind it, and a range has at least 16 ports: each source address can have as many flows to one backend.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode snat from 10.0.0.5:20000-20009',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode snat from 10.0.0.5:20000-29999',
  },
  LB219: {
    title: 'too many sources',
    text: `
A service translates to at most 15 addresses of each family. A tunnel has one source for each family of its backends: the address
of the outer header, or the network that it is taken from.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr ipip from 10.200.0.0/16, 10.201.0.0/16',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr ipip from 10.200.0.0/15',
  },
  LB220: {
    title: 'taken by another ruleset',
    text: `
A VIP, port and protocol that a script wants is live already, and belongs to another ruleset. An apply replaces only what its own
rulesets have. Remove it there first, or apply the scripts of both rulesets at once. The message names both places.`,
    language: 'sh',
    wrong: 'sluice apply new.lb               # new.lb claims what shop.lb has',
    right: 'sluice apply shop.lb new.lb       # shop.lb without it, new.lb with it',
  },
  LB221: {
    title: 'attached otherwise by another ruleset',
    text: `
Two rulesets attach one interface, one as native and the other as generic. An interface is attached in one way; 'xdp auto' takes
what is there.`,
    language: 'sh',
    wrong: 'sluice apply new.lb     # attach eth0 xdp generic; the live shop.lb says xdp native',
    right: 'sluice apply new.lb     # attach eth0',
  },
  LB222: {
    title: 'one address with two ports behind a tunnel',
    text: `
Packets of dsr ipip and dsr geneve travel as the client sent them, with the VIP and its port. The host of a backend that is a pod
knows by the pod's address which port it listens on, and there it can have only one. Translation (snat, dnat) tells the two apart.`,
    wrong: 'service web vip 10.99.0.1:80 -> 10.0.0.1:8080, 10.0.0.1:8081 mode dsr ipip',
    right: 'service web vip 10.99.0.1:80 -> 10.0.0.1:8080, 10.0.0.1:8081 mode snat',
  },
  LB223: {
    title: 'two answers for unknown ports of one VIP',
    text: `
'on-unknown' says what a VIP does with a port or protocol that none of its services has: drop and count it, which is the default, or
pass it to the network stack, where the host itself may answer. Services that share a VIP say the same, or one says it for both.
A clause in 'defaults' counts as said by each service of the file.`,
    wrong: `
service web   vip 10.99.0.1:80  -> 10.0.0.1 mode dsr on-unknown pass
service admin vip 10.99.0.1:443 -> 10.0.0.1 mode dsr on-unknown drop`,
    right: `
service web   vip 10.99.0.1:80  -> 10.0.0.1 mode dsr on-unknown pass
service admin vip 10.99.0.1:443 -> 10.0.0.1 mode dsr`,
  },
};
