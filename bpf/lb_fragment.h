/* SPDX-License-Identifier: MIT */
/*
 * Fragments of a datagram share its addresses, protocol and identification. The first one has the ports, and leaves them
 * for the later ones (the order in which senders send them); a later one that comes before is unknown.
 */
#ifndef LB_FRAGMENT_H
#define LB_FRAGMENT_H

#include "lb_flow.h"

/* Gives a fragment its ports, and returns why that cannot be: enum lb_drop. */
__global int know_fragment(struct packet *p)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct fragment_key key = {};
	struct fragment *known;

	if (!p)
		return LB_DROP_INTERNAL;
	if (p->defect && p->defect != LB_DROP_FRAGMENT)
		return p->defect;
	key.id = p->fragment_id;
	key.proto = p->fragment_proto;
	__builtin_memcpy(key.saddr, p->flow.saddr, sizeof(key.saddr));
	__builtin_memcpy(key.daddr, p->flow.daddr, sizeof(key.daddr));
	if (p->part == LB_FIRST_FRAGMENT) {
		struct fragment value = { .seen = now, .sport = p->flow.sport, .dport = p->flow.dport, .proto = p->flow.proto };

		did(LB_ACTIVITY_FRAGMENT_FIRST);
		return bpf_map_update_elem(&fragments, &key, &value, BPF_ANY) ? LB_DROP_TABLE_FULL : LB_DROP_NONE;
	}
	known = bpf_map_lookup_elem(&fragments, &key);
	if (!known || (__s64)(now - known->seen) > (__s64)LB_FRAGMENT_LIFE)
		return LB_DROP_FRAGMENT;
	did(LB_ACTIVITY_FRAGMENT_LATER);
	set_ports(p, known->sport, known->dport, known->proto);
	return LB_DROP_NONE;
}

#endif
