/* SPDX-License-Identifier: MIT */
/*
 * The hash that picks a slot. It has a fixed seed and no state, so that every node gives a flow the same slot. Words of
 * 64 bits are folded in by multiplication and shift, with the constants of MurmurHash3's finalizer (Austin Appleby,
 * public domain).
 */
#ifndef LB_HASH_H
#define LB_HASH_H

#include "lb_parse.h"

#define LB_HASH_SEED 0x736c756963652d31ULL	/* "sluice-1" */

static __always_inline __u64 fold(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0xff51afd7ed558ccdULL;
	return hash ^ hash >> 32;
}

static __always_inline __u64 pair(__u32 high, __u32 low)
{
	return (__u64)high << 32 | low;
}

/* Of the 5-tuple, or of the client's address alone. */
static __always_inline __u32 flow_hash(const struct packet *p, bool by_source)
{
	const __be32 *src = (const __be32 *)p->flow.saddr, *dst = (const __be32 *)p->flow.daddr;
	__u64 hash = LB_HASH_SEED;

	if (p->family == 4) {
		hash = fold(hash, pair(by_source ? 0 : dst[3], src[3]));
	} else {
		hash = fold(hash, pair(src[0], src[1]));
		hash = fold(hash, pair(src[2], src[3]));
		if (!by_source) {
			hash = fold(hash, pair(dst[0], dst[1]));
			hash = fold(hash, pair(dst[2], dst[3]));
		}
	}
	if (!by_source)
		hash = fold(hash, (__u64)p->flow.sport << 24 | (__u32)p->flow.dport << 8 | p->flow.proto);
	hash *= 0xc4ceb9fe1a85ec53ULL;
	hash ^= hash >> 29;
	hash *= 0xff51afd7ed558ccdULL;
	return hash >> 32;
}

#endif
