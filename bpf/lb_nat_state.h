/* SPDX-License-Identifier: MIT */
/*
 * The two entries of a translated flow: `flows` has it as its client sends, `nat` by what its backend answers. Both know
 * the state and the time of the last packet, either way; packets that change the state, and one a second, tell both. An
 * entry that the kernel evicted is made anew from the other. Of a flow that came by a tunnel there is the latter alone.
 */
#ifndef LB_NAT_STATE_H
#define LB_NAT_STATE_H

#include "lb_count.h"
#include "lb_flow.h"

static __always_inline bool same_addr(const void *a, const void *b)
{
	const __u32 *x = a, *y = b;

	return ((x[0] ^ y[0]) | (x[1] ^ y[1]) | (x[2] ^ y[2]) | (x[3] ^ y[3])) == 0;
}

/* Packets of a flow that change nothing are most of all, and told by this. */
static __always_inline bool is_settled(__u64 seen, __u8 state, __u8 flags, __u64 now)
{
	return (__s64)(now - seen) < (__s64)LB_SEEN_NS && state != LB_FLOW_OPENING && !(flags & (TCP_SYN | TCP_FIN | TCP_RST));
}

/* The state after a packet from one side. */
static __always_inline void advance(struct nat *entry, const struct packet *p, __u8 side)
{
	/* A server's answer to a SYN does not mean that there is a client. */
	if (side == LB_SIDE_BACKEND && (p->flags & TCP_SYN))
		return;
	if (p->opens && entry->state >= LB_FLOW_CLOSING)
		entry->fins = 0;
	entry->state = next_state(entry->state, p);
	if (p->flags & TCP_FIN) {
		entry->fins |= side;
		if (entry->fins == (LB_SIDE_CLIENT | LB_SIDE_BACKEND))
			entry->state = LB_FLOW_CLOSED;
	}
}

/* Key of a flow's answers. */
static __always_inline void key_back(struct flow_key *back, const struct packet *p, const struct flow *flow, const struct backend *backend)
{
	bool source = flow->nat_family != 0;

	__builtin_memcpy(back->saddr, backend->addr, sizeof(back->saddr));
	__builtin_memcpy(back->daddr, source ? flow->nat_addr : p->flow.saddr, sizeof(back->daddr));
	back->sport = backend->port ? backend->port : p->flow.dport;
	back->dport = source ? flow->nat_port : p->flow.sport;
	back->proto = p->flow.proto;
	back->pad[0] = back->pad[1] = back->pad[2] = 0;
}

/* Key of a flow as its client sends. */
static __always_inline void key_forth(struct flow_key *forth, const struct nat *entry, __u8 proto)
{
	__builtin_memcpy(forth->saddr, entry->client, sizeof(forth->saddr));
	__builtin_memcpy(forth->daddr, entry->vip, sizeof(forth->daddr));
	forth->sport = entry->client_port;
	forth->dport = entry->vip_port;
	forth->proto = proto;
	forth->pad[0] = forth->pad[1] = forth->pad[2] = 0;
}

/* Whether an entry is that of a client's flow. */
static __always_inline bool is_of(const struct nat *entry, const struct flow_key *flow)
{
	return same_addr(entry->client, flow->saddr) && same_addr(entry->vip, flow->daddr) && entry->client_port == flow->sport &&
	       entry->vip_port == flow->dport;
}

static __always_inline void fill_nat(struct nat *entry, const struct flow_key *flow, const struct backend *backend, __u32 row, __u64 now)
{
	__builtin_memset(entry, 0, sizeof(*entry));
	entry->seen = now;
	__builtin_memcpy(entry->vip, flow->daddr, sizeof(entry->vip));
	__builtin_memcpy(entry->client, flow->saddr, sizeof(entry->client));
	entry->vip_port = flow->dport;
	entry->client_port = flow->sport;
	entry->service = backend->service;
	entry->backend = row;
	entry->birth = backend->birth;
}

