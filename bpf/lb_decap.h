/* SPDX-License-Identifier: MIT */
/*
 * On a backend's host: an IP-in-IP packet for this host whose inner destination is a `dsr ipip` service loses its outer
 * header and goes up the stack, where the VIP is on the loopback. It is not balanced again. Any other tunnel is not ours.
 */
#ifndef LB_DECAP_H
#define LB_DECAP_H

#include "lb_count.h"
#include "lb_match.h"
#include "lb_hop.h"

/* Of an outer packet: an IPv6 header and a few extension headers. */
#define LB_MAX_HEADERS 512

#define ECN_MASK 3
#define ECN_CONGESTED 3

static __always_inline bool is_tunnel(const struct packet *p)
{
	return p->defect == LB_DROP_UNKNOWN_PORT && p->part == LB_WHOLE && (p->flow.proto == PROTO_IPV4 || p->flow.proto == PROTO_IPV6);
}

/* Whether the kernel would take the packet in rather than send it on. A host that does not forward would
 * drop what is not its own, so there every packet counts as its own. */
static __always_inline bool for_this_host(struct xdp_md *ctx, const struct packet *p)
{
	struct bpf_fib_lookup fib;
	long result;

	result = ask_fib(ctx, &fib, p->from, p->flow.daddr, p->family);
	return result == BPF_FIB_LKUP_RET_NOT_FWDED || result == BPF_FIB_LKUP_RET_FWD_DISABLED;
}

/* Carries a congestion mark over to the inner header (RFC 6040, 4.2). False: the inner packet cannot bear
 * one, and must be dropped. */
static __always_inline bool carry_congestion(const struct packet *outer, const struct packet *inner)
{
	if (likely((outer->tos & ECN_MASK) != ECN_CONGESTED || (inner->tos & ECN_MASK) == ECN_CONGESTED))
		return true;
	if ((inner->tos & ECN_MASK) == 0)
		return false;
	if (inner->family == 4) {
		struct ipv4_header *ip = inner->l3;
		__u32 check = ip->check;

		/* RFC 1624: the first word grows by what the mark adds to it. */
		check += bpf_htons((__u16)~(ECN_CONGESTED - (inner->tos & ECN_MASK)));
		ip->check = (check & 0xffff) + (check >> 16);
		ip->tos |= ECN_CONGESTED;
	} else {
		struct ipv6_header *ip = inner->l3;

		ip->version_class_label |= bpf_htonl(ECN_CONGESTED << 20);
	}
	return true;
}

/* Verdict with its reason, or -1 where the packet is not ours to decapsulate. */
__global int decapsulate(struct xdp_md *ctx, struct packet *given)
{
	void *configuration = live_configuration();
	struct packet copy, inner = {}, *outer = &copy;
	struct eth_header *eth = (void *)(long)ctx->data, *moved;
	struct service *service;
	__be16 type;
	__u64 cut;

	if (!given || !configuration)
		return -1;
	copy = *given;
	if (!reopen(ctx, outer) || outer->l4 < sizeof(struct ipv4_header) || outer->l4 > LB_MAX_HEADERS)
		return -1;
	type = outer->flow.proto == PROTO_IPV4 ? bpf_htons(ETHERTYPE_IPV4) : bpf_htons(ETHERTYPE_IPV6);
	/* The new frame header stands right before the inner packet; kept whole, since no offset may be negative. */
	cut = outer->offset + outer->l4 - sizeof(*moved);
	asm volatile("" : "+r"(cut));
	if (cut > LB_MAX_HEADERS + LB_MAX_OFFSET)
		return -1;
	moved = (void *)(long)ctx->data + cut;
	inner.l3 = moved + 1;
	inner.end = outer->end;
	if (!parse(&inner, type) || inner.defect)
		return -1;
	service = service_of(configuration, &inner);
	if (!service || service->mode != LB_MODE_DSR_IPIP || !for_this_host(ctx, outer))
		return -1;
	if (!carry_congestion(outer, &inner))
		return drop(LB_DROP_MALFORMED);
	if ((void *)(eth + 1) > inner.end || (void *)(moved + 1) > inner.end)
		return drop(LB_DROP_INTERNAL);
	__builtin_memmove(moved->dst, eth->dst, sizeof(eth->dst));
	__builtin_memmove(moved->src, eth->src, sizeof(eth->src));
	moved->type = type;
	if (bpf_xdp_adjust_head(ctx, cut))
		return drop(LB_DROP_INTERNAL);
	did(LB_ACTIVITY_DECAPSULATED);
	add(&service_counters, service->id, inner.length, inner.opens);
	return XDP_PASS;
}

#endif
