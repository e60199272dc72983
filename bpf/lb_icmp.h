/* SPDX-License-Identifier: MIT */
/*
 * ICMP port unreachable from a VIP without a usable backend (RFC 792 type 3 code 3; RFC 4443 type 1 code 4), sent back
 * where the packet came from. It quotes as much of the packet as RFC 1812 and RFC 4443 want.
 */
#ifndef LB_ICMP_H
#define LB_ICMP_H

#include "lb_checksum.h"
#include "lb_count.h"
#include "lb_parse.h"

/* Per CPU: so many answers at once, and then one per interval. */
#define LB_REJECT_BURST 100
#define LB_REJECT_INTERVAL_NS 1000000ULL

#define LB_ICMP_TTL 64
/* Internetwork control (RFC 1812, 4.3.2.5). */
#define LB_ICMP_TOS 0xc0

#define LB_QUOTE_IPV4 (576 - sizeof(struct ipv4_header) - sizeof(struct icmp_header))
#define LB_QUOTE_IPV6 (1280 - sizeof(struct ipv6_header) - sizeof(struct icmp_header))

struct icmp_frame_ipv4 {
	struct eth_header eth;
	struct ipv4_header ip;
	struct icmp_header icmp;
} __attribute__((packed, aligned(2)));

struct icmp_frame_ipv6 {
	struct eth_header eth;
	struct ipv6_header ip;
	struct icmp_header icmp;
} __attribute__((packed, aligned(2)));

/* A token bucket, full at first. */
static __always_inline bool may_reject(void)
{
	__u32 index = 0;
	struct reject_bucket *bucket = bpf_map_lookup_elem(&reject_limit, &index);
	__u64 now = bpf_ktime_get_coarse_ns();
	__u64 earned;

	if (!bucket)
		return false;
	earned = (now - bucket->refilled) / LB_REJECT_INTERVAL_NS;
	if (earned) {
		bucket->refilled = now;
		bucket->tokens += earned;
		if (bucket->tokens > LB_REJECT_BURST || earned > LB_REJECT_BURST)
			bucket->tokens = LB_REJECT_BURST;
	}
	if (bucket->tokens == 0)
		return false;
	bucket->tokens--;
	return true;
}

/* RFC 1122, 3.2.2 and RFC 4443, 2.4(e): nothing is said to or about a group, or to a source that is no one host. */
static __always_inline bool may_answer(const struct packet *p, const struct eth_header *eth)
{
	if (eth->dst[0] & 1)
		return false;
	if (p->family == 4) {
		__u32 src = bpf_ntohl(((const struct ipv4_header *)p->l3)->src);

		return src >> 24 != 0 && src >> 24 != 127 && src >> 28 < 0xe;
	}
	const __be32 *src = ((const struct ipv6_header *)p->l3)->src;

	/* Neither :: nor ::1 (RFC 4291, 2.5.2 and 2.5.3). */
	if ((src[0] | src[1] | src[2]) == 0 && bpf_ntohl(src[3]) <= 1)
		return false;
	return bpf_ntohl(src[0]) >> 24 != 0xff;
}

/* Puts `growth` bytes in front of the IP packet and cuts the frame after `quote` bytes of it. */
static __always_inline bool reshape(struct xdp_md *ctx, __u32 growth, __u32 quote)
{
	__u32 wanted = sizeof(struct eth_header) + growth + quote;
	__u64 length;

	if (bpf_xdp_adjust_head(ctx, -(int)growth))
		return false;
	length = (void *)(long)ctx->data_end - (void *)(long)ctx->data;
	/* Kept in 64 bits: the verifier knows no 32-bit difference of pointers. */
	asm volatile("" : "+r"(length));
	return bpf_xdp_adjust_tail(ctx, (int)wanted - (int)length) == 0;
}

static __always_inline void answer_frame(struct eth_header *eth, const struct eth_header *old)
{
	__builtin_memcpy(eth->dst, old->src, sizeof(eth->dst));
	__builtin_memcpy(eth->src, old->dst, sizeof(eth->src));
	eth->type = old->type;
}

