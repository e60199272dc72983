/* SPDX-License-Identifier: MIT */
/* Counters, all per CPU. Bytes are those of the client's IP packet, without frame and encapsulation. */
#ifndef LB_COUNT_H
#define LB_COUNT_H

#include "lb_maps.h"
#include "lb_parse.h"

static __always_inline void add(void *map, __u32 index, const struct packet *p, bool opened)
{
	struct counters *n = bpf_map_lookup_elem(map, &index);

	if (!n)
		return;
	n->packets++;
	n->bytes += p->length;
	if (opened)
		n->flows++;
}

static __always_inline int drop(enum lb_drop reason)
{
	__u32 index = reason;
	__u64 *n = bpf_map_lookup_elem(&drops, &index);

	if (n)
		(*n)++;
	return XDP_DROP;
}

#endif
