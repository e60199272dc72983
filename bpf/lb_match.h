/* SPDX-License-Identifier: MIT */
/* Which service a packet is for. The live configuration is one service map, followed once per packet. */
#ifndef LB_MATCH_H
#define LB_MATCH_H

#include "lb_hash.h"
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

/* The live service table, or NULL while nothing was ever committed. */
static __always_inline void *live_configuration(void)
{
	__u32 live = 0;

	return bpf_map_lookup_elem(&root, &live);
}

/* Where the search for a key begins, in 32 bits: compiler/service-table.ts places by the same sum. */
static __always_inline __u32 place_hash(const void *addr, __u32 ports)
{
	const __u32 *word = addr;
	__u32 hash = word[0] * 0x9e3779b1U + word[1] * 0x85ebca77U + word[2] * 0xc2b2ae3dU + word[3] * 0x27d4eb2fU + ports * 0x165667b1U;

	hash = (hash ^ hash >> 15) * 0x2c1b3c6dU;
	return (hash ^ hash >> 13) * 0x297a2d39U;
}

/* The entry of an address (aligned to 8 bytes), port and protocol, or NULL. */
static __always_inline struct service *find_service(void *configuration, const void *addr, __be16 port, __u8 proto)
{
	const __u64 *wanted = addr;
	__u64 ports = (__u32)proto << 16 | port;
	__u32 at = 0;
	struct service_entry *entry = bpf_map_lookup_elem(configuration, &at);

	if (!entry)
		return NULL;
	at = 1 + slot_of(place_hash(addr, ports), entry->service.table_size);
#pragma clang loop unroll(disable)
	for (int i = 0; i < LB_PROBES; i++) {
		const __u64 *key;

		entry = bpf_map_lookup_elem(configuration, &at);
		if (!entry)
			return NULL;
		key = (const __u64 *)&entry->key;
		if (likely(key[1] == wanted[1] && key[0] == wanted[0] && key[2] == ports))
			return &entry->service;
		if ((key[0] | key[1]) == 0)
			return NULL;
		at++;
	}
	return NULL;
}

/* The service of a packet, or NULL. */
static __always_inline struct service *service_of(void *configuration, const struct packet *p)
{
	return find_service(configuration, p->flow.daddr, p->flow.dport, p->flow.proto);
}

/* The wildcard of the packet's destination, where that is a VIP. */
static __always_inline struct service *wildcard_of(void *configuration, const struct packet *p)
{
	return find_service(configuration, p->flow.daddr, 0, 0);
}

/* Longest-prefix match of the client's address in the ranges of this version of the service. */
static __always_inline bool is_allowed(const struct packet *p, const struct service *service)
{
	struct range_key key = { .prefix = 192, .service = service->id, .serial = service->serial };

	__builtin_memcpy(key.addr, p->flow.saddr, sizeof(key.addr));
	return bpf_map_lookup_elem(&ranges, &key) != NULL;
}

#endif
