/* SPDX-License-Identifier: MIT */
/*
 * On a backend's host: a tunnel's packet whose inner destination is a service of the mode that makes such tunnels loses its
 * outer headers and goes up the stack. For this host it stays as it is, and the VIP is on the loopback; for a pod of this
 * host it is translated. It is not balanced again. Any other tunnel is not ours.
 */
#ifndef LB_DECAP_H
#define LB_DECAP_H

#include "lb_count.h"
#include "lb_fragment.h"
#include "lb_match.h"
#include "lb_pod.h"

/* Of an outer packet: an IPv6 header and a few extension headers. */
#define LB_MAX_HEADERS 512

#define ECN_MASK 3
#define ECN_CONGESTED 3

static __always_inline bool is_geneve(const struct packet *p)
{
	return p->flow.proto == PROTO_UDP && p->flow.dport == bpf_htons(UDP_PORT_GENEVE);
}

static __always_inline bool is_tunnel(const struct packet *p)
{
	if (p->part != LB_WHOLE)
		return false;
	if (p->defect == LB_DROP_UNKNOWN_PORT && has(LB_FEATURE_DSR_IPIP))
		return p->flow.proto == PROTO_IPV4 || p->flow.proto == PROTO_IPV6;
	return p->defect == LB_DROP_NONE && has(LB_FEATURE_DSR_GENEVE) && is_geneve(p);
}

/* What a tunnel's headers say. */
struct tunnel {
	__u32 length;		/* of the outer headers without the frame's; 0: not ours */
	__be16 type;		/* of the inner packet */
	__u8 mode;		/* enum lb_mode that makes it */
};

/* As `dsr geneve` makes them: of network 0, with nothing that must be understood. Other options do not matter. */
static __always_inline struct tunnel read_geneve(struct xdp_md *ctx, const struct packet *p)
{
	void *end = (void *)(long)ctx->data_end;
	__u64 at = p->offset + p->l4 + sizeof(struct udp_header);
	struct tunnel none = {}, tunnel = { .mode = LB_MODE_DSR_GENEVE };
	struct geneve_header *geneve;

	if (at > LB_MAX_HEADERS + LB_MAX_OFFSET + sizeof(struct udp_header))
		return none;
	geneve = (void *)(long)ctx->data + at;
	if ((void *)(geneve + 1) > end || geneve->version_options & ~GENEVE_OPTIONS || geneve->flags & (GENEVE_CONTROL | GENEVE_CRITICAL) ||
	    geneve->vni & bpf_htonl(0xffffff00))
		return none;
	tunnel.type = geneve->type;
	tunnel.length = p->l4 + sizeof(struct udp_header) + sizeof(*geneve) + (geneve->version_options & GENEVE_OPTIONS) * 4;
	return tunnel;
}

static __always_inline struct tunnel read_tunnel(struct xdp_md *ctx, const struct packet *p)
{
	struct tunnel tunnel = { .length = p->l4, .mode = LB_MODE_DSR_IPIP };

	if (has(LB_FEATURE_DSR_GENEVE) && p->flow.proto == PROTO_UDP)
		return read_geneve(ctx, p);
	tunnel.type = p->flow.proto == PROTO_IPV4 ? bpf_htons(ETHERTYPE_IPV4) : bpf_htons(ETHERTYPE_IPV6);
	return tunnel;
}

/* Carries a congestion mark over to the inner header at `l3` (RFC 6040, 4.2). False: the inner packet cannot bear one, and
 * must be dropped. */
static __always_inline bool carry_congestion(__u8 outer_tos, const struct packet *inner, void *l3, void *end)
{
	if (likely((outer_tos & ECN_MASK) != ECN_CONGESTED || (inner->tos & ECN_MASK) == ECN_CONGESTED))
		return true;
	if ((inner->tos & ECN_MASK) == 0)
		return false;
	if (inner->family == 4) {
		struct ipv4_header *ip = l3;
		__u32 check;

		if ((void *)(ip + 1) > end)
			return false;
		/* RFC 1624: the first word grows by what the mark adds to it. */
		check = ip->check + bpf_htons((__u16)~(ECN_CONGESTED - (inner->tos & ECN_MASK)));
		ip->check = (check & 0xffff) + (check >> 16);
		ip->tos |= ECN_CONGESTED;
	} else {
		struct ipv6_header *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		ip->version_class_label |= bpf_htonl(ECN_CONGESTED << 20);
	}
	return true;
}

