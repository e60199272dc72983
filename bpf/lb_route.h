/* SPDX-License-Identifier: MIT */
/*
 * Where a backend is: the kernel's routes and neighbours, asked for every packet and never guessed. Of an address that
 * is this host's own, and of one without any route, the kernel says alike that it is not to be forwarded; either way
 * the packet goes up the stack, which takes it in or answers.
 */
#ifndef LB_ROUTE_H
#define LB_ROUTE_H

#include "lb_parse.h"

#define AF_INET 2
#define AF_INET6 10

/* Newer than the oldest kernel headers this builds with. */
#define LB_FIB_LOOKUP_SRC (1U << 4)

enum lb_route {
	LB_ROUTE_OUT,		/* fib has interface and MAC addresses */
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

/* `length`: of the packet that will leave, in bytes. */
static __always_inline enum lb_route route(struct xdp_md *ctx, struct bpf_fib_lookup *fib, const struct backend *backend,
					   __u32 length, __u32 flags, enum lb_drop *reason)
{
	long result;

	__builtin_memset(fib, 0, sizeof(*fib));
	if (length > 0xffff) {
		*reason = LB_DROP_TOO_BIG;
		return LB_ROUTE_NONE;
	}
	fib->ifindex = ctx->ingress_ifindex;
	fib->tot_len = length;
	if (backend->family == 4) {
		fib->family = AF_INET;
		fib->ipv4_dst = ((const __be32 *)backend->addr)[3];
	} else {
		fib->family = AF_INET6;
		copy_ipv6(fib->ipv6_dst, (const __be32 *)backend->addr);
	}
	result = bpf_fib_lookup(ctx, fib, sizeof(*fib), flags);
	if (likely(result == BPF_FIB_LKUP_RET_SUCCESS))
		return LB_ROUTE_OUT;
	if (result == BPF_FIB_LKUP_RET_NOT_FWDED)
		return LB_ROUTE_UP;
	*reason = reason_of(result);
	return LB_ROUTE_NONE;
}

static __always_inline int send(struct xdp_md *ctx, const struct bpf_fib_lookup *fib)
{
	if (fib->ifindex == ctx->ingress_ifindex)
		return XDP_TX;
	return bpf_redirect(fib->ifindex, 0);
}

#endif
