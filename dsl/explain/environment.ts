/** LB6xx: the machine, its files and what this build can do. */
import type { Explanations } from './explanation.ts';

export const environment: Explanations = {
  LB601: {
    title: 'no privilege',
    text: `
Loading programs, attaching them and reading the maps back need privilege: root, or the capabilities CAP_BPF,
CAP_NET_ADMIN and CAP_PERFMON together with a bpffs that this user may write. What needs none: check, fmt.`,
    language: 'sh',
    wrong: 'sluice apply shop.lb',
    right: 'sudo sluice apply shop.lb',
  },
  LB602: {
    title: 'no such file',
    text: `
A file that the command line names is not there. With several files nothing is applied unless all of them are:
a part would remove what the rest describes.`,
    language: 'sh',
    wrong: 'sluice check shp.lb',
    right: 'sluice check shop.lb',
  },
  LB603: {
    title: 'a directory, not a script',
    text: `
A directory is named where a script belongs. Name the scripts in it, or write one script that includes them.`,
    language: 'sh',
    wrong: 'sluice check services/',
    right: 'sluice check services/*.lb',
  },
  LB604: {
    title: 'not text',
    text: `
A script is UTF-8 text without NUL bytes. This file is something else: a program, an archive, or text in
another encoding.`,
    language: 'sh',
    wrong: 'sluice check bpf/objects/dsr.o',
    right: 'sluice check shop.lb',
  },
  LB605: {
    title: 'too large',
    text: `
A script or manifest file of more than 16 MB is not read: it is more likely a mistake than a script. A large
configuration goes into several files.`,
    wrong: 'include "everything.lb"',
    right: 'include "services/*.lb"',
  },
  LB606: {
    title: 'cannot be read',
    text: `
The file is there, but this user may not read it, or it is no regular file, or the disk failed.`,
    language: 'sh',
    wrong: 'sluice check /dev/sda',
    right: 'sluice check shop.lb',
  },
  LB607: {
    title: 'cannot be written',
    text: `
A file could not be written; a script being formatted is as it was (the new text is written beside it and renamed
over it).`,
    language: 'sh',
    wrong: 'sluice plan --out /proc/p.json shop.lb',
    right: 'sluice plan --out p.json shop.lb',
  },
  LB608: {
    title: 'no libbpf',
    text: `
Sluice talks to the kernel through the shared library libbpf.so.1, which is not installed here.`,
    language: 'sh',
    wrong: 'sluice apply shop.lb',
    right: `
apt install libbpf1
sluice apply shop.lb`,
  },
  LB609: {
    title: 'libbpf is too old',
    text: `
The libbpf of this machine is older than 1.0, which has what sluice calls. Debian 12 and later have it as
libbpf1.`,
    language: 'sh',
    wrong: 'sluice apply shop.lb   # with libbpf.so.0',
    right: `
apt install libbpf1
sluice apply shop.lb`,
  },
  LB610: {
    title: 'no BPF file system',
    text: `
What runs is kept in a BPF file system (bpffs), so that it outlives the process. None is mounted at the place
that --bpffs names, /sys/fs/bpf if it is not given.`,
    language: 'sh',
    wrong: 'sluice apply --bpffs /tmp shop.lb',
    right: `
mount -t bpf bpf /sys/fs/bpf
sluice apply shop.lb`,
  },
  LB612: {
    title: 'the interface does not forward',
    text: `
The program asks the kernel's routing table for the way to a backend, and the kernel refuses that for packets of
an interface on which forwarding is off. Packets that are translated or go into a tunnel are then dropped (show drops:
forwarding-off). Those of dsr l2 go up the stack of this host: without forwarding it takes them for its own, which
is right where it is a backend that runs the same script, and no warning is given there. Nothing else is forwarded by turning it on unless routes and the firewall allow it.`,
    language: 'sh',
    wrong: 'sysctl -w net.ipv4.conf.eth0.forwarding=0',
    right: 'sysctl -w net.ipv4.conf.eth0.forwarding=1',
  },
  LB613: {
    title: 'no route to a backend',
    text: `
The kernel of this machine knows no way to an address of a backend, so that packets for it are dropped (show
drops: no-route). Routes may come later; the program asks for each packet.`,
    language: 'sh',
    wrong: 'ip route get 10.0.1.11   # Network is unreachable',
    right: 'ip route add 10.0.1.0/24 via 192.0.2.1',
  },
  LB614: {
    title: 'neighbours are not kept',
    text: `
The program can use only link addresses that the kernel knows already. Sluice hands the next hops of backends to
the kernel to resolve and keep, through the command ip, which is missing or failed.`,
    language: 'sh',
    wrong: 'PATH=/nowhere sluice apply --yes shop.lb',
    right: `
apt install iproute2
sluice apply --yes shop.lb`,
  },
  LB615: {
    title: 'not part of this build',
    text: `
The command belongs to the design of sluice, and this build does not have it.`,
    language: 'sh',
    wrong: 'sluice trace "tcp 203.0.113.7:40000 -> 10.99.38.155:80"',
    right: 'sluice show backends web',
  },
  LB617: {
    title: 'a neighbour could not be installed',
    text: `
The kernel did not take a neighbour entry to resolve and keep (managed neighbours: Linux 5.16, iproute2 5.16).
While the kernel does not know the link address, packets for that next hop are dropped (show drops:
no-neighbour).`,
    language: 'sh',
    wrong: 'ip neigh replace 10.0.1.1 dev eth0 managed   # refused',
    right: 'ping -c 1 10.0.1.1',
  },
  LB618: {
    title: 'the kernel has forgotten next hops',
    text: `
Next hops of backends are handed to the kernel to resolve and keep. When an interface goes down the kernel forgets
all that are on it. An apply puts them back, also when the script did not change.`,
    language: 'sh',
    wrong: `
ip link set eth0 down
ip link set eth0 up`,
    right: 'sluice apply --yes shop.lb',
  },
  LB619: {
    title: 'no source ports are left for translation',
    text: `
Without 'from', packets of snat leave from this host's own addresses, with ports that its own sockets do not take:
those outside net.ipv4.ip_local_port_range. Here that range leaves none. Narrow it, or translate to addresses that
only the balancer uses; a source behind 'from' has all ports from 1024 on, or those that stand behind it.`,
    language: 'sh',
    wrong: `
sysctl -w net.ipv4.ip_local_port_range="1024 65535"
sluice apply --yes shop.lb     # mode snat`,
    right: `
sysctl -w net.ipv4.ip_local_port_range="32768 60999"
sluice apply --yes shop.lb`,
  },
};
