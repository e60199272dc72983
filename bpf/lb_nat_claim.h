/* SPDX-License-Identifier: MIT */
/*
 * An entry of `nat` that no other flow has. Ports are tried in an order that the flow's hash gives, so a flow whose entry
 * was lost finds its own again; an entry of a flow that is over, or of a backend that is gone, counts as free.
 */
#ifndef LB_NAT_CLAIM_H
#define LB_NAT_CLAIM_H

#include "lb_hash.h"
#include "lb_hop.h"
#include "lb_match.h"
#include "lb_nat_state.h"

#define LB_EEXIST 17

#define LB_MAX_SOURCES 15
/* Source ports tried: of one source, and of all of a service's. */
#define LB_NAT_TRIES 32
#define LB_NAT_ALL_TRIES 64

/* Source ports of a service that has none set: those of IANA's dynamic range that Linux does not use by itself. */
#define LB_NAT_PORT_LOW 61000
#define LB_NAT_PORT_HIGH 65535

enum lb_claim {
	LB_CLAIMED,
	LB_CLAIM_TAKEN,
	LB_CLAIM_FULL,		/* the kernel has no room */
};

/* Serial of the live configuration. */
static __always_inline __u32 live_serial(void)
{
	void *configuration = live_configuration();
	struct service *head = configuration ? head_of(configuration) : NULL;

	return head ? head->serial : 0;
}

/* Whether the backend of an entry is gone: its row another's, or no longer used by the live configuration. */
static __always_inline bool is_gone(const struct nat *entry)
{
	__u32 row = entry->backend;
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);

	if (!backend || backend->birth != entry->birth)
		return true;
	return backend->dead_from && backend->dead_from <= live_serial();
}

/* Whether two entries are of the same client's flow. */
static __always_inline bool same_flow(const struct nat *a, const struct nat *b)
{
	return same_addr(a->client, b->client) && same_addr(a->vip, b->vip) && a->client_port == b->client_port && a->vip_port == b->vip_port;
}

__global int nat_claim(struct flow_key *back, struct nat *value)
{
	struct nat *known;
	__u64 seen;
	long error;

	if (!back || !value)
		return LB_CLAIM_FULL;
	error = bpf_map_update_elem(&nat, back, value, BPF_NOEXIST);
	if (error == 0) {
		did(LB_ACTIVITY_NAT_OPENED);
		return LB_CLAIMED;
	}
	if (error != -LB_EEXIST)
		return LB_CLAIM_FULL;
	known = bpf_map_lookup_elem(&nat, back);
	if (!known)
		return LB_CLAIM_TAKEN;
	if (!same_flow(known, value)) {
		seen = known->seen;
		if (!is_over(seen, back->proto, known->state, value->seen) && !is_gone(known))
			return LB_CLAIM_TAKEN;
		/* Another CPU may be taking it too. */
		if (__sync_val_compare_and_swap(&known->seen, seen, value->seen) != seen)
			return LB_CLAIM_TAKEN;
	}
	if (bpf_map_update_elem(&nat, back, value, BPF_ANY))
		return LB_CLAIM_FULL;
	did(LB_ACTIVITY_NAT_OPENED);
	return LB_CLAIMED;
}

/* A number of 32 bits for each try of a flow. */
static __always_inline __u32 nth_hash(__u32 hash, __u32 n)
{
	return mix(scramble(pair(n, hash) ^ LB_HASH_SEED, LB_HASH_FIRST));
}

/* A port of `source`: by the flow's hash, or where there are few, each of them. */
__global int nat_claim_port(struct nat_work *work, struct source *source, __u32 hash, __u32 tries)
{
	__u32 low, span, first;
	int result;

	if (!work || !source || source->port_high < source->port_low)
		return LB_CLAIM_TAKEN;
	__builtin_memcpy(work->back.daddr, source->addr, sizeof(work->back.daddr));
	low = source->port_low;
	span = source->port_high - low + 1;
	first = nth_hash(hash, 0);
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < LB_NAT_TRIES; i++) {
		if (i >= tries || i >= span)
			break;
		work->back.dport = bpf_htons(low + (span <= LB_NAT_TRIES ? first % span + i : nth_hash(hash, i)) % span);
		result = nat_claim(&work->back, &work->entry);
		if (result != LB_CLAIM_TAKEN)
			return result;
		did(LB_ACTIVITY_NAT_RETRIED);
	}
	return LB_CLAIM_TAKEN;
}

/* The service's sources of the backend's family, from the client's own one on; else the address that the route prefers. */
__global int nat_claim_source(struct nat_work *work, struct packet *p, struct service *service, struct hop *hop)
{
	struct source_key key = {};
	struct source *source;
	__u32 count, hash, client;
	int result;

	if (!work || !p || !service || !hop)
		return LB_CLAIM_TAKEN;
	hash = flow_hash(p, false);
	count = (p->family == 4 ? service->sources : service->sources >> 4) & LB_MAX_SOURCES;
	if (count == 0) {
		source = &work->source;
		if (p->family == 4)
			map_ipv4(source->addr, hop->saddr[0]);
		else
			copy_ipv6(source->addr, hop->saddr);
		source->port_low = service->port_high ? service->port_low : LB_NAT_PORT_LOW;
		source->port_high = service->port_high ? service->port_high : LB_NAT_PORT_HIGH;
		return nat_claim_port(work, source, hash, LB_NAT_TRIES);
	}
	client = flow_hash(p, true);
	key.service = service->id;
	key.serial = service->serial;
	key.family = p->family;
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < LB_MAX_SOURCES; i++) {
		if (i >= count)
			break;
		key.index = (client + i) % count;
		source = bpf_map_lookup_elem(&sources, &key);
		if (!source)
			continue;
		result = nat_claim_port(work, source, hash, LB_NAT_ALL_TRIES / count);
		if (result != LB_CLAIM_TAKEN)
			return result;
	}
	return LB_CLAIM_TAKEN;
}

/* The way back of a flow: as it was, where it was lost; else the client's own address and port, or a source of ours. */
static __always_inline int claim(struct nat_work *work, struct packet *p, struct service *service, struct hop *hop, bool source)
{
	struct flow *lost = bpf_map_lookup_elem(&flows, &p->flow);

	if (lost && source) {
		work->entry.state = lost->state;
		__builtin_memcpy(work->back.daddr, lost->nat_addr, sizeof(work->back.daddr));
		work->back.dport = lost->nat_port;
		if (lost->nat_family && nat_claim(&work->back, &work->entry) == LB_CLAIMED)
			return LB_CLAIMED;
	}
	if (source)
		return nat_claim_source(work, p, service, hop);
	__builtin_memcpy(work->back.daddr, p->flow.saddr, sizeof(work->back.daddr));
	work->back.dport = p->flow.sport;
	return nat_claim(&work->back, &work->entry);
}

#endif