static __always_inline int reject_ipv4(struct xdp_md *ctx, const struct packet *p, const struct eth_header *old)
{
	const struct ipv4_header *quoted = p->l3;
	__be32 client = quoted->src, vip = quoted->dst;
	__u32 quote = p->length < LB_QUOTE_IPV4 ? p->length : LB_QUOTE_IPV4;
	struct icmp_frame_ipv4 *frame;
	void *end;

	if (!reshape(ctx, sizeof(frame->ip) + sizeof(frame->icmp), quote))
		return drop(LB_DROP_NO_HEADROOM);
	frame = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if ((void *)(frame + 1) > end)
		return drop(LB_DROP_INTERNAL);
	answer_frame(&frame->eth, old);
	frame->ip.version_length = 0x45;
	frame->ip.tos = LB_ICMP_TOS;
	frame->ip.length = bpf_htons(sizeof(frame->ip) + sizeof(frame->icmp) + quote);
	frame->ip.id = 0;
	frame->ip.fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	frame->ip.ttl = LB_ICMP_TTL;
	frame->ip.proto = PROTO_ICMP;
	frame->ip.src = vip;
	frame->ip.dst = client;
	frame->ip.check = 0;
	frame->ip.check = ipv4_checksum(&frame->ip);
	frame->icmp.type = 3;
	frame->icmp.code = 3;
	frame->icmp.check = 0;
	frame->icmp.rest = 0;
	frame->icmp.check = fold_checksum(sum_to_end(&frame->icmp, end, LB_QUOTE_IPV4 + sizeof(frame->icmp)));
	return answered(LB_DROP_REJECTED);
}

static __always_inline int reject_ipv6(struct xdp_md *ctx, const struct packet *p, const struct eth_header *old)
{
	const struct ipv6_header *quoted = p->l3;
	__u32 quote = p->length < LB_QUOTE_IPV6 ? p->length : LB_QUOTE_IPV6;
	struct icmp_frame_ipv6 *frame;
	__be32 client[4], vip[4];
	__u64 sum;
	void *end;

	copy_ipv6(client, quoted->src);
	copy_ipv6(vip, quoted->dst);
	if (!reshape(ctx, sizeof(frame->ip) + sizeof(frame->icmp), quote))
		return drop(LB_DROP_NO_HEADROOM);
	frame = (void *)(long)ctx->data;
	end = (void *)(long)ctx->data_end;
	if ((void *)(frame + 1) > end)
		return drop(LB_DROP_INTERNAL);
	answer_frame(&frame->eth, old);
	frame->ip.version_class_label = bpf_htonl(6u << 28 | LB_ICMP_TOS << 20);
	frame->ip.payload = bpf_htons(sizeof(frame->icmp) + quote);
	frame->ip.next = PROTO_ICMPV6;
	frame->ip.hop_limit = LB_ICMP_TTL;
	copy_ipv6(frame->ip.src, vip);
	copy_ipv6(frame->ip.dst, client);
	frame->icmp.type = 1;
	frame->icmp.code = 4;
	frame->icmp.check = 0;
	frame->icmp.rest = 0;
	sum = sum_to_end(&frame->icmp, end, LB_QUOTE_IPV6 + sizeof(frame->icmp));
	sum += (__u64)client[0] + client[1] + client[2] + client[3] + vip[0] + vip[1] + vip[2] + vip[3];
	sum += bpf_htonl(sizeof(frame->icmp) + quote);
	sum += bpf_htonl(PROTO_ICMPV6);
	frame->icmp.check = fold_checksum(sum);
	return answered(LB_DROP_REJECTED);
}

/* Answers a packet of a service without a usable backend. A verdict with its reason. */
__global int reject(struct xdp_md *ctx, struct packet *given)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	struct packet copy, *p = &copy;
	struct eth_header old;

	if (!given)
		return drop(LB_DROP_INTERNAL);
	copy = *given;
	if (!reopen(ctx, p) || (void *)(eth + 1) > p->end || p->l3 + sizeof(struct ipv6_header) > p->end || !may_answer(p, eth))
		return drop(LB_DROP_NO_BACKEND);
	if (!may_reject())
		return drop(LB_DROP_REJECT_LIMITED);
	old = *eth;
	if (has(LB_FEATURE_IPV4) && p->family == 4)
		return reject_ipv4(ctx, p, &old);
	return reject_ipv6(ctx, p, &old);
}

/* Tells a client that its packet does not fit (RFC 1191, RFC 8201); `mtu`: of the client's packet. A verdict with its reason. */
__global int too_big(struct xdp_md *ctx, struct packet *given, __u32 mtu)
{
	(void)ctx;
	if (!given || !mtu)
		return drop(LB_DROP_INTERNAL);
	return drop(LB_DROP_TOO_BIG);
}

/* ICMP, whatever it is for. A verdict with its reason. */
__global int handle_icmp(struct xdp_md *ctx, struct packet *given)
{
	(void)ctx;
	if (!given)
		return XDP_PASS;
	return XDP_PASS;
}

#endif
