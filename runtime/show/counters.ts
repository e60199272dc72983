/** `show counters`: sums over all services, and what the programs did besides forwarding. */
import type { LbActivity } from '../../compiler/generated/layout.ts';
import { LbActivity as Did, lbActivityNames } from '../../compiler/generated/layout.ts';
import { bytes, group, table } from './table.ts';
import { nothing, serviceSums, type Sums } from '../counters.ts';
import type { Topic, View } from './view.ts';
import { plainSums } from './view.ts';

type Activity = Exclude<LbActivity, typeof Did.MAX>;

/** What each number is about, and what it counts, for people; neighbours are about the same. */
const meanings: Readonly<Record<Activity, readonly [about: string, meaning: string]>> = {
  [Did.NEXT_HOP_FOUND]: ['routes', 'look-ups of a next hop that was not known yet'],
  [Did.FLOW_OPENED]: ['flow table', 'entries written'],
  [Did.FLOW_CLOSED]: ['flow table', 'entries deleted'],
  [Did.NAT_OPENED]: ['NAT table', 'entries written'],
  [Did.NAT_CLOSED]: ['NAT table', 'entries deleted'],
  [Did.NAT_RETRIED]: ['NAT table', 'source ports that were taken'],
  [Did.NAT_REPLIED]: ['NAT table', 'packets translated back'],
  [Did.AFFINITY_KEPT]: ['affinity', 'new flows that went where their client had been'],
  [Did.AFFINITY_SET]: ['affinity', 'clients that were given a backend'],
  [Did.ECHO_ANSWERED]: ['ICMP', 'echo requests answered for a VIP'],
  [Did.ICMP_FORWARDED]: ['ICMP', 'errors brought to a backend'],
  [Did.ICMP_RETURNED]: ['ICMP', 'errors brought to a client'],
  [Did.FRAGMENT_FIRST]: ['fragments', 'first ones, which have the ports'],
  [Did.FRAGMENT_LATER]: ['fragments', 'later ones that were known by their first'],
  [Did.DECAPSULATED]: ['tunnels', 'packets taken out of their outer header'],
  [Did.TRANSLATED]: ['tunnels', 'of those, sent to a pod of this host'],
  [Did.EVENT_LOST]: ['events', 'samples for which the ring had no room'],
};

interface Totals {
  readonly forwarded: Sums;
  readonly dropped: number;
  /** Entries of the flow table. */
  readonly remembered: number;
  readonly translated: number;
  readonly activities: readonly { readonly about: string; readonly activity: string; readonly count: number; readonly meaning: string }[];
}

function activities(sums: readonly number[]): Totals['activities'] {
  return (Object.keys(meanings).map(Number) as Activity[]).map((activity) => {
    const [about, meaning] = meanings[activity];
    return { about, activity: lbActivityNames[activity] ?? String(activity), count: sums[activity] ?? 0, meaning };
  });
}

function activityTable(some: Totals['activities']): string {
  return table(
    [{ title: 'ABOUT' }, { title: 'ACTIVITY' }, { title: 'COUNT', right: true }, { title: 'MEANING' }],
    some.map((a, i) => [some[i - 1]?.about === a.about ? '' : a.about, a.activity, group(a.count), a.meaning]),
  );
}

export const counters: Topic<Totals> = {
  name: 'counters',
  help: 'sums over all services, and what was done besides forwarding',
  facts(view: View) {
    const perService = serviceSums(view.instance, new Set(view.live.services.map((s) => s.id)));
    const forwarded = [...perService.values()].reduce(
      (a, b) => ({ packets: a.packets + b.packets, bytes: a.bytes + b.bytes, flows: a.flows + b.flows }), nothing);
    return {
      forwarded,
      dropped: plainSums(view.instance.map('drops')).reduce((a, b) => a + b, 0),
      remembered: view.instance.map('flows').entries().count,
      translated: view.instance.map('nat').entries().count,
      activities: activities(plainSums(view.instance.map('activity'))),
    };
  },
  text({ forwarded, dropped, remembered, translated, activities: all }) {
    const sums = table([{ title: 'COUNTER' }, { title: 'VALUE', right: true }, { title: 'MEANING' }], [
      ['packets', group(forwarded.packets), 'to services'],
      ['bytes', bytes(forwarded.bytes), 'to services'],
      ['flows', group(forwarded.flows), 'opened'],
      ['remembered', group(remembered), "flows in the flow table: 'show flows'"],
      ['translated', group(translated), "flows in the NAT table: 'show nat'"],
      ['dropped', group(dropped), "by reason: 'show drops'"],
    ]);
    const some = all.filter((a) => a.count > 0);
    return some.length === 0 ? sums : `${sums}\n\n${activityTable(some)}`;
  },
};
