/* SPDX-License-Identifier: MIT */
/*
 * The express lane: packets that need no decision. Whole, without options, TCP or UDP, of a service whose slots answer alone,
 * for a slot that no commit disturbed and a hop that is fresh; and packets that are for nobody here. It checks what the long
 * way checks, keeps everything in registers, touches nothing before it is sure, and leaves all else to the long way, which
 * then begins anew.
 */
#ifndef LB_EXPRESS_H
#define LB_EXPRESS_H

#include "lb_event.h"
#include "lb_forward.h"
#include "lb_match.h"
#include "lb_select.h"

/* What makes a service's packets take the long way. */
#define LB_SERVICE_LONG (LB_SERVICE_ALLOW | LB_SERVICE_REMEMBER | LB_SERVICE_BY_SOURCE | LB_SERVICE_PREV_TABLE)

#define LB_LONG_WAY (-1)

/* What the lane knows of a packet. */
struct passenger {
	__u64 src[2];		/* as keys hold addresses */
	__u64 dst[2];
	__u32 ports;		/* as on the wire */
	__u32 hash;		/* of the flow */
	__u32 length;		/* of the IP packet */
	__u8 proto;
	__u8 tos;
	bool opens;
	bool ipv6;
};

/* Whether the header of TCP or UDP, `header` bytes into the packet, is one that parse_tcp and parse_udp accept. */
static __always_inline bool board(struct passenger *p, const void *l4, const void *end, __u32 header)
{
	if (p->proto == PROTO_TCP && has(LB_FEATURE_TCP)) {
		const struct tcp_header *tcp = l4;
		__u32 own;

		if ((const void *)(tcp + 1) > end)
			return false;
		own = (tcp->offset >> 4) * 4;
		p->ports = *(const __u32 *)l4;
		p->opens = (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
		return own >= sizeof(*tcp) && header + own <= p->length;
	}
	if (p->proto == PROTO_UDP && has(LB_FEATURE_UDP)) {
		const struct udp_header *udp = l4;
		__u32 said;

		if ((const void *)(udp + 1) > end)
			return false;
		said = bpf_ntohs(udp->length);
		p->ports = *(const __u32 *)l4;
		p->opens = false;
		return said >= sizeof(*udp) && header + said <= p->length && udp->dport != bpf_htons(UDP_PORT_GENEVE);
	}
	return false;
}

static __always_inline bool board_ipv4(struct passenger *p, const struct ipv4_header *ip, const void *end)
{
	if ((const void *)(ip + 1) > end)
		return false;
	p->length = bpf_ntohs(ip->length);
	if (ip->version_length != 0x45 || (ip->fragment & bpf_htons(IPV4_FRAGMENT)) || ip->ttl <= 1 ||
	    p->length > (__u64)(end - (const void *)ip))
		return false;
	p->ipv6 = false;
	p->proto = ip->proto;
	p->tos = ip->tos;
	p->src[0] = p->dst[0] = 0;
	p->src[1] = join(bpf_htonl(0xffff), ip->src);
	p->dst[1] = join(bpf_htonl(0xffff), ip->dst);
	if (!board(p, ip + 1, end, sizeof(*ip)))
		return false;
	p->hash = hash_ipv4(ip->src, ip->dst, ports_word(p->ports, p->ports >> 16, p->proto));
	return true;
}

static __always_inline bool board_ipv6(struct passenger *p, const struct ipv6_header *ip, const void *end)
{
	if ((const void *)(ip + 1) > end)
		return false;
	p->length = bpf_ntohs(ip->payload) + sizeof(*ip);
	if ((ip->version_class_label & bpf_htonl(0xf0000000)) != bpf_htonl(0x60000000) || ip->hop_limit <= 1 || is_mapped_ipv4(ip->dst) ||
	    is_mapped_ipv4(ip->src) || p->length > (__u64)(end - (const void *)ip))
		return false;
	p->ipv6 = true;
	p->proto = ip->next;
	p->tos = bpf_ntohl(ip->version_class_label) >> 20;
	p->src[0] = join(ip->src[0], ip->src[1]);
	p->src[1] = join(ip->src[2], ip->src[3]);
	p->dst[0] = join(ip->dst[0], ip->dst[1]);
	p->dst[1] = join(ip->dst[2], ip->dst[3]);
	if (!board(p, ip + 1, end, sizeof(*ip)))
		return false;
	p->hash = hash_ipv6(ip->src, ip->dst, ports_word(p->ports, p->ports >> 16, p->proto), false);
	return true;
}

/* A packet that no service is for. */
static __always_inline int for_nobody(const struct passenger *p)
{
	if (unlikely(has_bit(address_bit(p->dst[0], p->dst[1]))))
		return LB_LONG_WAY;
	if (has(LB_FEATURE_SNAT | LB_FEATURE_DNAT | LB_FEATURE_DECAP) &&
	    unlikely(has_bit(LB_ADDRESS_BITS + address_bit(p->src[0], p->src[1]))))
		return LB_LONG_WAY;
	return XDP_PASS;
}

/* Puts the outer header in front; the frame's is still to come. 0, or a verdict with its reason. */
static __always_inline int wrap(struct xdp_md *ctx, const struct passenger *p, const struct hop *hop)
{
	__u32 growth = p->ipv6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
	struct eth_header *eth;
	void *outer;

	if (unlikely(p->length + growth > hop->mtu))
		return LB_LONG_WAY;
	if (unlikely(bpf_xdp_adjust_head(ctx, -(int)growth)))
		return drop(LB_DROP_NO_HEADROOM);
	eth = (void *)(long)ctx->data;
	outer = eth + 1;
	if (outer + growth > (void *)(long)ctx->data_end)
		return drop(LB_DROP_INTERNAL);
	copy_macs(eth, hop->macs);
	if (p->ipv6) {
		eth->type = bpf_htons(ETHERTYPE_IPV6);
		outer_ipv6(outer, p->tos, hop, hop->saddr, p->hash, p->length, PROTO_IPV6);
	} else {
		eth->type = bpf_htons(ETHERTYPE_IPV4);
		outer_ipv4(outer, p->tos, hop, hop->saddr[0], p->length, PROTO_IPV4);
	}
	return 0;
}

static __always_inline int ride(struct xdp_md *ctx, struct eth_header *eth, const struct passenger *p)
{
	void *configuration = live_configuration();
	struct service *service;
	struct slot *slot;
	struct hop *hop;
	__u32 row;
	int verdict;

	if (!configuration)
		return XDP_PASS;
	service = find_service(configuration, p->dst[0], p->dst[1], (__u32)p->proto << 16 | p->ports >> 16);
	if (!service)
		return for_nobody(p);
	if (unlikely((service->flags & LB_SERVICE_LONG) || !service->table_size || service->sources))
		return LB_LONG_WAY;
	slot = slot_at(service->arena, service->table_base + slot_of(p->hash, service->table_size));
	if (!slot || unlikely(slot->previous || !slot->current))
		return LB_LONG_WAY;
	row = slot->current;
	hop = bpf_map_lookup_elem(&hops, &row);
	if (!hop || unlikely(!is_fresh(hop, service, ctx->ingress_ifindex) || hop->tag || hop->family != (p->ipv6 ? 6 : 4)))
		return LB_LONG_WAY;
	if (unlikely(p->opens) && is_watched())
		return LB_LONG_WAY;
	if (service->mode == LB_MODE_DSR_IPIP && has(LB_FEATURE_DSR_IPIP)) {
		verdict = wrap(ctx, p, hop);
		if (unlikely(verdict))
			return verdict;
	} else if (service->mode == LB_MODE_DSR_L2 && has(LB_FEATURE_DSR_L2)) {
		if (unlikely(p->length > hop->mtu || !hop->on_link))
			return LB_LONG_WAY;
		copy_macs(eth, hop->macs);
	} else {
		return LB_LONG_WAY;
	}
	count_forwarded(row, p->length, p->opens);
	return send(ctx, hop);
}

/* With a stack of its own: the two families together would leave too little of it to what comes after. */
__global int express_ipv6(struct xdp_md *ctx)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct passenger p;

	if ((void *)(eth + 1) > end || !board_ipv6(&p, (void *)(eth + 1), end))
		return LB_LONG_WAY;
	return ride(ctx, eth, &p);
}

static __always_inline int express(struct xdp_md *ctx)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end;
	struct passenger p;

	if ((void *)(eth + 1) > end)
		return XDP_PASS;
	if (eth->type == bpf_htons(ETHERTYPE_IPV4) && has(LB_FEATURE_IPV4))
		return board_ipv4(&p, (void *)(eth + 1), end) ? ride(ctx, eth, &p) : LB_LONG_WAY;
	if (eth->type == bpf_htons(ETHERTYPE_IPV6) && has(LB_FEATURE_IPV6))
		return express_ipv6(ctx);
	return LB_LONG_WAY;
}

#endif
