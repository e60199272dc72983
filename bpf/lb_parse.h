/* SPDX-License-Identifier: MIT */
/*
 * From bytes to a packet, its flow and the key of its service. Parsing never decides: a packet that cannot be balanced keeps its
 * `defect`, and matters only when its destination turns out to be a VIP.
 */
#ifndef LB_PARSE_H
#define LB_PARSE_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "lb_features.h"
#include "lb_maps.h"
#include "lb_wire.h"

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* IPv6 extension headers walked before giving up. */
#define LB_EXTENSION_HEADERS 4

enum lb_part {
	LB_WHOLE,
	LB_FIRST_FRAGMENT,
	LB_LATER_FRAGMENT,	/* has no ports, until `fragments` tells them */
};

/*
 * A packet, and where it stands in its frame. A function that is verified alone gets it as plain numbers: it takes the
 * pointers anew with `reopen`.
 */
struct packet {
	struct flow_key flow;	/* ports 0 where there are none */
	void *l3;
	void *end;
	__u32 length;		/* of the IP packet, in bytes, without padding of the frame */
	__u32 l4;		/* offset of the transport header from l3 */
	__u32 from;		/* interface it came in by: the VLAN's where it is tagged */
	__u32 fragment_id;	/* as on the wire */
	enum lb_drop defect;	/* why it cannot be balanced */
	__u8 family;		/* 4 or 6 */
	__u8 ttl;
	__u8 tos;		/* or traffic class */
	__u8 offset;		/* of l3 in the frame */
	__u8 part;		/* enum lb_part */
	__u8 flags;		/* of TCP */
	bool opens;		/* a TCP SYN */
	__u8 fragment_proto;	/* that all fragments of its datagram have */
};

/* Headers that the offset of l3 may span: Ethernet and one VLAN tag; of what is only looked at, two tags. */
#define LB_MAX_OFFSET 18
#define LB_MAX_LOOKED_AT 22

/* A packet with fresh pointers, from one that is plain numbers. False: it is not in the frame any more. */
static __always_inline bool reopen(struct xdp_md *ctx, struct packet *p)
{
	void *data = (void *)(long)ctx->data;

	if (p->offset < sizeof(struct eth_header) || p->offset > LB_MAX_OFFSET)
		return false;
	p->l3 = data + p->offset;
	p->end = (void *)(long)ctx->data_end;
	return true;
}

static __always_inline bool is_icmp(const struct packet *p)
{
	return p->flow.proto == (p->family == 4 ? PROTO_ICMP : PROTO_ICMPV6);
}

/* Keys are written by words of 8 bytes, as they are compared: what was stored in parts stalls the load of the whole. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "objects are built for little-endian machines");

static __always_inline __u64 join(__u32 first, __u32 second)
{
	return (__u64)second << 32 | first;
}

/* `to` is aligned to 8 bytes. */
static __always_inline void map_ipv4(void *to, __be32 addr)
{
	__u64 *word = to;

	word[0] = 0;
	word[1] = join(bpf_htonl(0xffff), addr);
}

static __always_inline void map_ipv6(void *to, const __be32 *addr)
{
	__u64 *word = to;

	word[0] = join(addr[0], addr[1]);
	word[1] = join(addr[2], addr[3]);
}

static __always_inline void copy_ipv6(void *to, const __be32 *addr)
{
	__u32 *word = to;

	word[0] = addr[0];
	word[1] = addr[1];
	word[2] = addr[2];
	word[3] = addr[3];
}

/* Keys hold IPv4 in this form, so an IPv6 packet for such an address must not become one for an IPv4 VIP, nor one from there
 * be taken for an IPv4 client's. No host has one on a wire. */
static __always_inline bool is_mapped_ipv4(const __be32 *addr)
{
	return addr[0] == 0 && addr[1] == 0 && addr[2] == bpf_htonl(0xffff);
}

/* Ports and protocol of the flow, in one word. */
static __always_inline void set_ports(struct packet *p, __be16 sport, __be16 dport, __u8 proto)
{
	*(__u64 *)&p->flow.sport = join((__u32)dport << 16 | sport, proto);
}

static __always_inline enum lb_drop parse_tcp(struct packet *p)
{
	struct tcp_header *tcp = p->l3 + p->l4;
	__u32 header;

	if (unlikely((void *)(tcp + 1) > p->end || p->l4 + sizeof(*tcp) > p->length))
		return LB_DROP_MALFORMED;
	header = (tcp->offset >> 4) * 4;
	if (unlikely(header < sizeof(*tcp) || (p->part == LB_WHOLE && p->l4 + header > p->length)))
		return LB_DROP_MALFORMED;
	set_ports(p, tcp->sport, tcp->dport, PROTO_TCP);
	p->flags = tcp->flags;
	p->opens = (tcp->flags & (TCP_SYN | TCP_ACK | TCP_RST | TCP_FIN)) == TCP_SYN;
	return LB_DROP_NONE;
}

