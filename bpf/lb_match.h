/* SPDX-License-Identifier: MIT */
/* Which service a packet is for. The live configuration is one service map, followed once per packet. */
#ifndef LB_MATCH_H
#define LB_MATCH_H

#include "lb_maps.h"
#include "lb_parse.h"

/* Place of an address in a half of `addresses`. The compiler sets bits by the same sum (compiler/addresses.ts). */
static __always_inline __u32 address_bit(const void *addr)
{
	const __u32 *word = addr;
	__u32 hash = word[0] * 0x9e3779b1U + word[1] * 0x85ebca77U + word[2] * 0xc2b2ae3dU + word[3];

	hash = (hash ^ hash >> 15) * 0x2c1b3c6dU;
	return hash >> 15 & (LB_ADDRESS_BITS - 1);
}

static __always_inline bool has_bit(__u32 bit)
{
	__u32 word = bit / 64;
	__u64 *bits = bpf_map_lookup_elem(&addresses, &word);

	return bits && (*bits >> (bit & 63) & 1);
}

/* False: the address is no VIP. True: it may be one. */
static __always_inline bool may_be_vip(const void *addr)
{
	return has_bit(address_bit(addr));
}

/* Whether replies from an address may be ones to translate. */
static __always_inline bool may_be_backend(const void *addr)
{
	return has_bit(LB_ADDRESS_BITS + address_bit(addr));
}

/* The live service map, or NULL while nothing was ever committed. */
static __always_inline void *live_configuration(void)
{
	__u32 live = 0;

	return bpf_map_lookup_elem(&root, &live);
}

/* The wildcard of the packet's destination, where that is a VIP. What `::` has there is the head. */
static __always_inline struct service *wildcard_of(void *configuration, const struct packet *p)
{
	struct service_key key = {};
	struct service *wildcard;

	__builtin_memcpy(key.addr, p->flow.daddr, sizeof(key.addr));
	wildcard = bpf_map_lookup_elem(configuration, &key);
	return wildcard && (wildcard->flags & LB_SERVICE_WILDCARD) ? wildcard : NULL;
}

/* Longest-prefix match of the client's address in the ranges of this version of the service. */
static __always_inline bool is_allowed(const struct packet *p, const struct service *service)
{
	struct range_key key = { .prefix = 192, .service = service->id, .serial = service->serial };

	__builtin_memcpy(key.addr, p->flow.saddr, sizeof(key.addr));
	return bpf_map_lookup_elem(&ranges, &key) != NULL;
}

#endif