/* Whether a client's flow that is remembered goes on with this packet, and where. */
static __always_inline struct backend *goes_on(const struct flow *flow, const struct packet *p, const struct service *service, __u64 now)
{
	struct backend *backend;

	if (is_over(flow->seen, p->flow.proto, flow->state, now) || (p->opens && flow->state == LB_FLOW_CLOSED) ||
	    (service->mode == LB_MODE_SNAT && !flow->nat_family))
		return NULL;
	backend = remembered_row(flow->backend, flow->birth, service);
	/* Before its service came to translate, a flow may have been wrapped for a backend of the other family. */
	return backend && backend->family == p->family ? backend : NULL;
}

/* A client's packet that may change its flow. 0: that is over, or has no way back. */
__global int nat_keep(struct packet *p, struct service *service)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct backend *backend;
	struct flow_key back;
	struct nat *entry;
	struct flow *flow;

	if (!p || !service)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &p->flow);
	if (!flow)
		return 0;
	backend = goes_on(flow, p, service, now);
	if (!backend)
		return 0;
	key_back(&back, p, flow, backend);
	entry = bpf_map_lookup_elem(&nat, &back);
	if (!entry || !is_of(entry, &p->flow))
		return 0;
	advance(entry, p, LB_SIDE_CLIENT);
	entry->seen = now;
	flow->seen = now;
	flow->state = entry->state;
	return 1;
}

/* A backend's packet whose flow is known. 0: that is over. */
__global int nat_keep_back(struct packet *p)
{
	__u64 now = bpf_ktime_get_coarse_ns();
	struct flow *flow, again = {};
	struct flow_key forth;
	struct nat *entry;

	if (!p)
		return 0;
	entry = bpf_map_lookup_elem(&nat, &p->flow);
	if (!entry || is_over(entry->seen, p->flow.proto, entry->state, now))
		return 0;
	advance(entry, p, LB_SIDE_BACKEND);
	entry->seen = now;
	if (entry->received)
		return 1;
	key_forth(&forth, entry, p->flow.proto);
	flow = bpf_map_lookup_elem(&flows, &forth);
	if (flow) {
		/* It may have gone to another backend since. */
		if (flow->backend == entry->backend && flow->birth == entry->birth) {
			flow->seen = now;
			flow->state = entry->state;
		}
		return 1;
	}
	again.seen = now;
	again.backend = entry->backend;
	again.birth = entry->birth;
	again.state = entry->state;
	if (!same_addr(entry->client, p->flow.daddr) || entry->client_port != p->flow.dport) {
		__builtin_memcpy(again.nat_addr, p->flow.daddr, sizeof(again.nat_addr));
		again.nat_port = p->flow.dport;
		again.nat_family = p->family;
	}
	if (bpf_map_update_elem(&flows, &forth, &again, BPF_NOEXIST) == 0)
		did(LB_ACTIVITY_FLOW_OPENED);
	return 1;
}

/*
 * The row of a client's flow that goes on, though its way back was lost. 0: there is none; what is remembered of one that
 * does not go on is deleted, its way back only where the row is still the same backend's.
 */
__global int nat_resume(struct packet *p, struct service *service)
{
	struct backend *backend;
	struct flow_key back;
	struct nat *entry;
	struct flow *flow;
	__u32 row;

	if (!p || !service)
		return 0;
	flow = bpf_map_lookup_elem(&flows, &p->flow);
	if (!flow)
		return 0;
	row = flow->backend;
	if (goes_on(flow, p, service, bpf_ktime_get_coarse_ns()))
		return row;
	backend = bpf_map_lookup_elem(&backends, &row);
	if (backend && backend->birth == flow->birth) {
		key_back(&back, p, flow, backend);
		entry = bpf_map_lookup_elem(&nat, &back);
		if (entry && is_of(entry, &p->flow) && bpf_map_delete_elem(&nat, &back) == 0)
			did(LB_ACTIVITY_NAT_CLOSED);
	}
	if (bpf_map_delete_elem(&flows, &p->flow) == 0)
		did(LB_ACTIVITY_FLOW_CLOSED);
	return 0;
}

#endif
