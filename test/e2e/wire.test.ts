/**
 * The programs on real links, native and generic: a client, the balancer and one backend, with the state written by
 * hand. What leaves is taken in by real stacks, which judge every length and checksum once more.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { variants } from '../../compiler/generated/variants.ts';
import type { Datapath } from '../../runtime/datapath.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { inNetns } from '../../runtime/kernel/netns.ts';
import { ask, serve } from '../../runtime/lab/agents.ts';
import { raise, type Topology, type TopologyDescription } from '../../runtime/lab/topology.ts';
import { backends, client, mac, own, vip } from '../packets/hosts.ts';
import type { ServiceSpec } from '../packets/model.ts';
import { objects, privateBpffs } from '../support/bpffs.ts';
import { configure } from '../support/configure.ts';
import { realDatapath, testWith } from '../support/needs.ts';

const router = { 4: '10.1.0.254', 6: 'fd00:1::fe' } as const;

const description: TopologyDescription = {
  hosts: {
    client: {
      loopback: [`${client[4]}/32`, `${client[6]}/128`],
      routes: [`default via ${own.in4} src ${client[4]}`, `default via ${own.in6} src ${client[6]}`],
    },
    lb: { router: true, routes: [`${client[4]}/32 via ${router[4]}`, `${client[6]}/128 via ${router[6]}`] },
    backend: { loopback: [`${vip[4]}/32`, `${vip[6]}/128`], routes: [`default via ${own.out4}`, `default via ${own.out6}`] },
  },
  links: [
    { ends: [
      { host: 'client', name: 'sluice-c', addresses: [`${router[4]}/24`, `${router[6]}/64`] },
      { host: 'lb', name: 'sluice-in', addresses: [`${own.in4}/24`, `${own.in6}/64`] },
    ] },
    { ends: [
      { host: 'lb', name: 'sluice-out', addresses: [`${own.out4}/24`, `${own.out6}/64`] },
      { host: 'backend', name: 'sluice-b', mac: mac.far, addresses: [`${backends['far4']}/24`, `${backends['far6']}/64`] },
    ] },
  ],
};

const cases: readonly { readonly name: string; readonly version: 4 | 6; readonly services: readonly ServiceSpec[] }[] = ([
  ['dsr l2, IPv4', 4, 'l2', 'far4'],
  ['dsr l2, IPv6', 6, 'l2', 'far6'],
  ['dsr ipip, IPv4 in IPv4', 4, 'ipip', 'far4'],
  ['dsr ipip, IPv6 in IPv6', 6, 'ipip', 'far6'],
  ['dsr ipip, IPv4 in IPv6', 4, 'ipip', 'far6'],
] as const).map(([name, version, mode, backend]) => ({
  name,
  version,
  services: (['tcp', 'udp'] as const).map((proto, i) => ({ vip: vip[version], mode, proto, slots: [backend], id: i + 1 })),
}));

const empty: readonly ServiceSpec[] = [4, 6].flatMap((v) => (['tcp', 'udp'] as const).map((proto) => ({ vip: vip[v as 4 | 6], mode: 'l2' as const, proto, slots: [], reject: true })));

/** Writes the services and attaches on the interface towards the client, or on the backend's own. */
function install(kernel: Datapath, topology: Topology, host: string, iface: string, xdp: 'native' | 'generic', services: readonly ServiceSpec[]): void {
  const { name: variant, features } = variants.find((v) => v.name === 'dsr')!;
  const instance = kernel.open(host) ?? kernel.create(host, { backends: 64, services: 8, flows: 4096, meta: 4 });
  try {
    configure(instance, { services });
    if (instance.links().length > 0) return;
    const program = instance.load({ variant, features });
    inNetns(topology.host(host).netns, () => instance.attach(iface, xdp, program));
    program.close();
  } finally {
    instance.close();
  }
}

for (const xdp of ['native', 'generic'] as const) {
  testWith(realDatapath, test, `${xdp} XDP carries TCP and UDP to a backend in every mode, and refuses for an empty service`, async () => {
    const topology = raise(description);
    const kernel = createKernelDatapath({ bpffs: privateBpffs(), objects });
    try {
      const neighbours = ['far4', 'far6'].map((b) => `neigh replace ${backends[b]} lladdr ${mac.far} dev sluice-out nud permanent\n`);
      topology.host('lb').exec('ip', ['-batch', '-'], neighbours.join(''));
      await serve(topology.host('backend'), { name: 'backend', http: [80], udp: [vip[4], vip[6]].map((address) => ({ address, port: 80 })) });
      // A veth only wakes up for what XDP_TX brings while it has a program itself; GRO is not enough.
      if (xdp === 'native') install(kernel, topology, 'client', 'sluice-c', xdp, []);
      for (const { name, version, services } of cases) {
        install(kernel, topology, 'lb', 'sluice-in', xdp, services);
        install(kernel, topology, 'backend', 'sluice-b', xdp, services[0]!.mode === 'ipip' ? services : []);
        for (const protocol of ['tcp', 'udp'] as const) {
          const replies = await ask(topology.host('client'), { protocol, address: vip[version], port: 80, count: 10, timeoutMs: 5000, parallel: 2 });
          for (const reply of replies) assert.equal([reply.error, reply.backend, reply.client], [undefined, 'backend', client[version]], `${name}, ${protocol}`);
          assert.is(replies.length, 10);
        }
      }
      install(kernel, topology, 'lb', 'sluice-in', xdp, empty);
      for (const version of [4, 6] as const) {
        for (const protocol of ['tcp', 'udp'] as const) {
          const [reply] = await ask(topology.host('client'), { protocol, address: vip[version], port: 80, count: 1, timeoutMs: 5000, parallel: 1 });
          assert.is(reply!.error, 'ECONNREFUSED', `IPv${version} ${protocol}`);
        }
      }
    } finally {
      for (const host of ['client', 'lb', 'backend']) kernel.remove(host);
      topology.remove();
    }
  });
}

test.run();
