/* SPDX-License-Identifier: MIT */
/*
 * Address translation, both ways. `snat` rewrites both ends: the backend sees a source of ours, so its answer comes here.
 * `dnat` rewrites the destination only, and lives from the backend's route to the client leading through here. Whatever
 * packet a flow is first seen by opens it.
 */
#ifndef LB_NAT_H
#define LB_NAT_H

#include "lb_answer.h"
#include "lb_flow.h"
#include "lb_frame.h"
#include "lb_fragment.h"
#include "lb_match.h"
#include "lb_nat_open.h"
#include "lb_nat_rewrite.h"
#include "lb_nat_state.h"
#include "lb_select.h"

static __always_inline bool translates(const struct service *service)
{
	return (has(LB_FEATURE_SNAT) && service->mode == LB_MODE_SNAT) || (has(LB_FEATURE_DNAT) && service->mode == LB_MODE_DNAT);
}

/* Whether any packet of this program may be a reply to translate. */
static __always_inline bool has_replies(void)
{
	return has(LB_FEATURE_SNAT | LB_FEATURE_DNAT | LB_FEATURE_DECAP);
}

/*
 * Whether a flow goes on, by what the hop knows of its row; whatever is rare is decided by nat_keep, which asks all
 * anew. The hop's time is old by no more than its life, which is much less than a second.
 */
static __always_inline bool holds(const struct flow *flow, const struct hop *hop, struct packet *p, struct service *service)
{
	if (likely(hop->birth == flow->birth && hop->service == service->id && hop->family == p->family &&
		   (hop->dead_from == 0 || service->serial < hop->dead_from) &&
		   is_settled(flow->seen, flow->state, p->flags, hop->time)))
		return true;
	return nat_keep(p, service);
}

/* A packet of a flow to its backend. */
static __always_inline int send_forth(struct xdp_md *ctx, struct packet *p, const struct service *service, const struct flow *flow,
				      const struct hop *hop)
{
	const void *saddr = flow->nat_family ? flow->nat_addr : p->flow.saddr;
	struct ends to = {
		.saddr4 = mapped_ipv4(saddr),
		.daddr4 = hop->daddr[0],
		.saddr6 = saddr,
		.daddr6 = hop->daddr,
		.sport = flow->nat_family ? flow->nat_port : p->flow.sport,
		.dport = hop->port ? hop->port : p->flow.dport,
	};

	if (unlikely(hop->family != p->family))
		return drop(LB_DROP_INTERNAL);
	if (unlikely(hop->result != LB_ROUTE_OUT)) {
		if (hop->result == LB_ROUTE_UP)
			return XDP_PASS;
		return finds_way(service, hop) ? pass_rewritten(ctx, p, &to) : drop(hop->reason);
	}
	if (unlikely(p->length > hop->mtu))
		return !flow->nat_family && may_be_cut(ctx, p) ? pass_rewritten(ctx, p, &to) : too_big(ctx, p, hop->mtu);
	return send_rewritten(ctx, p, hop, &to);
}

/*
 * A packet of a service that translates, to its backend. `opening`: 0, or what nat_open said of it. A verdict with its
 * reason, or -1 where its flow is to be opened.
 */
__global int nat_forward(struct xdp_md *ctx, struct packet *given, struct service *service, int opening)
{
	struct flow *flow;
	struct hop *hop;
	__u64 verdict;
	__u32 row;

	if (!given || !service)
		return drop(LB_DROP_INTERNAL);
	flow = bpf_map_lookup_elem(&flows, &given->flow);
	if (unlikely(!flow || (service->mode == LB_MODE_SNAT && !flow->nat_family)))
		return -1;
	row = flow->backend;
	hop = next_hop(ctx, given, service, row);
	if (unlikely(!hop))
		return drop(LB_DROP_INTERNAL);
	if (unlikely(!opening && !holds(flow, hop, given, service)))
		return -1;
	verdict = send_forth(ctx, given, service, flow, hop);
	if (likely(verdict <= XDP_REDIRECT && verdict != XDP_DROP))
		count_forwarded(row, given->length, opening == LB_OPENED);
	return verdict;
}

