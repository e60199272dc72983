/* SPDX-License-Identifier: MIT */
/*
 * Sending a packet to its backend. The client's packet is never changed: `dsr l2` rewrites the frame's addresses,
 * `dsr ipip` puts a header in front (RFC 2003, 2473), and neither takes from its TTL. A backend that is this host
 * gets the packet up the stack as it is.
 */
#ifndef LB_FORWARD_H
#define LB_FORWARD_H

#include "lb_checksum.h"
#include "lb_count.h"
#include "lb_hash.h"
#include "lb_route.h"

#define LB_OUTER_TTL 64

static __always_inline void write_macs(struct eth_header *eth, const struct bpf_fib_lookup *fib)
{
	__builtin_memcpy(eth->dst, fib->dmac, sizeof(eth->dst));
	__builtin_memcpy(eth->src, fib->smac, sizeof(eth->src));
}

/* Whether the next hop is the backend itself: a router would send a packet for the VIP back to us. */
static __always_inline bool on_link(const struct bpf_fib_lookup *fib, const struct backend *backend)
{
	const __be32 *addr = (const __be32 *)backend->addr;

	if (backend->family == 4)
		return fib->family == AF_INET && fib->ipv4_dst == addr[3];
	return fib->ipv6_dst[0] == addr[0] && fib->ipv6_dst[1] == addr[1] && fib->ipv6_dst[2] == addr[2] &&
	       fib->ipv6_dst[3] == addr[3];
}

static __always_inline int forward_l2(struct xdp_md *ctx, const struct packet *p, const struct backend *backend)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	struct bpf_fib_lookup fib;
	enum lb_drop reason = LB_DROP_INTERNAL;
	enum lb_route to = route(ctx, &fib, backend, p->length, 0, &reason);

	if (to == LB_ROUTE_UP)
		return XDP_PASS;
	/* A backend's host that runs the same script: what reaches a host that does not forward is meant for it. */
	if (to == LB_ROUTE_NONE && reason == LB_DROP_FORWARDING_OFF)
		return XDP_PASS;
	if (to == LB_ROUTE_NONE)
		return drop(reason);
	if (!on_link(&fib, backend))
		return drop(LB_DROP_NOT_ON_LINK);
	if ((void *)(eth + 1) > p->end)
		return drop(LB_DROP_INTERNAL);
	write_macs(eth, &fib);
	return send(ctx, &fib);
}

static __always_inline int encapsulate_ipv4(struct xdp_md *ctx, const struct packet *p, const struct bpf_fib_lookup *fib)
{
	struct eth_header *eth;
	struct ipv4_header *ip;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
		return drop(LB_DROP_NO_HEADROOM);
	eth = (void *)(long)ctx->data;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return drop(LB_DROP_INTERNAL);
	write_macs(eth, fib);
	eth->type = bpf_htons(ETHERTYPE_IPV4);
	ip->version_length = 0x45;
	ip->tos = p->tos;
	ip->length = bpf_htons(p->length + sizeof(*ip));
	/* Whole and not to be fragmented, so the identification means nothing (RFC 6864). */
	ip->id = 0;
	ip->fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	ip->ttl = LB_OUTER_TTL;
	ip->proto = p->family == 4 ? PROTO_IPV4 : PROTO_IPV6;
	ip->src = fib->ipv4_src;
	ip->dst = fib->ipv4_dst;
	ip->check = 0;
	ip->check = ipv4_checksum(ip);
	return send(ctx, fib);
}

static __always_inline int encapsulate_ipv6(struct xdp_md *ctx, const struct packet *p, const struct bpf_fib_lookup *fib,
					    __u32 label)
{
	struct eth_header *eth;
	struct ipv6_header *ip;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
		return drop(LB_DROP_NO_HEADROOM);
	eth = (void *)(long)ctx->data;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return drop(LB_DROP_INTERNAL);
	write_macs(eth, fib);
	eth->type = bpf_htons(ETHERTYPE_IPV6);
	/* The flow label tells flows apart for routers on the way (RFC 6438). */
	ip->version_class_label = bpf_htonl(6u << 28 | (__u32)p->tos << 20 | (label & 0xfffff));
	ip->payload = bpf_htons(p->length);
	ip->next = p->family == 4 ? PROTO_IPV4 : PROTO_IPV6;
	ip->hop_limit = LB_OUTER_TTL;
	copy_ipv6(ip->src, fib->ipv6_src);
	copy_ipv6(ip->dst, fib->ipv6_dst);
	return send(ctx, fib);
}

static __always_inline int forward_ipip(struct xdp_md *ctx, const struct packet *p, const struct backend *backend)
{
	bool outer_ipv6 = backend->family == 6;
	__u32 growth = outer_ipv6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
	__u32 label = outer_ipv6 ? flow_hash(p, false) : 0;
	struct bpf_fib_lookup fib;
	enum lb_drop reason = LB_DROP_INTERNAL;
	enum lb_route to = route(ctx, &fib, backend, p->length + growth, LB_FIB_LOOKUP_SRC, &reason);

	if (to == LB_ROUTE_UP)
		return XDP_PASS;
	if (to == LB_ROUTE_NONE)
		return drop(reason);
	/* The look-up leaves the next hop in place of the destination. */
	if (outer_ipv6) {
		copy_ipv6(fib.ipv6_dst, (const __be32 *)backend->addr);
		return encapsulate_ipv6(ctx, p, &fib, label);
	}
	fib.ipv4_dst = ((const __be32 *)backend->addr)[3];
	return encapsulate_ipv4(ctx, p, &fib);
}

static __always_inline int forward(struct xdp_md *ctx, const struct packet *p, const struct service *service,
				   const struct backend *backend)
{
	if (has(LB_FEATURE_DSR_L2) && service->mode == LB_MODE_DSR_L2)
		return forward_l2(ctx, p, backend);
	if (has(LB_FEATURE_DSR_IPIP) && service->mode == LB_MODE_DSR_IPIP)
		return forward_ipip(ctx, p, backend);
	return drop(LB_DROP_INTERNAL);
}

#endif
