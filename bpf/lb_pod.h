/* SPDX-License-Identifier: MIT */
/*
 * A pod has no VIP: what came by a tunnel for it is translated to its address and port, and its answers are translated back
 * by what is remembered here. They lead through this host, so a flow needs one entry of `nat`, as of dnat, and none of `flows`.
 */
#ifndef LB_POD_H
#define LB_POD_H

#include "lb_hop.h"
#include "lb_match.h"
#include "lb_nat_rewrite.h"
#include "lb_nat_state.h"

/* Of a tunnel's packet: Ethernet, a tag, an outer IPv6 header, a few extension headers and Geneve's. */
#define LB_MAX_TUNNEL 1024

enum lb_place {
	LB_PLACE_ELSEWHERE,
	LB_PLACE_HERE,		/* this host would take it in */
	LB_PLACE_ATTACHED,	/* next to this host, and not where the packet came from */
};

/*
 * Where the destination of a packet is: enum lb_place. A host that does not forward would drop what is not its own, so
 * there every packet counts as its own.
 */
__global int place_of(struct xdp_md *ctx, struct packet *p)
{
	struct bpf_fib_lookup fib;
	long result;

	if (!p)
		return LB_PLACE_ELSEWHERE;
	result = ask_fib(ctx, &fib, p->from, p->flow.daddr, p->family);
	if (result == BPF_FIB_LKUP_RET_NOT_FWDED || result == BPF_FIB_LKUP_RET_FWD_DISABLED)
		return LB_PLACE_HERE;
	/* The packet goes up the stack, which finds a neighbour that is not known yet. */
	if ((result != BPF_FIB_LKUP_RET_SUCCESS && result != BPF_FIB_LKUP_RET_NO_NEIGH) || fib.ifindex == p->from)
		return LB_PLACE_ELSEWHERE;
	return is_on_link(&fib, p->flow.daddr, p->family) ? LB_PLACE_ATTACHED : LB_PLACE_ELSEWHERE;
}

/* Row of the pod of a service that a tunnel's packet is for, or 0; `family`: of the inner packet, which is the pod's too. */
__global int pod_of(struct packet *outer, __u32 service, __u8 family)
{
	struct target_key key = { .service = service };
	struct backend *backend;
	__u32 *row;

	if (!outer)
		return 0;
	__builtin_memcpy(key.addr, outer->flow.daddr, sizeof(key.addr));
	row = bpf_map_lookup_elem(&targets, &key);
	backend = row ? bpf_map_lookup_elem(&backends, row) : NULL;
	return backend && backend->service == service && backend->family == family ? *row : 0;
}

/* Whether the flow of an entry has ended, for another to take its place. */
static __always_inline bool has_ended(const struct nat *entry, __u8 proto, __u64 now)
{
	__u32 row = entry->backend;
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);

	return is_over(entry->seen, proto, entry->state, now) || !backend || backend->birth != entry->birth;
}

/* Remembers what a pod's answers to this packet are translated by, and returns why that cannot be: enum lb_drop. */
__global int know_answers(struct packet *p, __u32 row)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	__u64 now = bpf_ktime_get_coarse_ns();
	struct flow_key back = {};
	__u32 first = 0;
	struct nat_work *work = bpf_map_lookup_elem(&nat_works, &first);
	struct nat *known, *fresh;

	if (!p || !backend || !work)
		return LB_DROP_INTERNAL;
	fresh = &work->entry;
	__builtin_memcpy(back.saddr, backend->addr, sizeof(back.saddr));
	__builtin_memcpy(back.daddr, p->flow.saddr, sizeof(back.daddr));
	back.sport = backend->port ? backend->port : p->flow.dport;
	back.dport = p->flow.sport;
	back.proto = p->flow.proto;
	known = bpf_map_lookup_elem(&nat, &back);
	if (known && !has_ended(known, back.proto, now)) {
		if (!is_of(known, &p->flow))
			return LB_DROP_NAT_CONFLICT;
		if (likely(known->backend == row && known->birth == backend->birth && known->received)) {
			if (!is_settled(known->seen, known->state, p->flags, now)) {
				advance(known, p, LB_SIDE_CLIENT);
				known->seen = now;
			}
			return LB_DROP_NONE;
		}
	}
	fill_nat(fresh, &p->flow, backend, row, now);
	fresh->received = 1;
	fresh->state = p->flow.proto == PROTO_TCP ? next_state(LB_FLOW_OPENING, p) : LB_FLOW_OPENING;
	if (p->flags & TCP_FIN)
		fresh->fins = LB_SIDE_CLIENT;
	if (bpf_map_update_elem(&nat, &back, fresh, BPF_ANY))
		return LB_DROP_TABLE_FULL;
	did(LB_ACTIVITY_NAT_OPENED);
	return LB_DROP_NONE;
}

/*
 * Gives a packet at an offset of the frame a pod's address and port instead of the VIP's. The kernel, which routes it,
 * counts its TTL down.
 */
__global int readdress(struct xdp_md *ctx, struct packet *p, __u64 at, __u32 row)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	void *l3, *end = (void *)(long)ctx->data_end;
	struct ends to = {};
	__u64 change, l4;

	if (!p || !backend || at > LB_MAX_TUNNEL)
		return false;
	l3 = (void *)(long)ctx->data + at;
	if (has(LB_FEATURE_IPV4) && p->family == 4) {
		struct ipv4_header *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		change = set32(&ip->dst, mapped_ipv4(backend->addr));
		ip->check = changed(ip->check, change);
	} else {
		struct ipv6_header *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		change = set_ipv6(ip->dst, (const __be32 *)backend->addr);
	}
	if (p->part == LB_LATER_FRAGMENT)
		return true;
	l4 = p->l4;
	to.sport = p->flow.sport;
	to.dport = backend->port ? backend->port : p->flow.dport;
	return l4 <= LB_MAX_L4 && rewrite_transport(l3 + l4, end, p->flow.proto, &to, change);
}

#endif
