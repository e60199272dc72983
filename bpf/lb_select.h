/* SPDX-License-Identifier: MIT */
/*
 * Which backend a packet goes to. An undisturbed slot answers alone. A slot that a commit changed still knows its
 * previous backend, and only its packets look flows up (after Beamer, NSDI '18, and JET, CoNEXT '20): a hit wins; a SYN
 * goes to the current backend and is remembered; what else arrives within the settling window predates the change, goes
 * to the previous backend and is remembered; after the window it goes to the current one. A previous backend that is
 * the current one makes a slot watched: an earlier change left flows that differ from both. `random` remembers every flow.
 */
#ifndef LB_SELECT_H
#define LB_SELECT_H

#include "lb_maps.h"
#include "lb_hash.h"

/* A flow's `seen` is written at most this often. */
#define LB_SEEN_NS 1000000000ULL

struct choice {
	__u32 row;		/* of backends; 0: none */
	bool opened;		/* the packet opened a flow */
};

static __always_inline struct slot *slot_at(__u32 arena, __u32 index)
{
	void *slots = bpf_map_lookup_elem(&arenas, &arena);

	return slots ? bpf_map_lookup_elem(slots, &index) : NULL;
}

/* Whether this configuration still sends packets to a row. */
static __always_inline bool alive(const struct backend *backend, const struct service *service)
{
	return backend->dead_from == 0 || service->serial < backend->dead_from;
}

static __always_inline void fill_flow_key(struct flow_key *key, const struct packet *p)
{
	if (p->family == 4) {
		const struct ipv4_header *ip = p->l3;

		map_ipv4(key->saddr, ip->src);
		map_ipv4(key->daddr, ip->dst);
	} else {
		const struct ipv6_header *ip = p->l3;

		copy_ipv6(key->saddr, ip->src);
		copy_ipv6(key->daddr, ip->dst);
	}
	key->sport = p->sport;
	key->dport = p->dport;
	key->proto = p->proto;
	__builtin_memset(key->pad, 0, sizeof(key->pad));
}

/* Row that the flow is remembered for, or 0. An entry whose row has been given to another backend since,
 * or belongs to another service, is none. */
static __always_inline __u32 recall(const struct flow_key *key, const struct service *service, __u64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, key);
	struct backend *backend;
	__u32 row;

	if (!flow)
		return 0;
	row = flow->backend;
	backend = bpf_map_lookup_elem(&backends, &row);
	if (!backend || backend->birth != flow->birth || backend->service != service->id || !alive(backend, service))
		return 0;
	if (now - flow->seen >= LB_SEEN_NS)
		flow->seen = now;
	return row;
}

/* False: the row is not one that this configuration may use. */
static __always_inline bool remember(const struct flow_key *key, const struct service *service, __u32 row, __u64 now)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	struct flow flow = { .seen = now, .backend = row };

	if (row == 0 || !backend || !alive(backend, service))
		return false;
	flow.birth = backend->birth;
	bpf_map_update_elem(&flows, key, &flow, BPF_ANY);
	return true;
}

/* A packet of a disturbed slot. */
static __always_inline struct choice choose_disturbed(const struct packet *p, const struct service *service,
						      __u32 current, __u32 previous)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	__u64 settled = p->proto == PROTO_TCP ? service->settle_tcp : service->settle_udp;
	struct choice choice = { .row = current, .opened = p->opens };
	struct flow_key key;
	__u32 known;

	fill_flow_key(&key, p);
	known = recall(&key, service, now);
	if (known) {
		choice.row = known;
		choice.opened = false;
	} else if (p->opens) {
		remember(&key, service, current, now);
	} else if (now < settled && remember(&key, service, previous, now)) {
		choice.row = previous;
	}
	return choice;
}

static __always_inline struct choice choose_maglev(const struct packet *p, const struct service *service)
{
	bool by_source = has(LB_FEATURE_HASH_SOURCE) && (service->flags & LB_SERVICE_BY_SOURCE);
	__u32 hash = flow_hash(p, by_source);
	struct choice choice = { .opened = p->opens };
	__u32 previous = 0;
	struct slot *slot;

	if (service->table_size) {
		slot = slot_at(service->arena, service->table_base + hash % service->table_size);
		if (slot) {
			choice.row = slot->current;
			previous = slot->previous;
		}
	}
	if (!has(LB_FEATURE_FLOWS))
		return choice;
	if (unlikely(service->flags & LB_SERVICE_PREV_TABLE) && service->prev_size) {
		slot = slot_at(service->prev_arena, service->prev_base + hash % service->prev_size);
		if (slot && slot->current && slot->current != choice.row)
			previous = slot->current;
	}
	if (likely(previous == 0))
		return choice;
	return choose_disturbed(p, service, choice.row, previous);
}

/* Every flow is remembered, whatever packet it is first seen by. */
static __always_inline struct choice choose_random(const struct packet *p, const struct service *service)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct choice choice = {};
	struct flow_key key;
	struct slot *slot;

	fill_flow_key(&key, p);
	choice.row = recall(&key, service, now);
	if (choice.row || !service->table_size)
		return choice;
	slot = slot_at(service->arena, service->table_base + bpf_get_prandom_u32() % service->table_size);
	if (slot && remember(&key, service, slot->current, now)) {
		choice.row = slot->current;
		choice.opened = true;
	}
	return choice;
}

static __always_inline struct choice choose(const struct packet *p, const struct service *service)
{
	if (has(LB_FEATURE_RANDOM) && service->hash == LB_HASH_RANDOM)
		return choose_random(p, service);
	return choose_maglev(p, service);
}

#endif
