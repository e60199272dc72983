/** LB520 and LB521: what runs, and its records. */
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
};
