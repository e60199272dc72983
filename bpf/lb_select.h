/* SPDX-License-Identifier: MIT */
/*
 * Which backend a packet goes to. An undisturbed slot answers alone. A slot that a commit changed still knows its
 * previous backend, and only its packets look flows up (after Beamer, NSDI '18, and JET, CoNEXT '20): a hit wins; within
 * the settling window a SYN goes to the current backend and what else arrives predates the change and goes to the
 * previous one, both remembered; after the window what is not remembered goes to the current one, and nothing more is
 * remembered. A previous backend that is the current one makes a slot watched: an earlier change left flows that differ
 * from both. `random`, `rr`, services with affinity and those that translate remember every flow.
 */
#ifndef LB_SELECT_H
#define LB_SELECT_H

#include "lb_flow.h"
#include "lb_maps.h"
#include "lb_hash.h"

struct choice {
	__u32 row;		/* of backends; 0: none */
	bool opened;		/* the packet opened a flow */
	bool full;		/* it could not be remembered */
};

static __always_inline struct slot *slot_at(__u32 arena, __u32 index)
{
	void *slots = bpf_map_lookup_elem(&arenas, &arena);

	return slots ? bpf_map_lookup_elem(slots, &index) : NULL;
}

/* What is remembered of the flow, if that still counts. */
static __always_inline struct flow *known_flow(const struct packet *p, const struct service *service, __u64 now)
{
	struct flow *flow = bpf_map_lookup_elem(&flows, &p->flow);

	if (!flow || is_over(flow->seen, p->flow.proto, flow->state, now) || !remembered_row(flow->backend, flow->birth, service))
		return NULL;
	return flow;
}

/* Row that the flow is remembered for, or 0. */
static __always_inline __u32 recall(const struct packet *p, const struct service *service, __u64 now)
{
	struct flow *flow = known_flow(p, service, now);
	__u8 state;

	if (!flow)
		return 0;
	if (now - flow->seen >= LB_SEEN_NS)
		flow->seen = now;
	state = next_state(flow->state, p);
	if (state != flow->state)
		flow->state = state;
	return flow->backend;
}

/* False: the row is not one that this configuration may use, or the kernel has no room (`full`). */
static __always_inline bool remember(const struct packet *p, const struct service *service, __u32 row,
				     __u64 now, bool *full)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	struct flow flow = { .seen = now, .backend = row };

	if (row == 0 || !backend || !alive(backend, service))
		return false;
	flow.birth = backend->birth;
	flow.state = p->flow.proto == PROTO_TCP ? next_state(LB_FLOW_OPENING, p) : LB_FLOW_OPENING;
	*full = bpf_map_update_elem(&flows, &p->flow, &flow, BPF_ANY) != 0;
	if (*full)
		return false;
	did(LB_ACTIVITY_FLOW_OPENED);
	return true;
}

static __always_inline bool is_settling(const struct packet *p, const struct service *service, __u64 now)
{
	return now < (p->flow.proto == PROTO_TCP ? service->settle_tcp : service->settle_udp);
}

/* A choice as a number: the row, and these. */
#define LB_CHOICE_OPENED (1ULL << 32)
#define LB_CHOICE_FULL (1ULL << 33)

/* A packet of a disturbed slot. */
__global __u64 choose_disturbed(struct packet *p, struct service *service, __u32 current, __u32 previous)
{
	__u64 now = bpf_ktime_get_coarse_ns(), opened;
	__u32 known;
	bool full;

	if (!p || !service)
		return 0;
	known = recall(p, service, now);
	if (known)
		return known;
	opened = p->opens ? LB_CHOICE_OPENED : 0;
	if (is_settling(p, service, now)) {
		if (p->opens)
			remember(p, service, current, now, &full);
		else if (remember(p, service, previous, now, &full))
			return previous;
	}
	return current | opened;
}

static __always_inline struct choice choice_of(__u64 number)
{
	return (struct choice){ .row = number, .opened = number & LB_CHOICE_OPENED, .full = number & LB_CHOICE_FULL };
}

/* The flow's slot, with what the former table says as its previous backend where there is one. */
static __always_inline struct slot find_slot(const struct packet *p, const struct service *service)
{
	bool by_source = unlikely(service->flags & LB_SERVICE_BY_SOURCE) && has(LB_FEATURE_HASH_SOURCE);
	__u32 hash = flow_hash(p, by_source);
	struct slot found = {}, *slot;

	if (service->table_size) {
		slot = slot_at(service->arena, service->table_base + slot_of(hash, service->table_size));
		if (slot)
			found = *slot;
	}
	if (unlikely(service->flags & LB_SERVICE_PREV_TABLE) && service->prev_size) {
		slot = slot_at(service->prev_arena, service->prev_base + slot_of(hash, service->prev_size));
		if (slot && slot->current && slot->current != found.current)
			found.previous = slot->current;
	}
	return found;
}

