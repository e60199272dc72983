/* SPDX-License-Identifier: MIT */
/* Which service a packet is for. The live configuration is one service map, followed once per packet. */
#ifndef LB_MATCH_H
#define LB_MATCH_H

#include "lb_hash.h"
#include "lb_maps.h"
#include "lb_parse.h"

/* Place of an address, by its words, in a half of `addresses`. compiler/addresses.ts sets bits by the same sum. */
static __always_inline __u32 address_bit(__u64 first, __u64 last)
{
	__u32 hash = (__u32)first * 0x9e3779b1U + (__u32)(first >> 32) * 0x85ebca77U + (__u32)last * 0xc2b2ae3dU + (__u32)(last >> 32);

	hash = (hash ^ hash >> 15) * 0x2c1b3c6dU;
	return hash >> 15 & (LB_ADDRESS_BITS - 1);
}

static __always_inline bool has_bit(__u32 bit)
{
	__u32 word = bit / 64;
	__u64 *bits = bpf_map_lookup_elem(&addresses, &word);

	return bits && (*bits >> (bit & 63) & 1);
}

/* False: the address (aligned to 8 bytes) is no VIP. True: it may be one. */
static __always_inline bool may_be_vip(const void *addr)
{
	const __u64 *word = addr;

	return has_bit(address_bit(word[0], word[1]));
}

/* Whether replies from an address may be ones to translate. */
static __always_inline bool may_be_backend(const void *addr)
{
	const __u64 *word = addr;

	return has_bit(LB_ADDRESS_BITS + address_bit(word[0], word[1]));
}

/* The live service table, or NULL while nothing was ever committed. */
static __always_inline void *live_configuration(void)
{
	__u32 live = 0;

	return bpf_map_lookup_elem(&root, &live);
}

/* The record that describes a configuration. */
static __always_inline struct service *head_of(void *configuration)
{
	__u32 at = 0;
	struct service_entry *entry = bpf_map_lookup_elem(configuration, &at);

	return entry ? &entry->service : NULL;
}

/* Where the search for a key begins, in 32 bits: compiler/service-table.ts places by the same sum. `first` and `last` are
 * the words of the address, `ports` is the port and, above it, the protocol. */
static __always_inline __u32 place_hash(__u64 first, __u64 last, __u32 ports)
{
	__u32 hash = (__u32)first * 0x9e3779b1U + (__u32)(first >> 32) * 0x85ebca77U + (__u32)last * 0xc2b2ae3dU +
		     (__u32)(last >> 32) * 0x27d4eb2fU + ports * 0x165667b1U;

	hash = (hash ^ hash >> 15) * 0x2c1b3c6dU;
	return (hash ^ hash >> 13) * 0x297a2d39U;
}

/* The entry of a key, or NULL. */
static __always_inline struct service *find_service(void *configuration, __u64 first, __u64 last, __u32 ports)
{
	__u32 at = 1 + slot_of(place_hash(first, last, ports), service_places);
	struct service_entry *entry;

#pragma clang loop unroll(disable)
	for (int i = 0; i < LB_PROBES; i++) {
		const __u64 *key;

		entry = bpf_map_lookup_elem(configuration, &at);
		if (!entry)
			return NULL;
		key = (const __u64 *)&entry->key;
		if (likely(key[1] == last && key[0] == first && key[2] == ports))
			return &entry->service;
		if ((key[0] | key[1]) == 0)
			return NULL;
		at++;
	}
	return NULL;
}

/* The service of a flow (aligned to 8 bytes), or NULL. */
static __always_inline struct service *service_of_flow(void *configuration, const struct flow_key *flow)
{
	const __u64 *addr = (const __u64 *)flow->daddr;

	return find_service(configuration, addr[0], addr[1], (__u32)flow->proto << 16 | flow->dport);
}

/* The service of a packet, or NULL. */
static __always_inline struct service *service_of(void *configuration, const struct packet *p)
{
	return service_of_flow(configuration, &p->flow);
}

/* The wildcard of the packet's destination, where that is a VIP. */
static __always_inline struct service *wildcard_of(void *configuration, const struct packet *p)
{
	const __u64 *addr = (const __u64 *)p->flow.daddr;

	return find_service(configuration, addr[0], addr[1], 0);
}

/* Longest-prefix match of the client's address in the ranges of this version of the service. */
static __always_inline bool is_allowed(const struct packet *p, const struct service *service)
{
	struct range_key key = { .prefix = 224, .service = service->id, .serial = service->serial, .family = p->family };

	__builtin_memcpy(key.addr, p->flow.saddr, sizeof(key.addr));
	return bpf_map_lookup_elem(&ranges, &key) != NULL;
}

#endif
