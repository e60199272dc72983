/** LB5xx: carrying out a plan. */
import type { Explanations } from './explanation.ts';

export const apply: Explanations = {
  LB501: {
    title: 'no such interface',
    text: `
An attach statement names an interface that this network namespace does not have. Nothing was written.
Interface names belong to a namespace: what another one calls eth0 is not here.`,
    wrong: 'attach eht0',
    right: 'attach eth0',
  },
  LB502: {
    title: 'the plan is stale',
    text: `
Something else was applied between the plan that you saw and this apply, so that the plan may no longer
mean what it said. Nothing was written. Make a new plan, look at it, apply that.`,
    language: 'sh',
    wrong: `
sluice plan --out p.json shop.lb
sluice apply --yes other.lb
sluice apply --yes --plan p.json`,
    right: `
sluice plan --out p.json shop.lb
sluice apply --yes --plan p.json`,
  },
  LB503: {
    title: 'another sluice is at work',
    text: `
An instance has one writer at a time; another process holds its lock. The lock ends with that process,
also when it is killed. Nothing was written.`,
    language: 'sh',
    wrong: 'sluice apply --yes a.lb & sluice apply --yes b.lb',
    right: 'sluice apply --yes a.lb && sluice apply --yes b.lb',
  },
  LB504: {
    title: 'another XDP program is on the interface',
    text: `
An interface carries one XDP program, and this one has a program that sluice did not put there. Sluice never
takes a foreign program off. See whose it is, take it off or end its owner, and apply again. The running
datapath is as it was.`,
    language: 'sh',
    wrong: `
ip link set eth0 xdp obj other.o
sluice apply --yes shop.lb`,
    right: `
bpftool net show dev eth0
ip link set eth0 xdp off
sluice apply --yes shop.lb`,
  },
  LB505: {
    title: 'a step failed',
    text: `
The kernel did not do what a step of the plan asks. The steps before it were undone, and the running datapath
is as it was. The message names the step and the kernel's answer; 'sluice doctor' says what this machine can
do.`,
    language: 'sh',
    wrong: 'sluice apply --yes shop.lb',
    right: `
sluice doctor
sluice apply --yes shop.lb`,
  },
  LB506: {
    title: 'live, but not finished',
    text: `
The new configuration is live and complete. What failed comes after the swap: taking the smallest program in,
detaching from interfaces that are no longer named, freeing what nothing refers to. The next apply of the same
script does what is left.`,
    language: 'sh',
    wrong: 'sluice apply --yes shop.lb   # says LB506',
    right: 'sluice apply --yes shop.lb   # once more',
  },
  LB507: {
    title: 'a step could not be undone',
    text: `
A step of the plan failed, and while the ones before it were undone one of those failed too. What packets see is
the old configuration all the same: nothing of the new one is reachable before the swap. What is left over is
found and freed by the next apply.`,
    language: 'sh',
    wrong: 'sluice apply --yes shop.lb   # says LB507',
    right: `
sluice show services
sluice apply --yes shop.lb`,
  },
  LB508: {
    title: 'nothing to go back to',
    text: `
Undo swaps the configuration before the last apply back in. There is none: the instance has seen one apply
only.`,
    language: 'sh',
    wrong: `
sluice apply --yes shop.lb
sluice undo --yes`,
    right: `
sluice apply --yes shop.lb
sluice apply --yes newer.lb
sluice undo --yes`,
  },
  LB510: {
    title: 'more than the instance holds',
    text: `
The maps of an instance get their sizes when it is made, and this apply needs more backends, services, slots or
text than are free. Nothing was written. What the last apply replaced is kept for undo until the next one, and
takes room too: applying a smaller change first may be enough.`,
    language: 'sh',
    wrong: 'sluice apply --yes --capacity backends=100 large.lb',
    right: `
sluice down --yes
sluice apply --yes --capacity backends=65536,services=16384 large.lb`,
  },
  LB511: {
    title: 'the instance belongs to another network namespace',
    text: `
Interfaces, routes and neighbours belong to a network namespace, and so does an instance: the one in which it
was first applied. Enter that namespace, or use an instance of another name here.`,
    language: 'sh',
    wrong: `
nsenter --net=/run/netns/blue sluice apply --yes shop.lb
sluice apply --yes shop.lb`,
    right: `
nsenter --net=/run/netns/blue sluice apply --yes --instance blue shop.lb
sluice apply --yes shop.lb`,
  },
  LB512: {
    title: 'not a saved plan',
    text: `
apply --plan reads what plan --out wrote: the desired state, and the commit that the plan was made against. The
output of plan --json says what would change, but not what is wanted.`,
    language: 'sh',
    wrong: `
sluice plan --json shop.lb > p.json
sluice apply --plan p.json`,
    right: `
sluice plan --out p.json shop.lb
sluice apply --plan p.json`,
  },
  LB514: {
    title: 'a map is full',
    text: `
The kernel has no room for a further entry, or no memory. Maps get their sizes when an instance is made. The
steps before the failed one were undone, and the running datapath is as it was.`,
    language: 'sh',
    wrong: 'sluice apply --yes --capacity backends=100 shop.lb',
    right: `
sluice down --yes
sluice apply --yes --capacity backends=65536,services=16384 shop.lb`,
  },
  LB515: {
    title: 'the sizes of an instance are fixed',
    text: `
--capacity says how much a new instance holds. This one exists, and its maps keep their sizes. To change them
the instance has to be removed and made again, which interrupts service.`,
    language: 'sh',
    wrong: `
sluice apply --yes shop.lb
sluice apply --yes --capacity flows=1000000 shop.lb`,
    right: `
sluice down --yes
sluice apply --yes --capacity flows=1000000 shop.lb`,
  },
  LB516: {
    title: 'the kernel refused',
    text: `
The kernel does not know something that a step needs: a kind of map, a way to attach, a helper of the program.
'sluice doctor' tries each and says what needs it. In native mode a refusal often means that the network
driver has no XDP; 'xdp generic' or 'xdp auto' works with any.`,
    wrong: 'attach wlan0 xdp native',
    right: 'attach wlan0 xdp auto',
  },
  LB517: {
    title: 'no such instance',
    text: `
Nothing is applied under this name. An instance comes to be with its first apply and ends with 'sluice down'.
Instances under another bpffs need --bpffs DIR.`,
    language: 'sh',
    wrong: 'sluice show services --instance egde',
    right: `
sluice show instances
sluice show services --instance edge`,
  },
  LB518: {
    title: 'no such live service',
    text: `
'show' reads back what runs. A service that is written but not applied is not there, and one that two rulesets
have is named RULESET/NAME.`,
    language: 'sh',
    wrong: 'sluice show backends wbe',
    right: 'sluice show backends web',
  },
  LB519: {
    title: 'the instance is damaged',
    text: `
Pinned maps are missing or have another layout than this version's. Something else changed the files under the
bpffs, or another version of sluice made the instance. 'sluice down' removes it whatever its state; then apply
again.`,
    language: 'sh',
    wrong: 'rm /sys/fs/bpf/sluice/default/maps/meta',
    right: `
sluice down --yes
sluice apply --yes shop.lb`,
  },
};
