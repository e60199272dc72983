/* SPDX-License-Identifier: MIT */
/*
 * The express lane: IPv4 packets that need no decision. Whole, without options, TCP or UDP, of a service whose slots answer
 * alone, for a slot that no commit disturbed and a hop that is fresh; and packets that are for nobody here. It checks what the
 * long way checks, keeps everything in registers, touches nothing before it is sure, and leaves all else to the long way,
 * which then begins anew.
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

/* Whether the header of TCP or UDP is one that parse_tcp and parse_udp accept. */
static __always_inline bool is_plain_transport(const void *l4, const void *end, __u8 proto, __u32 length, bool *opens)
{
	if (proto == PROTO_TCP && has(LB_FEATURE_TCP)) {
		const struct tcp_header *tcp = l4;
		__u32 header;

		if ((const void *)(tcp + 1) > end)
			return false;
		header = (tcp->offset >> 4) * 4;
		*opens = (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
		return header >= sizeof(*tcp) && sizeof(struct ipv4_header) + header <= length;
	}
	if (proto == PROTO_UDP && has(LB_FEATURE_UDP)) {
		const struct udp_header *udp = l4;
		__u32 said;

		if ((const void *)(udp + 1) > end)
			return false;
		said = bpf_ntohs(udp->length);
		*opens = false;
		return said >= sizeof(*udp) && sizeof(struct ipv4_header) + said <= length && udp->dport != bpf_htons(UDP_PORT_GENEVE);
	}
	return false;
}

/* A packet that no service is for. */
static __always_inline int for_nobody(__be32 src, __be32 dst)
{
	__u64 prefix = bpf_htonl(0xffff);

	if (unlikely(has_bit(address_bit(0, prefix | (__u64)dst << 32))))
		return LB_LONG_WAY;
	if (has(LB_FEATURE_SNAT | LB_FEATURE_DNAT | LB_FEATURE_DECAP) &&
	    unlikely(has_bit(LB_ADDRESS_BITS + address_bit(0, prefix | (__u64)src << 32))))
		return LB_LONG_WAY;
	return XDP_PASS;
}

static __always_inline int express(struct xdp_md *ctx)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	void *end = (void *)(long)ctx->data_end, *configuration, *outer;
	struct ipv4_header *ip = (void *)(eth + 1);
	struct service *service;
	__u32 length, growth, row, hash;
	struct slot *slot;
	struct hop *hop;
	__be32 src, dst;
	bool opens = false;
	__u8 proto, tos;
	__u64 ports;

	if (!has(LB_FEATURE_IPV4) || (void *)(ip + 1) > end || eth->type != bpf_htons(ETHERTYPE_IPV4))
		return LB_LONG_WAY;
	length = bpf_ntohs(ip->length);
	if (ip->version_length != 0x45 || (ip->fragment & bpf_htons(IPV4_FRAGMENT)) || ip->ttl <= 1 || length > (__u64)(end - (void *)ip))
		return LB_LONG_WAY;
	proto = ip->proto;
	tos = ip->tos;
	src = ip->src;
	dst = ip->dst;
	if (!is_plain_transport(ip + 1, end, proto, length, &opens))
		return LB_LONG_WAY;
	ports = *(const __u32 *)(ip + 1);
	configuration = live_configuration();
	if (!configuration)
		return XDP_PASS;
	service = find_service(configuration, 0, (__u64)dst << 32 | bpf_htonl(0xffff), (__u32)proto << 16 | (__u32)ports >> 16);
	if (!service)
		return for_nobody(src, dst);
	if (unlikely((service->flags & LB_SERVICE_LONG) || !service->table_size || service->sources))
		return LB_LONG_WAY;
	hash = hash_ipv4(src, dst, ports_word(ports, ports >> 16, proto));
	slot = slot_at(service->arena, service->table_base + slot_of(hash, service->table_size));
	if (!slot || unlikely(slot->previous || !slot->current))
		return LB_LONG_WAY;
	row = slot->current;
	hop = bpf_map_lookup_elem(&hops, &row);
	if (!hop || unlikely(!is_fresh(hop, service, ctx->ingress_ifindex) || hop->tag || hop->family != 4))
		return LB_LONG_WAY;
	if (unlikely(opens) && is_watched())
		return LB_LONG_WAY;
	if (service->mode == LB_MODE_DSR_IPIP && has(LB_FEATURE_DSR_IPIP)) {
		growth = sizeof(struct ipv4_header);
		if (unlikely(length + growth > hop->mtu))
			return LB_LONG_WAY;
		if (unlikely(bpf_xdp_adjust_head(ctx, -(int)growth)))
			return drop(LB_DROP_NO_HEADROOM);
		eth = (void *)(long)ctx->data;
		outer = eth + 1;
		if (outer + sizeof(struct ipv4_header) > (void *)(long)ctx->data_end)
			return drop(LB_DROP_INTERNAL);
		eth->type = bpf_htons(ETHERTYPE_IPV4);
		outer_ipv4(outer, tos, hop, hop->saddr[0], length, PROTO_IPV4);
	} else if (service->mode == LB_MODE_DSR_L2 && has(LB_FEATURE_DSR_L2)) {
		if (unlikely(length > hop->mtu || !hop->on_link))
			return LB_LONG_WAY;
	} else {
		return LB_LONG_WAY;
	}
	copy_macs(eth, hop->macs);
	count_forwarded(row, length, opens);
	return send(ctx, hop);
}

#endif
