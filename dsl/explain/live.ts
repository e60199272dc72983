/** LB520 to LB531: what runs, and its records. */
import type { Explanations } from './explanation.ts';

export const live: Explanations = {
  LB520: {
    title: 'names that cannot be read back',
    text: `
Names, labels and backends of what runs are kept beside the maps. Some of that text is missing or unreadable: something else
changed it. Packets are forwarded as before. An apply of the scripts writes it anew.`,
    language: 'sh',
    wrong: 'bpftool map delete pinned /sys/fs/bpf/sluice/default/maps/meta key …',
    right: 'sluice apply --yes shop.lb',
  },
  LB521: {
    title: 'the service map is not as committed',
    text: `
An entry of the service map differs from what was committed: something else wrote to it. The next plan says so and writes the map
anew, also when the scripts did not change.`,
    language: 'sh',
    wrong: 'bpftool map update id 42 key … value …',
    right: 'sluice apply --yes shop.lb',
  },
  LB530: {
    title: 'nothing deletes what is over',
    text: `
Remembered flows, translations, clients and fragments end by themselves: what is over counts as none. A BPF program also deletes it, from
a kernel worker, so that the tables are empty at rest. This kernel cannot run that program (Linux 6.10 and newer can). Packets are
forwarded all the same; a table that has no free place gives the one that was used longest ago to the next flow.`,
    language: 'sh',
    wrong: 'sluice apply --yes shop.lb   # on Linux 6.8',
    right: 'sluice doctor   # says whether the sweeper runs here',
  },
  LB531: {
    title: 'samples of flows',
    text: `
Samples of flows go through one ring, and whoever reads it takes them out: one reader at a time is let in, the next is refused until the
first has ended. The reader sets how many are taken, and sets it back to none when it ends. One that was killed leaves its rate behind,
which costs packets a little until the next reader has ended. Programs of an older apply may take none.`,
    language: 'sh',
    wrong: 'sluice flows & sluice flows',
    right: 'sluice flows --json | tee events.json',
  },
};