/* Likewise, of a packet that nat_forward had to leave. */
__global int nat_first(struct xdp_md *ctx, struct packet *given, struct service *service)
{
	int verdict;

	if (!given || !service)
		return drop(LB_DROP_INTERNAL);
	verdict = nat_open(ctx, given, service);
	if (verdict >= 0)
		return verdict;
	verdict = nat_forward(ctx, given, service, verdict);
	return verdict >= 0 ? verdict : drop(LB_DROP_TABLE_FULL);
}

static __always_inline int nat_balance(struct xdp_md *ctx, struct packet *p, struct service *service)
{
	int verdict = nat_forward(ctx, p, service, 0);

	return likely(verdict >= 0) ? verdict : nat_first(ctx, p, service);
}

/* Place of a client's way. */
static __always_inline __u32 way_index(const void *addr)
{
	const __u64 *word = addr;

	return address_bit(word[0], word[1]) & (LB_WAYS - 1);
}

/* Asks the kernel for the way to a client. 0: only the stack may know one. */
__global int nat_find_way(struct xdp_md *ctx, struct way *way, struct packet *p, struct nat *entry)
{
	struct bpf_fib_lookup fib;

	if (!way || !p || !entry)
		return 0;
	way->hop.serial = 0;
	did(LB_ACTIVITY_NEXT_HOP_FOUND);
	if (ask_fib(ctx, &fib, p->from, entry->client, p->family) != BPF_FIB_LKUP_RET_SUCCESS)
		return 0;
	__builtin_memcpy(way->addr, entry->client, sizeof(way->addr));
	fill_hop(&way->hop, &fib, entry->client, p->family);
	way->hop.from = p->from;
	way->hop.at = bpf_jiffies64();
	way->hop.serial = 1;
	return 1;
}

/* The way to a client, or NULL: only the stack may know one. */
static __always_inline struct hop *client_way(struct xdp_md *ctx, struct packet *p, struct nat *entry)
{
	__u32 index = way_index(entry->client);
	struct way *way = bpf_map_lookup_elem(&ways, &index);

	if (!way)
		return NULL;
	if (likely(way->hop.serial && same_addr(way->addr, entry->client) && way->hop.from == p->from &&
		   (__u32)bpf_jiffies64() - way->hop.at < LB_HOP_TICKS))
		return &way->hop;
	return nat_find_way(ctx, way, p, entry) ? &way->hop : NULL;
}

__global int nat_fragment(struct packet *p)
{
	return p && has(LB_FEATURE_FRAGMENTS) ? know_fragment(p) : LB_DROP_FRAGMENT;
}

/* A packet that may be a backend's reply: a verdict with its reason, or -1 where no flow of ours is known. */
__global int nat_reply(struct xdp_md *ctx, struct packet *given)
{
	struct nat *entry;
	struct hop *hop;

	if (!given)
		return -1;
	if (unlikely(given->part == LB_LATER_FRAGMENT))
		given->defect = nat_fragment(given);
	/* The VIP may be the source that packets to backends have, and answers are for none of its services. */
	if (unlikely(given->defect && given->defect != LB_DROP_UNKNOWN_PORT))
		return -1;
	entry = bpf_map_lookup_elem(&nat, &given->flow);
	if (!entry)
		return -1;
	if (unlikely(!is_settled(entry->seen, entry->state, given->flags, bpf_ktime_get_coarse_ns())) && !nat_keep_back(given))
		return -1;
	if (unlikely(given->ttl <= 1))
		return XDP_PASS;
	if (unlikely(given->part == LB_FIRST_FRAGMENT) && nat_fragment(given))
		return drop(LB_DROP_FRAGMENT);
	struct ends to = {
		.saddr4 = mapped_ipv4(entry->vip),
		.daddr4 = mapped_ipv4(entry->client),
		.saddr6 = entry->vip,
		.daddr6 = entry->client,
		.sport = entry->vip_port,
		.dport = entry->client_port,
	};

	hop = client_way(ctx, given, entry);
	if (unlikely(hop && given->length > hop->mtu)) {
		if (!may_be_cut(ctx, given))
			return too_big(ctx, given, hop->mtu);
		hop = NULL;
	}
	did(LB_ACTIVITY_NAT_REPLIED);
	return likely(hop) ? send_rewritten(ctx, given, hop, &to) : pass_rewritten(ctx, given, &to);
}

#endif
