/** LB110–LB129: names that refer to something: variables, pools, files, backends of tests. */
import type { Explanations } from './explanation.ts';

export const references: Explanations = {
  LB110: {
    title: 'no such variable',
    text: `
A variable is declared by 'let' or 'param', in the same file, in one that it includes, or in one that includes it.
Where in the file the declaration stands is all the same.`,
    wrong: `
let vip = 10.99.0.1
service web vip $vpi:80 -> 10.0.0.1 mode dsr`,
    right: `
let vip = 10.99.0.1
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
  },
  LB111: {
    title: 'no such pool',
    text: `
A pool is declared by 'pool NAME -> …', in the same file, in one that it includes, or in one that includes it.`,
    wrong: `
pool api -> 10.0.0.1, 10.0.0.2
service web vip 10.99.0.1:80 -> pool apo mode dsr`,
    right: `
pool api -> 10.0.0.1, 10.0.0.2
service web vip 10.99.0.1:80 -> pool api mode dsr`,
  },
  LB112: {
    title: 'declared twice',
    text: `
Services are unique in their ruleset; variables and pools in a file with all that it includes; 'ruleset', 'k8s' and
each clause of 'defaults' stand once. A name behind 'as' is one backend of a family, and 'given' gives it one state.
Since order does not matter, neither of two could win.`,
    wrong: `
service web vip 10.99.0.1:80 -> 10.0.0.1 mode dsr
service web vip 10.99.0.2:80 -> 10.0.0.1 mode dsr`,
    right: `
service web   vip 10.99.0.1:80 -> 10.0.0.1 mode dsr
service web-2 vip 10.99.0.2:80 -> 10.0.0.1 mode dsr`,
  },
  LB113: {
    title: 'refers to itself',
    text: `
The value of a variable, or the backends of a pool, would contain themselves, directly or by way of another.`,
    wrong: `
pool a -> 10.0.0.1, pool b
pool b -> pool a
service web vip 10.99.0.1:80 -> pool a mode dsr`,
    right: `
pool a -> 10.0.0.1, pool b
pool b -> 10.0.0.2
service web vip 10.99.0.1:80 -> pool a mode dsr`,
  },
  LB114: {
    title: '-D gives what no file declares',
    text: `
A value on the command line is for a 'param' of one of the files. Were an unknown name ignored, a typo would apply the
default in silence.`,
    language: 'sh',
    wrong: 'sluice apply -D evn=prod shop.lb    # the file says: param env: name = dev',
    right: 'sluice apply -D env=prod shop.lb',
  },
  LB115: {
    title: 'a param without a value',
    text: `
A param that has no default needs its value on the command line: -D NAME=VALUE.`,
    wrong: `
param vip: addr
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
    right: `
param vip: addr = 10.99.0.1
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
  },
  LB116: {
    title: 'a param of another type',
    text: `
The value of a param, given by -D or as its default, is of the type that its declaration says: addr, port, cidr, name,
int, dur or string.`,
    wrong: `
param vip: addr = 443
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
    right: `
param vip: addr = 10.99.0.1
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
  },
  LB117: {
    title: 'nothing to include',
    text: `
The pattern of 'include' is relative to the folder of the file in which it stands. A pattern with * that matches
nothing is a warning (the folder may be empty for now); a file that is named and is not there is an error.`,
    wrong: 'include "servces/web.lb"',
    right: 'include "services/*.lb"',
  },
  LB118: {
    title: 'a file includes itself',
    text: `
A file is included by one that includes it, directly or by way of others.`,
    wrong: 'include "x.lb"     # in x.lb',
    right: 'include "services/*.lb"',
  },
  LB119: {
    title: 'a variable of the wrong kind',
    text: `
What a variable holds has to fit where it is used: an address (or a set of addresses) for a host, a number for a port, a
network for 'allow', a name or a text for a label. The note shows the declaration.`,
    wrong: `
let vip = edge
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
    right: `
let vip = 10.99.0.1
service web vip $vip:80 -> 10.0.0.1 mode dsr`,
  },
  LB120: {
    title: 'no such backend or service in a test',
    text: `
A test names backends by what stands behind 'as', or by the names of pods, and services by their names.`,
    wrong: `
service web vip 10.99.0.1:80 -> 10.0.0.1 as web-1 mode dsr
expect tcp 1.2.3.4:40000 -> 10.99.0.1:80 => backend wbe-1`,
    right: `
service web vip 10.99.0.1:80 -> 10.0.0.1 as web-1 mode dsr
expect tcp 1.2.3.4:40000 -> 10.99.0.1:80 => backend web-1`,
  },
};