static __always_inline struct choice choose_maglev(struct packet *p, struct service *service)
{
	struct slot slot = find_slot(p, service);

	if (likely(slot.previous == 0) || !has(LB_FEATURE_FLOWS))
		return (struct choice){ .row = slot.current, .opened = p->opens };
	return choice_of(choose_disturbed(p, service, slot.current, slot.previous));
}

/* Turns are counted per CPU, so each takes them in order and all together nearly so. */
static __always_inline __u32 next_turn(const struct service *service)
{
	__u32 id = service->id;
	__u64 *turn = bpf_map_lookup_elem(&turns, &id);

	return turn ? (*turn)++ : 0;
}

/* Slot of a new flow, as the service's hash says. */
static __always_inline __u32 pick(const struct packet *p, const struct service *service)
{
	struct slot *slot;
	__u32 at;

	if (!service->table_size)
		return 0;
	if (has(LB_FEATURE_RR) && service->hash == LB_HASH_RR)
		at = next_turn(service) % service->table_size;
	else if (has(LB_FEATURE_RANDOM) && service->hash == LB_HASH_RANDOM)
		at = slot_of(bpf_get_prandom_u32(), service->table_size);
	else
		at = slot_of(flow_hash(p, has(LB_FEATURE_HASH_SOURCE) && (service->flags & LB_SERVICE_BY_SOURCE)), service->table_size);
	slot = slot_at(service->arena, service->table_base + at);
	return slot ? slot->current : 0;
}

/* Where the client's last new flow went, or 0. */
static __always_inline __u32 recall_client(const struct affinity_key *key, const struct packet *p, const struct service *service, __u64 now)
{
	bool translated = service->mode == LB_MODE_SNAT || service->mode == LB_MODE_DNAT;
	struct affinity *known = bpf_map_lookup_elem(&affinities, key);
	struct backend *backend;

	if (!known || (__s64)(now - known->seen) > (__s64)(service->affinity * LB_SECOND))
		return 0;
	backend = remembered_row(known->backend, known->birth, service);
	if (!backend || !takes_new(backend, service) || (translated && backend->family != p->family))
		return 0;
	known->seen = now;
	return known->backend;
}

/* Row of a new flow: where its client has been, else what the hash says. */
static __always_inline __u32 pick_for_client(const struct packet *p, const struct service *service, __u64 now)
{
	struct affinity_key key = { .service = service->id };
	struct affinity value = { .seen = now };
	struct backend *backend;
	__u32 row;

	if (!has(LB_FEATURE_AFFINITY) || !service->affinity)
		return pick(p, service);
	__builtin_memcpy(key.client, p->flow.saddr, sizeof(key.client));
	row = recall_client(&key, p, service, now);
	if (row) {
		did(LB_ACTIVITY_AFFINITY_KEPT);
		return row;
	}
	row = pick(p, service);
	backend = bpf_map_lookup_elem(&backends, &row);
	if (!row || !backend)
		return 0;
	value.backend = row;
	value.birth = backend->birth;
	if (bpf_map_update_elem(&affinities, &key, &value, BPF_ANY) == 0)
		did(LB_ACTIVITY_AFFINITY_SET);
	return row;
}

/* Every flow is remembered, whatever packet it is first seen by. */
__global __u64 choose_by_flow(struct packet *p, struct service *service)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	bool full = false;
	__u32 row;

	if (!p || !service)
		return 0;
	row = recall(p, service, now);
	if (row)
		return row;
	row = pick_for_client(p, service, now);
	if (row && remember(p, service, row, now, &full))
		return row | LB_CHOICE_OPENED;
	return full ? LB_CHOICE_FULL : 0;
}

static __always_inline struct choice choose_remembered(struct packet *p, struct service *service)
{
	return choice_of(choose_by_flow(p, service));
}

/* Where a flow is that the packet only speaks of, or 0: as if it had brought a packet that opens none, but nothing is
 * remembered for it. */
static __always_inline __u32 locate(const struct packet *p, const struct service *service)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	bool remembers = service->flags & LB_SERVICE_REMEMBER;
	struct slot slot = {};
	struct backend *former;
	struct flow *flow;

	if (!remembers) {
		slot = find_slot(p, service);
		if (slot.previous == 0 || !has(LB_FEATURE_FLOWS))
			return slot.current;
	}
	flow = known_flow(p, service, now);
	if (flow)
		return flow->backend;
	if (slot.previous && is_settling(p, service, now)) {
		former = bpf_map_lookup_elem(&backends, &slot.previous);
		if (former && alive(former, service))
			return slot.previous;
	}
	return slot.current;
}

#endif
