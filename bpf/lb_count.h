/* SPDX-License-Identifier: MIT */
/* Counters, all per CPU. Bytes are those of the client's IP packet, without frame and encapsulation. */
#ifndef LB_COUNT_H
#define LB_COUNT_H

#include "lb_maps.h"
#include "lb_parse.h"

static __always_inline void add(void *map, __u32 index, __u32 length, bool opened)
{
	struct counters *n = bpf_map_lookup_elem(map, &index);

	if (!n)
		return;
	n->packets++;
	n->bytes += length;
	if (opened)
		n->flows++;
}

/* A packet that a backend got. Its service is the owner of the row, so it is counted once. */
static __always_inline void count_forwarded(__u32 row, __u32 length, bool opened)
{
	add(&backend_counters, row, length, opened);
}

static __always_inline void did(enum lb_activity what)
{
	__u32 index = what;
	__u64 *n = bpf_map_lookup_elem(&activity, &index);

	if (n)
		(*n)++;
}

/* A verdict with its reason, which `finish` counts: what is on the way to it only says why. */
static __always_inline int drop(enum lb_drop reason)
{
	return XDP_DROP | reason << 8;
}

/* An answer that takes the place of a packet is counted by what became of the packet. */
static __always_inline int answered(enum lb_drop reason)
{
	return XDP_TX | reason << 8;
}

static __always_inline void count_drop(__u32 reason)
{
	__u64 *n = bpf_map_lookup_elem(&drops, &reason);

	if (n)
		(*n)++;
}

#endif
