import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { vlan, vlanKey } from '../../compiler/generated/layout.ts';
import type { Instance } from '../../runtime/datapath.ts';
import { createKernelDatapath } from '../../runtime/kernel/datapath.ts';
import { vlansAmong, writeVlans, type VlanInterface } from '../../runtime/vlans.ts';
import { objects, privateBpffs } from '../support/bpffs.ts';
import { testWith } from '../support/needs.ts';

const test = suite('vlans');

/** As iproute2 6 answers `ip -details -json link show`, without what nobody reads. */
const links = [
  { ifindex: 1, ifname: 'lo', linkinfo: {} },
  { ifindex: 2, ifname: 'eth0', linkinfo: {} },
  { ifindex: 5, link: 'eth0', ifname: 'eth0.7', linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 7, flags: ['REORDER_HDR'] } } },
  { ifindex: 6, link: 'eth0', ifname: 'provider', linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1ad', id: 8, flags: [] } } },
  { ifindex: 7, link: 'eth0', ifname: 'mac0', linkinfo: { info_kind: 'macvlan', info_data: { mode: 'bridge' } } },
  { ifindex: 8, link_index: 4, link_netnsid: 0, ifname: 'elsewhere', linkinfo: { info_kind: 'vlan', info_data: { protocol: '802.1Q', id: 9, flags: [] } } },
];

test('VLANs are those with an 802.1Q tag and a parent in the same namespace', () => {
  assert.equal(vlansAmong(links), [{ name: 'eth0.7', ifindex: 5, parent: 'eth0', parentIndex: 2, vid: 7 }]);
});

function entries(instance: Instance): string[] {
  const { keys, values, count } = instance.map('vlans').entries();
  return Array.from({ length: count }, (_, i) => {
    const [key, value] = [vlanKey.decode(keys, i * vlanKey.size), vlan.decode(values, i * vlan.size)];
    return `${key.ifindex}/${key.vid} -> ${value.ifindex}/${value.vid}`;
  }).sort();
}

testWith(['root', 'bpf', 'libbpf'], test, 'the map has each VLAN both ways, and forgets one that is gone', () => {
  const datapath = createKernelDatapath({ bpffs: privateBpffs(), objects });
  const instance = datapath.create('vlans', { backends: 16, services: 16, flows: 64, meta: 16 });
  try {
    const seven: VlanInterface = { name: 'eth0.7', ifindex: 5, parent: 'eth0', parentIndex: 2, vid: 7 };
    const nine: VlanInterface = { name: 'eth0.9', ifindex: 6, parent: 'eth0', parentIndex: 2, vid: 9 };
    writeVlans(instance, [seven, nine]);
    assert.equal(entries(instance), ['2/7 -> 5/7', '2/9 -> 6/9', '5/0 -> 2/7', '6/0 -> 2/9']);
    writeVlans(instance, [{ ...seven, ifindex: 8 }]);
    assert.equal(entries(instance), ['2/7 -> 8/7', '8/0 -> 2/7']);
    writeVlans(instance, []);
    assert.equal(entries(instance), []);
  } finally {
    instance.close();
    datapath.remove('vlans');
  }
});

test.run();