static __always_inline enum lb_drop parse_udp(struct packet *p)
{
	struct udp_header *udp = p->l3 + p->l4;
	__u32 length;

	if (unlikely((void *)(udp + 1) > p->end || p->l4 + sizeof(*udp) > p->length))
		return LB_DROP_MALFORMED;
	length = bpf_ntohs(udp->length);
	if (unlikely(length < sizeof(*udp) || (p->part == LB_WHOLE && p->l4 + length > p->length)))
		return LB_DROP_MALFORMED;
	set_ports(p, udp->sport, udp->dport, PROTO_UDP);
	return LB_DROP_NONE;
}

static __always_inline enum lb_drop parse_transport(struct packet *p)
{
	if (unlikely(p->part == LB_LATER_FRAGMENT))
		return LB_DROP_FRAGMENT;
	if (p->flow.proto == PROTO_TCP && has(LB_FEATURE_TCP))
		return parse_tcp(p);
	/* Geneve is UDP, whatever is in it. */
	if (p->flow.proto == PROTO_UDP && has(LB_FEATURE_UDP | LB_FEATURE_DSR_GENEVE))
		return parse_udp(p);
	return LB_DROP_UNKNOWN_PORT;
}

static __always_inline bool parse_ipv4(struct packet *p)
{
	struct ipv4_header *ip = p->l3;

	if (unlikely((void *)(ip + 1) > p->end))
		return false;
	map_ipv4(p->flow.saddr, ip->src);
	map_ipv4(p->flow.daddr, ip->dst);
	p->family = 4;
	set_ports(p, 0, 0, ip->proto);
	p->ttl = ip->ttl;
	p->tos = ip->tos;
	p->length = bpf_ntohs(ip->length);
	p->l4 = (ip->version_length & 0xf) * 4;
	if (unlikely(ip->version_length >> 4 != 4 || p->l4 < sizeof(*ip) || p->length < p->l4 ||
		     p->length > (__u64)(p->end - p->l3)))
		p->defect = LB_DROP_MALFORMED;
	else {
		if (unlikely(ip->fragment & bpf_htons(IPV4_FRAGMENT))) {
			p->part = ip->fragment & bpf_htons(IPV4_OFFSET) ? LB_LATER_FRAGMENT : LB_FIRST_FRAGMENT;
			p->fragment_id = ip->id;
			p->fragment_proto = ip->proto;
		}
		p->defect = parse_transport(p);
	}
	return true;
}

static __always_inline bool is_extension(__u8 next)
{
	return next == PROTO_HOP_BY_HOP || next == PROTO_ROUTING || next == PROTO_FRAGMENT ||
	       next == PROTO_DESTINATION;
}

/* Walks to the transport header. A fragment header with neither offset nor more to come (RFC 6946) is
 * walked past; a routing header with segments left names another destination than the final one. */
static __always_inline enum lb_drop walk_extensions(struct packet *p)
{
	struct ipv6_extension *ext;

#pragma clang loop unroll(disable)
	for (int i = 0; i < LB_EXTENSION_HEADERS; i++) {
		if (!is_extension(p->flow.proto))
			return LB_DROP_NONE;
		ext = p->l3 + p->l4;
		if ((void *)(ext + 1) > p->end || p->l4 + sizeof(*ext) > p->length)
			return LB_DROP_MALFORMED;
		if (p->flow.proto == PROTO_FRAGMENT) {
			if (ext->specific & bpf_htons(0xfff9)) {
				p->part = ext->specific & bpf_htons(0xfff8) ? LB_LATER_FRAGMENT : LB_FIRST_FRAGMENT;
				p->fragment_id = ext->data;
				p->fragment_proto = ext->next;
			}
			p->l4 += sizeof(*ext);
			if (p->part == LB_LATER_FRAGMENT) {
				p->flow.proto = ext->next;
				return LB_DROP_NONE;
			}
		} else {
			if (p->flow.proto == PROTO_ROUTING && (bpf_ntohs(ext->specific) & 0xff))
				return LB_DROP_UNSUPPORTED_HEADER;
			p->l4 += (ext->length + 1) * 8;
		}
		p->flow.proto = ext->next;
	}
	return is_extension(p->flow.proto) ? LB_DROP_UNSUPPORTED_HEADER : LB_DROP_NONE;
}

