/* SPDX-License-Identifier: MIT */
/* New flows: a backend, and both entries. */
#ifndef LB_NAT_OPEN_H
#define LB_NAT_OPEN_H

#include "lb_event.h"
#include "lb_forward.h"
#include "lb_nat_claim.h"
#include "lb_select.h"

/* Makes both entries of a flow that `row` gets, and returns why that cannot be. */
__global int nat_bind(struct packet *p, struct service *service, struct hop *hop, __u32 row)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	__u64 now = bpf_ktime_get_coarse_ns();
	__u32 first = 0;
	struct nat_work *work = bpf_map_lookup_elem(&nat_works, &first);
	bool source;
	int result;

	if (!p || !service || !hop || !backend || !work || backend->family != p->family)
		return LB_DROP_INTERNAL;
	/* A backend that is its own client would answer itself. */
	source = service->mode == LB_MODE_SNAT || same_addr(backend->addr, p->flow.saddr);
	fill_nat(&work->entry, &p->flow, backend, row, now);
	work->entry.state = p->flow.proto == PROTO_TCP ? next_state(LB_FLOW_OPENING, p) : LB_FLOW_OPENING;
	if (p->flags & TCP_FIN)
		work->entry.fins = LB_SIDE_CLIENT;
	__builtin_memset(&work->back, 0, sizeof(work->back));
	__builtin_memcpy(work->back.saddr, backend->addr, sizeof(work->back.saddr));
	work->back.sport = backend->port ? backend->port : p->flow.dport;
	work->back.proto = p->flow.proto;
	result = claim(work, p, service, hop, source);
	if (result == LB_CLAIM_TAKEN)
		return source ? LB_DROP_NAT_EXHAUSTED : LB_DROP_NAT_CONFLICT;
	if (result != LB_CLAIMED)
		return LB_DROP_TABLE_FULL;
	__builtin_memset(&work->flow, 0, sizeof(work->flow));
	work->flow.seen = now;
	work->flow.backend = row;
	work->flow.birth = work->entry.birth;
	work->flow.state = work->entry.state;
	if (source) {
		__builtin_memcpy(work->flow.nat_addr, work->back.daddr, sizeof(work->flow.nat_addr));
		work->flow.nat_port = work->back.dport;
		work->flow.nat_family = p->family;
	}
	if (bpf_map_update_elem(&flows, &p->flow, &work->flow, BPF_ANY)) {
		if (bpf_map_delete_elem(&nat, &work->back) == 0)
			did(LB_ACTIVITY_NAT_CLOSED);
		return LB_DROP_TABLE_FULL;
	}
	did(LB_ACTIVITY_FLOW_OPENED);
	return LB_DROP_NONE;
}

/* Of dnat the kernel may find the next hop; a packet with a source of this host's own it would not take. */
static __always_inline bool finds_way(const struct service *service, const struct hop *hop)
{
	return hop->result == LB_ROUTE_OUT ||
	       (has(LB_FEATURE_DNAT) && service->mode == LB_MODE_DNAT && hop->result == LB_ROUTE_NONE && hop->reason == LB_DROP_NO_NEIGHBOUR);
}

enum lb_opening {
	LB_OPENED = -1,
	LB_RESUMED = -2,
};

/* Both entries for the flow of a packet that lacks one: enum lb_opening, or a verdict with its reason. */
__global int nat_open(struct xdp_md *ctx, struct packet *p, struct service *service)
{
	__u32 row, resumed;
	enum lb_drop reason;
	struct hop *hop;

	if (!p || !service)
		return drop(LB_DROP_INTERNAL);
	resumed = nat_resume(p, service);
	row = resumed ? resumed : pick_for_client(p, service, bpf_ktime_get_coarse_ns());
	if (row == 0)
		return without_backend(ctx, p, service);
	hop = next_hop(ctx, p, service, row);
	if (!hop)
		return drop(LB_DROP_INTERNAL);
	if (hop->result == LB_ROUTE_UP) {
		count_forwarded(row, p->length, p->opens);
		return XDP_PASS;
	}
	if (!finds_way(service, hop))
		return drop(hop->reason);
	reason = nat_bind(p, service, hop, row);
	if (reason)
		return drop(reason);
	if (resumed)
		return LB_RESUMED;
	event_opened(p, service, row);
	return LB_OPENED;
}

#endif
