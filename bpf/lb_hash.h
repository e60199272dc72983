/* SPDX-License-Identifier: MIT */
/*
 * The hash that picks a slot. It has fixed seeds and no state, so that every node gives a flow the same slot. Words of 64
 * bits are multiplied each by a constant of its own, at the same time, and mixed at the end; the constants are those of
 * MurmurHash3 (Austin Appleby, public domain).
 */
#ifndef LB_HASH_H
#define LB_HASH_H

#include "lb_parse.h"

#define LB_HASH_SEED 0x736c756963652d31ULL	/* "sluice-1" */
#define LB_HASH_FIRST 0x87c37b91114253d5ULL
#define LB_HASH_SECOND 0x4cf5ad432745937fULL
#define LB_HASH_THIRD 0xff51afd7ed558ccdULL
#define LB_HASH_LAST 0xc4ceb9fe1a85ec53ULL

static __always_inline __u64 pair(__u32 high, __u32 low)
{
	return (__u64)high << 32 | low;
}

/* A product whose well mixed upper half lies low. */
static __always_inline __u64 scramble(__u64 word, __u64 constant)
{
	word *= constant;
	return word << 32 | word >> 32;
}

static __always_inline __u32 mix(__u64 hash)
{
	hash ^= hash >> 29;
	return hash * LB_HASH_LAST >> 32;
}

/* The ports and the protocol of a flow as one word. */
static __always_inline __u64 ports_word(__be16 sport, __be16 dport, __u8 proto)
{
	return pair(sport, (__u32)dport << 16 | proto);
}

static __always_inline __u32 hash_ipv4(__be32 src, __be32 dst, __u64 ports)
{
	return mix(scramble(ports ^ LB_HASH_SEED, LB_HASH_FIRST) ^ (pair(dst, src) ^ LB_HASH_SEED) * LB_HASH_SECOND);
}

static __always_inline __u32 hash_ipv6(const __be32 *src, const __be32 *dst, __u64 ports, bool by_source)
{
	__u64 hash = scramble(ports ^ LB_HASH_SEED, LB_HASH_FIRST);

	hash ^= (pair(src[0], src[1]) ^ LB_HASH_SEED) * LB_HASH_SECOND;
	hash += scramble(pair(src[2], src[3]), LB_HASH_THIRD);
	if (!by_source) {
		hash ^= scramble(pair(dst[0], dst[1]), LB_HASH_LAST);
		hash += pair(dst[2], dst[3]) * LB_HASH_FIRST;
	}
	return mix(hash);
}

/* Of the 5-tuple, or of the client's address alone. */
static __always_inline __u32 flow_hash(const struct packet *p, bool by_source)
{
	const __be32 *src = (const __be32 *)p->flow.saddr, *dst = (const __be32 *)p->flow.daddr;
	__u64 ports = by_source ? 0 : ports_word(p->flow.sport, p->flow.dport, p->flow.proto);

	if (p->family == 4)
		return hash_ipv4(src[3], by_source ? 0 : dst[3], ports);
	return hash_ipv6(src, dst, ports, by_source);
}

/* Place of a hash in a table, without a division (Lemire, "Fast random integer generation in an interval", 2019). */
static __always_inline __u32 slot_of(__u32 hash, __u32 size)
{
	return (__u64)hash * size >> 32;
}

#endif