static __always_inline bool parse_ipv6(struct packet *p)
{
	struct ipv6_header *ip = p->l3;

	if (unlikely((void *)(ip + 1) > p->end || is_mapped_ipv4(ip->dst)))
		return false;
	map_ipv6(p->flow.saddr, ip->src);
	map_ipv6(p->flow.daddr, ip->dst);
	p->family = 6;
	set_ports(p, 0, 0, ip->next);
	p->ttl = ip->hop_limit;
	p->tos = bpf_ntohl(ip->version_class_label) >> 20;
	p->length = bpf_ntohs(ip->payload) + sizeof(*ip);
	p->l4 = sizeof(*ip);
	if (unlikely(bpf_ntohl(ip->version_class_label) >> 28 != 6 || p->length > (__u64)(p->end - p->l3) || is_mapped_ipv4(ip->src))) {
		p->defect = LB_DROP_MALFORMED;
		return true;
	}
	if (unlikely(is_extension(p->flow.proto)))
		p->defect = walk_extensions(p);
	if (likely(p->defect == LB_DROP_NONE))
		p->defect = parse_transport(p);
	return true;
}

/*
 * Parses what begins at p->l3. False: nothing that could be ours, whatever its
 * destination (not IP, too short to have one, an IPv4 address in IPv6 form). ICMP is a protocol without ports.
 */
static __always_inline bool parse(struct packet *p, __be16 ethertype)
{
	p->defect = LB_DROP_NONE;
	p->part = LB_WHOLE;
	p->fragment_id = 0;
	p->flags = 0;
	p->opens = false;
	p->fragment_proto = 0;
	if (has(LB_FEATURE_IPV4) && ethertype == bpf_htons(ETHERTYPE_IPV4)) {
		if (!parse_ipv4(p))
			return false;
	} else if (has(LB_FEATURE_IPV6) && ethertype == bpf_htons(ETHERTYPE_IPV6)) {
		if (!parse_ipv6(p))
			return false;
	} else {
		return false;
	}
	return true;
}

static __always_inline bool is_tag(__be16 type)
{
	return type == bpf_htons(ETHERTYPE_VLAN) || type == bpf_htons(ETHERTYPE_SERVICE_VLAN);
}

/* With the type of what is behind the tags: they are none that an interface of this host has. */
#define LB_FOREIGN_TAG (1 << 16)

/*
 * Goes past the tags of a frame, and enters the VLAN of a single one. A tag of VLAN 0 has a priority only (IEEE 802.1Q, 6.9). The type
 * of what follows, or 0: nothing that could be IP.
 */
__global int untag(struct xdp_md *ctx, struct packet *p)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	struct vlan_header *tag = (void *)(eth + 1), *second = tag + 1;
	struct vlan_key of = { .ifindex = ctx->ingress_ifindex };
	struct vlan *vlan;

	if (!p || (void *)second > (void *)(long)ctx->data_end)
		return 0;
	p->offset = sizeof(*eth) + sizeof(*tag);
	if (is_tag(tag->type)) {
		if ((void *)(second + 1) > (void *)(long)ctx->data_end)
			return 0;
		p->offset += sizeof(*second);
		return second->type | LB_FOREIGN_TAG;
	}
	if (eth->type != bpf_htons(ETHERTYPE_VLAN))
		return tag->type | LB_FOREIGN_TAG;
	of.vid = bpf_ntohs(tag->tci) & VLAN_ID;
	if (of.vid == 0)
		return tag->type;
	vlan = bpf_map_lookup_elem(&vlans, &of);
	if (!vlan)
		return tag->type | LB_FOREIGN_TAG;
	p->from = vlan->ifindex;
	return tag->type;
}

/* From the frame on. Tags that no interface of this host has are a defect. */
static __always_inline bool parse_frame(struct xdp_md *ctx, struct packet *p)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	__u32 type;

	p->end = (void *)(long)ctx->data_end;
	if (unlikely((void *)(eth + 1) > p->end))
		return false;
	type = eth->type;
	p->l3 = eth + 1;
	p->offset = sizeof(*eth);
	p->from = ctx->ingress_ifindex;
	if (unlikely(is_tag(type)) && has(LB_FEATURE_VLAN)) {
		type = untag(ctx, p);
		if (p->offset > LB_MAX_LOOKED_AT)
			return false;
		p->l3 = (void *)(long)ctx->data + p->offset;
		p->end = (void *)(long)ctx->data_end;
	}
	if (!parse(p, type))
		return false;
	if (unlikely(type & LB_FOREIGN_TAG))
		p->defect = LB_DROP_UNSUPPORTED_VLAN;
	return true;
}

#endif