/* Cuts `length` bytes of headers out behind the frame's, tag included, which then names `type`. */
static __always_inline bool unwrap(struct xdp_md *ctx, bool tagged, __u64 length, __be16 type)
{
	struct eth_header *eth = (void *)(long)ctx->data, *moved;
	struct vlan_header *tag, *moved_tag;

	/* The new frame header is all behind the old one. */
	if (length < sizeof(struct ipv4_header) || length > LB_MAX_TUNNEL)
		return false;
	moved = (void *)eth + length;
	tag = (void *)(eth + 1);
	moved_tag = (void *)(moved + 1);
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end || (void *)(moved_tag + 1) > (void *)(long)ctx->data_end)
		return false;
	copy_macs(moved, eth);
	if (tagged) {
		moved->type = eth->type;
		moved_tag->tci = tag->tci;
		moved_tag->type = type;
	} else {
		moved->type = type;
	}
	return bpf_xdp_adjust_head(ctx, length) == 0;
}

/* The fragment's ports, and why it has none: enum lb_drop. */
static __always_inline int know_inner_fragment(struct packet *inner)
{
	return has(LB_FEATURE_FRAGMENTS) ? know_fragment(inner) : LB_DROP_FRAGMENT;
}

/* Parses what is in a tunnel. Answers its offset in the frame, or 0: not ours. */
static __always_inline __u64 open_tunnel(struct xdp_md *ctx, const struct packet *outer, struct tunnel *tunnel, struct packet *inner)
{
	__u64 at;

	if (outer->offset < sizeof(struct eth_header) || outer->offset > LB_MAX_OFFSET || outer->l4 < sizeof(struct ipv4_header) ||
	    outer->l4 > LB_MAX_HEADERS)
		return 0;
	*tunnel = read_tunnel(ctx, outer);
	at = outer->offset + tunnel->length;
	if (tunnel->length == 0 || at > LB_MAX_TUNNEL)
		return 0;
	inner->l3 = (void *)(long)ctx->data + at;
	inner->end = (void *)(long)ctx->data_end;
	return parse(inner, tunnel->type) && tunnel->length + inner->length <= outer->length ? at : 0;
}

/* Verdict with its reason, or -1 where the packet is not ours to decapsulate. */
__global int decapsulate(struct xdp_md *ctx, struct packet *outer)
{
	void *configuration = live_configuration(), *l3;
	struct service *service = NULL;
	struct packet inner;
	struct tunnel tunnel;
	__u32 row = 0;
	int reason;
	__u64 at;

	if (!outer || !configuration)
		return -1;
	at = open_tunnel(ctx, outer, &tunnel, &inner);
	if (at == 0)
		return -1;
	if (unlikely(inner.part == LB_LATER_FRAGMENT) && inner.defect == LB_DROP_FRAGMENT)
		inner.defect = know_inner_fragment(&inner);
	if (likely(inner.defect == LB_DROP_NONE)) {
		service = service_of(configuration, &inner);
		if (!service || service->mode != tunnel.mode)
			return -1;
	} else if (inner.defect != LB_DROP_FRAGMENT || !wildcard_of(configuration, &inner)) {
		return -1;
	}
	switch (place_of(ctx, outer)) {
	case LB_PLACE_HERE:
		break;
	case LB_PLACE_ATTACHED:
		if (!service && may_be_backend(outer->flow.daddr))
			break;
		row = service ? pod_of(outer, service->id, inner.family) : 0;
		if (row == 0)
			return -1;
		break;
	default:
		return -1;
	}
	if (unlikely(!service))
		return drop(LB_DROP_FRAGMENT);
	if (unlikely(inner.part == LB_FIRST_FRAGMENT)) {
		reason = know_inner_fragment(&inner);
		if (reason)
			return drop(reason);
	}
	if (row) {
		reason = know_answers(&inner, row);
		if (reason)
			return drop(reason);
	}
	l3 = (void *)(long)ctx->data + at;
	if (unlikely(!carry_congestion(outer->tos, &inner, l3, (void *)(long)ctx->data_end)))
		return drop(LB_DROP_MALFORMED);
	if (row && !readdress(ctx, &inner, at, row))
		return drop(LB_DROP_INTERNAL);
	if (!unwrap(ctx, outer->offset > sizeof(struct eth_header), tunnel.length, tunnel.type))
		return drop(LB_DROP_INTERNAL);
	did(LB_ACTIVITY_DECAPSULATED);
	if (row) {
		did(LB_ACTIVITY_TRANSLATED);
		count_forwarded(row, inner.length, inner.opens);
	} else {
		add(&service_counters, service->id, inner.length, inner.opens);
	}
	return XDP_PASS;
}

#endif
