/* SPDX-License-Identifier: MIT */
/*
 * Where a backend is: the kernel's routes and neighbours, never guessed. The FIB's answer is kept per CPU for a few ticks
 * of the kernel's clock (25 ms to 250 ms, as CONFIG_HZ is 1000 to 100), since asking costs more than all the rest of a
 * packet. Of an address that is this host's own, and of one without any route, the kernel says alike that it is not to
 * be forwarded; either way the packet goes up the stack, which takes it in or answers.
 */
#ifndef LB_HOP_H
#define LB_HOP_H

#include "lb_count.h"
#include "lb_parse.h"

#define AF_INET 2
#define AF_INET6 10

/* Newer than the oldest kernel headers this builds with. */
#define LB_FIB_LOOKUP_SRC (1U << 4)

#define LB_HOP_TICKS 25

enum lb_route {
	LB_ROUTE_OUT,		/* there is an interface, and MAC addresses */
	LB_ROUTE_UP,		/* to be left to the stack */
	LB_ROUTE_NONE,		/* dropped for `reason` */
};

static __always_inline enum lb_drop reason_of(long result)
{
	switch (result) {
	case BPF_FIB_LKUP_RET_NO_NEIGH:
		return LB_DROP_NO_NEIGHBOUR;
	case BPF_FIB_LKUP_RET_FWD_DISABLED:
		return LB_DROP_FORWARDING_OFF;
	case BPF_FIB_LKUP_RET_FRAG_NEEDED:
		return LB_DROP_TOO_BIG;
	default:
		return result < 0 ? LB_DROP_INTERNAL : LB_DROP_NO_ROUTE;
	}
}

/* Programs whose packets leave from an address of this host. */
static __always_inline bool needs_source(void)
{
	return has(LB_FEATURE_DSR_IPIP | LB_FEATURE_DSR_GENEVE | LB_FEATURE_SNAT | LB_FEATURE_DNAT);
}

/* `addr`: mapped. Fills `fib`, with the route's MTU as `mtu_result`. */
static __always_inline long ask_fib(struct xdp_md *ctx, struct bpf_fib_lookup *fib, __u32 from, const void *addr, __u8 family)
{
	__builtin_memset(fib, 0, sizeof(*fib));
	fib->ifindex = from;
	/* Not 0: the answer has the MTU only of a packet that has a length. */
	fib->tot_len = 1;
	if (family == 4) {
		fib->family = AF_INET;
		fib->ipv4_dst = ((const __be32 *)addr)[3];
	} else {
		fib->family = AF_INET6;
		copy_ipv6(fib->ipv6_dst, addr);
	}
	return bpf_fib_lookup(ctx, fib, sizeof(*fib), needs_source() ? LB_FIB_LOOKUP_SRC : 0);
}

/* An interface with a tag sends through its parent. */
static __always_inline void resolve_vlan(struct hop *hop, __u32 ifindex)
{
	hop->ifindex = ifindex;
	hop->tag = 0;
	if (has(LB_FEATURE_VLAN)) {
		struct vlan_key key = { .ifindex = ifindex };
		struct vlan *vlan = bpf_map_lookup_elem(&vlans, &key);

		if (vlan) {
			hop->ifindex = vlan->ifindex;
			hop->tag = bpf_htons(vlan->vid);
		}
	}
}

/* Whether the FIB's answer is that `addr` is next to this host. The look-up leaves the next hop in place of the destination. */
static __always_inline bool is_on_link(const struct bpf_fib_lookup *fib, const void *addr, __u8 family)
{
	const __be32 *word = addr;

	if (family == 4)
		return fib->family == AF_INET && fib->ipv4_dst == word[3];
	return fib->ipv6_dst[0] == word[0] && fib->ipv6_dst[1] == word[1] && fib->ipv6_dst[2] == word[2] && fib->ipv6_dst[3] == word[3];
}

/* Fills a hop from the FIB's answer about `addr`. */
static __always_inline void fill_hop(struct hop *hop, const struct bpf_fib_lookup *fib, const void *addr, __u8 family)
{
	resolve_vlan(hop, fib->ifindex);
	hop->mtu = fib->mtu_result;
	hop->on_link = is_on_link(fib, addr, family);
	__builtin_memcpy(hop->macs, fib->dmac, 6);
	__builtin_memcpy(hop->macs + 6, fib->smac, 6);
	if (family == 4)
		hop->saddr[0] = fib->ipv4_src;
	else
		copy_ipv6(hop->saddr, fib->ipv6_src);
}

/* Asks the kernel anew about a row. */
__global int find_hop(struct xdp_md *ctx, struct hop *hop, __u32 row, __u32 from)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	struct bpf_fib_lookup fib;
	long result;

	if (!hop)
		return 0;
	hop->result = LB_ROUTE_NONE;
	hop->reason = LB_DROP_INTERNAL;
	if (!backend)
		return 0;
	hop->from = from;
	hop->at = bpf_jiffies64();
	hop->time = bpf_ktime_get_coarse_ns();
	hop->port = backend->port;
	hop->service = backend->service;
	hop->birth = backend->birth;
	hop->dead_from = backend->dead_from;
	hop->family = backend->family;
	if (backend->family == 4)
		hop->daddr[0] = ((const __be32 *)backend->addr)[3];
	else
		copy_ipv6(hop->daddr, (const __be32 *)backend->addr);
	did(LB_ACTIVITY_NEXT_HOP_FOUND);
	result = ask_fib(ctx, &fib, from, backend->addr, backend->family);
	if (likely(result == BPF_FIB_LKUP_RET_SUCCESS)) {
		hop->result = LB_ROUTE_OUT;
		fill_hop(hop, &fib, backend->addr, backend->family);
	} else if (result == BPF_FIB_LKUP_RET_NOT_FWDED) {
		hop->result = LB_ROUTE_UP;
	} else {
		hop->reason = reason_of(result);
	}
	return 0;
}

/* Whether a hop may be used as it is. One that is no way out has no serial, hence is never fresh. */
static __always_inline bool is_fresh(const struct hop *hop, const struct service *service, __u32 from)
{
	return hop->serial == service->serial && hop->from == from && (__u32)bpf_jiffies64() - hop->at < LB_HOP_TICKS;
}

/* The way to a row, for packets of this one's interface. Only a way out is kept. */
static __always_inline struct hop *next_hop(struct xdp_md *ctx, const struct packet *p, const struct service *service, __u32 row)
{
	struct hop *hop = bpf_map_lookup_elem(&hops, &row);

	if (!hop)
		return NULL;
	if (likely(is_fresh(hop, service, p->from)))
		return hop;
	find_hop(ctx, hop, row, p->from);
	hop->serial = hop->result == LB_ROUTE_OUT ? service->serial : 0;
	return hop;
}

#endif
