/** `show drops`. */
import type { LbDrop } from '../../compiler/generated/layout.ts';
import { LbDrop as Drop, lbDropNames } from '../../compiler/generated/layout.ts';
import { group, table } from './table.ts';
import type { Topic, View } from './view.ts';
import { plainSums } from './view.ts';

type Reason = Exclude<LbDrop, typeof Drop.NONE | typeof Drop.MAX>;

/** Why the program drops, for people. */
const meanings: Readonly<Record<Reason, string>> = {
  [Drop.NO_BACKEND]: 'the service has no usable backend, and says drop',
  [Drop.UNKNOWN_PORT]: 'a VIP of ours, but no service on that port and protocol',
  [Drop.MALFORMED]: 'headers to a VIP that make no sense',
  [Drop.FRAGMENT]: 'a later fragment whose first one did not come by',
  [Drop.UNSUPPORTED_HEADER]: 'options or extension headers that are not supported',
  [Drop.NO_ROUTE]: 'no route to the backend',
  [Drop.NO_NEIGHBOUR]: 'the link address of the next hop is not known',
  [Drop.FORWARDING_OFF]: 'the interface does not forward (sysctl)',
  [Drop.TOO_BIG]: 'encapsulated, the packet would exceed the path MTU',
  [Drop.NO_HEADROOM]: 'no room in front of the packet for another header',
  [Drop.REJECT_LIMITED]: 'more port unreachable answers than the limit allows',
  [Drop.REJECTED]: 'the service has no usable backend, and the client was told (port unreachable)',
  [Drop.NOT_ON_LINK]: 'a dsr l2 backend that is behind a router',
  [Drop.SOURCE_NOT_ALLOWED]: "a source outside the service's ranges (allow)",
  [Drop.NAT_EXHAUSTED]: 'no source port is free towards the backend: more sources (from) make more flows',
  [Drop.TABLE_FULL]: 'the kernel had no room for a new flow',
  [Drop.TOO_BIG_TOLD]: 'encapsulated, the packet would exceed the path MTU, and the client was told so',
  [Drop.UNSUPPORTED_VLAN]: 'a VLAN tag that no interface of this host has',
  [Drop.INTERNAL]: 'a state that should not be: please report it',
};

interface Drops {
  readonly drops: readonly { readonly reason: string; readonly packets: number; readonly meaning: string }[];
}

export const drops: Topic<Drops> = {
  name: 'drops',
  help: 'dropped packets by reason',
  facts(view: View) {
    const sums = plainSums(view.instance.map('drops'));
    return {
      drops: (Object.keys(meanings).map(Number) as Reason[]).map((reason) => ({
        reason: lbDropNames[reason] ?? String(reason),
        packets: sums[reason] ?? 0,
        meaning: meanings[reason],
      })),
    };
  },
  text({ drops: all }) {
    const some = all.filter((d) => d.packets > 0);
    if (some.length === 0) return 'nothing was dropped';
    return table([{ title: 'REASON' }, { title: 'PACKETS', right: true }, { title: 'MEANING' }], some.map((d) => [d.reason, group(d.packets), d.meaning]));
  },
};
