/* SPDX-License-Identifier: MIT */
/*
 * Giving a packet other ends. Checksums are adjusted by the difference (RFC 1624), so that one which was wrong stays
 * wrong; a UDP checksum of zero is none and stays none.
 */
#ifndef LB_NAT_REWRITE_H
#define LB_NAT_REWRITE_H

#include "lb_checksum.h"
#include "lb_frame.h"

/* Farthest that a transport header may be. */
#define LB_MAX_L4 (sizeof(struct ipv6_header) + LB_EXTENSION_HEADERS * 2048)

/* Addresses of either family, only one of which means something. */
struct ends {
	__be32 saddr4;
	__be32 daddr4;
	const void *saddr6;
	const void *daddr6;
	__be16 sport;
	__be16 dport;
};

static __always_inline __be32 mapped_ipv4(const void *addr)
{
	return ((const __be32 *)addr)[3];
}

/* Sets a word, and returns what the sum over it grows by. */
static __always_inline __u64 set32(__be32 *word, __be32 value)
{
	__u64 change = (__u64)(__u32)~*word + value;

	*word = value;
	return change;
}

static __always_inline __u64 set16(__be16 *word, __be16 value)
{
	__u64 change = (__u64)(__u16)~*word + value;

	*word = value;
	return change;
}

/* Word by word: all at once would not fit into the registers. */
static __always_inline __u64 set_ipv6(__be32 *addr, const __be32 *value)
{
	__u64 change = 0;

	for (int i = 0; i < 4; i++) {
		change += set32(addr + i, value[i]);
		asm volatile("" : "+r"(change));
	}
	return change;
}

/* A checksum after what it covers grew by `change`. */
static __always_inline __sum16 changed(__sum16 check, __u64 change)
{
	return fold_checksum((__u16)~check + change);
}

static __always_inline __sum16 changed_udp(__sum16 check, __u64 change)
{
	if (check == 0)
		return 0;
	check = changed(check, change);
	return check ? check : 0xffff;
}

/* Both transports begin with their ports. */
static __always_inline bool rewrite_transport(void *l4, void *end, __u8 proto, const struct ends *to, __u64 change)
{
	struct tcp_header *tcp = l4;
	struct udp_header *udp = l4;

	if ((void *)(udp + 1) > end)
		return false;
	change += set16(&udp->sport, to->sport) + set16(&udp->dport, to->dport);
	if (proto == PROTO_UDP) {
		udp->check = changed_udp(udp->check, change);
		return true;
	}
	if ((void *)(tcp + 1) > end)
		return false;
	tcp->check = changed(tcp->check, change);
	return true;
}

/*
 * Gives the packet at `l3` other ends, and takes `hops` (0 or 1) from its TTL. A later fragment has addresses only. False:
 * the packet is not all there, and may be half rewritten.
 */
static __always_inline bool rewrite(const struct packet *p, void *l3, void *end, const struct ends *to, __u8 hops)
{
	__u64 l4 = p->l4, change;

	if (has(LB_FEATURE_IPV4) && p->family == 4) {
		struct ipv4_header *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		change = set32(&ip->src, to->saddr4) + set32(&ip->dst, to->daddr4);
		ip->ttl -= hops;
		ip->check = changed(ip->check, change + (hops ? bpf_htons((__u16)~0x100) : 0));
	} else {
		struct ipv6_header *ip = l3;

		if ((void *)(ip + 1) > end)
			return false;
		change = set_ipv6(ip->src, to->saddr6) + set_ipv6(ip->dst, to->daddr6);
		ip->hop_limit -= hops;
	}
	if (unlikely(p->part == LB_LATER_FRAGMENT))
		return true;
	return l4 <= LB_MAX_L4 && rewrite_transport(l3 + l4, end, p->flow.proto, to, change);
}

/* Whether routers may cut the packet. */
static __always_inline bool may_be_cut(struct xdp_md *ctx, const struct packet *given)
{
	struct packet p = { .offset = given->offset };
	struct ipv4_header *ip;

	if (given->family != 4 || !reopen(ctx, &p))
		return false;
	ip = p.l3;
	return (void *)(ip + 1) <= p.end && !(ip->fragment & bpf_htons(IPV4_DONT_FRAGMENT));
}

/* Rewritten and out by `hop`. */
static __always_inline int send_rewritten(struct xdp_md *ctx, const struct packet *p, const struct hop *hop, const struct ends *to)
{
	void *l3 = reframe(ctx, p, hop, 0, ethertype_of(p));

	if (!l3)
		return drop(LB_DROP_NO_HEADROOM);
	if (!rewrite(p, l3, (void *)(long)ctx->data_end, to, 1))
		return drop(LB_DROP_INTERNAL);
	return send(ctx, hop);
}

/* Rewritten and left to the stack, which routes it and counts its TTL down. */
static __always_inline int pass_rewritten(struct xdp_md *ctx, const struct packet *given, const struct ends *to)
{
	struct packet p = { .offset = given->offset };

	if (!reopen(ctx, &p) || !rewrite(given, p.l3, p.end, to, 0))
		return drop(LB_DROP_INTERNAL);
	return XDP_PASS;
}

#endif
