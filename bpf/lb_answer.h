/* SPDX-License-Identifier: MIT */
/*
 * ICMP errors of this program's own, from the VIP back to where a packet came from: port unreachable for a VIP without a
 * usable backend (RFC 792 type 3 code 3; RFC 4443 type 1 code 4), and packet too big (RFC 1191 and RFC 8201). They quote
 * as much of the packet as RFC 1812 and RFC 4443 want.
 */
#ifndef LB_ANSWER_H
#define LB_ANSWER_H

#include "lb_checksum.h"
#include "lb_count.h"
#include "lb_frame.h"

/* Per CPU: so many answers at once, and then one per interval. */
#define LB_REJECT_BURST 100
#define LB_REJECT_INTERVAL_NS 1000000ULL

#define LB_ICMP_TTL 64
/* Internetwork control (RFC 1812, 4.3.2.5). */
#define LB_ICMP_TOS 0xc0

#define LB_QUOTE_IPV4 (576 - sizeof(struct ipv4_header) - sizeof(struct icmp_header))
#define LB_QUOTE_IPV6 (1280 - sizeof(struct ipv6_header) - sizeof(struct icmp_header))

/* What every link carries (RFC 791, RFC 8200). */
#define LB_LEAST_MTU_IPV4 68
#define LB_LEAST_MTU_IPV6 1280

/* Type and code of an ICMP message. */
#define ICMP_KIND(type, code) ((type) << 8 | (code))

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
static __always_inline bool may_answer(struct xdp_md *ctx, const struct packet *p)
{
	const struct eth_header *eth = (void *)(long)ctx->data;
	const __be32 *src = (const __be32 *)p->flow.saddr;

	if ((void *)(eth + 1) > (void *)(long)ctx->data_end || (eth->dst[0] & 1))
		return false;
	if (p->family == 4) {
		__u32 host = bpf_ntohl(src[3]);

		return host >> 24 != 0 && host >> 24 != 127 && host >> 28 < 0xe;
	}
	/* Neither :: nor ::1 (RFC 4291, 2.5.2 and 2.5.3). */
	if ((src[0] | src[1] | src[2]) == 0 && bpf_ntohl(src[3]) <= 1)
		return false;
	return bpf_ntohl(src[0]) >> 24 != 0xff;
}

/* Where a packet came from, with its tag: as far as `reframe` asks. */
static __always_inline bool way_back(struct xdp_md *ctx, const struct packet *p, struct hop *back)
{
	const struct eth_header *eth = (void *)(long)ctx->data;
	const struct vlan_header *tag = (const void *)(eth + 1);

	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return false;
	__builtin_memcpy(back->macs, eth->src, sizeof(eth->src));
	__builtin_memcpy(back->macs + sizeof(eth->src), eth->dst, sizeof(eth->dst));
	back->tag = p->offset > sizeof(*eth) ? tag->tci : 0;
	return true;
}

/* Cuts the frame behind so many bytes of its IP packet. */
static __always_inline bool cut_after(struct xdp_md *ctx, const struct packet *p, __u32 quote)
{
	__u64 length = (void *)(long)ctx->data_end - (void *)(long)ctx->data;

	/* Kept in 64 bits: the verifier knows no 32-bit difference of pointers. */
	asm volatile("" : "+r"(length));
	return bpf_xdp_adjust_tail(ctx, (int)(p->offset + quote) - (int)length) == 0;
}

static __always_inline bool answer_ipv4(struct xdp_md *ctx, const struct packet *p, const struct hop *back, __u32 kind, __be32 rest)
{
	__u32 quote = p->length < LB_QUOTE_IPV4 ? p->length : LB_QUOTE_IPV4;
	struct ipv4_header *ip;
	struct icmp_header *icmp;

	if (!cut_after(ctx, p, quote))
		return false;
	ip = reframe(ctx, p, back, sizeof(*ip) + sizeof(*icmp), bpf_htons(ETHERTYPE_IPV4));
	icmp = (void *)(ip + 1);
	if (!ip || (void *)(icmp + 1) > (void *)(long)ctx->data_end)
		return false;
	ip->version_length = 0x45;
	ip->tos = LB_ICMP_TOS;
	ip->length = bpf_htons(sizeof(*ip) + sizeof(*icmp) + quote);
	ip->id = 0;
	ip->fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	ip->ttl = LB_ICMP_TTL;
	ip->proto = PROTO_ICMP;
	ip->src = ((const __be32 *)p->flow.daddr)[3];
	ip->dst = ((const __be32 *)p->flow.saddr)[3];
	ip->check = 0;
	ip->check = ipv4_checksum(ip);
	icmp->type = kind >> 8;
	icmp->code = kind;
	icmp->check = 0;
	icmp->rest = rest;
	icmp->check = fold_checksum(sum_frame(ctx, frame_header(back) + sizeof(*ip)));
	return true;
}

static __always_inline bool answer_ipv6(struct xdp_md *ctx, const struct packet *p, const struct hop *back, __u32 kind, __be32 rest)
{
	const __be32 *client = (const __be32 *)p->flow.saddr, *vip = (const __be32 *)p->flow.daddr;
	__u32 quote = p->length < LB_QUOTE_IPV6 ? p->length : LB_QUOTE_IPV6;
	struct ipv6_header *ip;
	struct icmp_header *icmp;
	__u64 sum;

	if (!cut_after(ctx, p, quote))
		return false;
	ip = reframe(ctx, p, back, sizeof(*ip) + sizeof(*icmp), bpf_htons(ETHERTYPE_IPV6));
	icmp = (void *)(ip + 1);
	if (!ip || (void *)(icmp + 1) > (void *)(long)ctx->data_end)
		return false;
	ip->version_class_label = bpf_htonl(6u << 28 | LB_ICMP_TOS << 20);
	ip->payload = bpf_htons(sizeof(*icmp) + quote);
	ip->next = PROTO_ICMPV6;
	ip->hop_limit = LB_ICMP_TTL;
	copy_ipv6(ip->src, vip);
	copy_ipv6(ip->dst, client);
	icmp->type = kind >> 8;
	icmp->code = kind;
	icmp->check = 0;
	icmp->rest = rest;
	sum = sum_frame(ctx, frame_header(back) + sizeof(*ip));
	sum += (__u64)client[0] + client[1] + client[2] + client[3] + vip[0] + vip[1] + vip[2] + vip[3];
	sum += bpf_htonl(sizeof(*icmp) + quote);
	sum += bpf_htonl(PROTO_ICMPV6);
	icmp->check = fold_checksum(sum);
	return true;
}

/* Puts an ICMP error (`kind`: ICMP_KIND; `rest`: what follows its checksum) in the packet's place. A verdict with `told`. */
__global int answer(struct xdp_md *ctx, struct packet *given, __u32 kind, __be32 rest, enum lb_drop told)
{
	struct hop back = {};
	bool done;

	if (!given || !way_back(ctx, given, &back))
		return drop(LB_DROP_INTERNAL);
	if (has(LB_FEATURE_IPV4) && given->family == 4)
		done = answer_ipv4(ctx, given, &back, kind, rest);
	else
		done = answer_ipv6(ctx, given, &back, kind, rest);
	return done ? answered(told) : drop(LB_DROP_NO_HEADROOM);
}

/* Answers a packet of a service without a usable backend, or the first fragment of one. A verdict with its reason. */
__global int reject(struct xdp_md *ctx, struct packet *given)
{
	if (!given)
		return drop(LB_DROP_INTERNAL);
	if (given->part == LB_LATER_FRAGMENT || !may_answer(ctx, given))
		return drop(LB_DROP_NO_BACKEND);
	if (!may_reject())
		return drop(LB_DROP_REJECT_LIMITED);
	return answer(ctx, given, given->family == 4 ? ICMP_KIND(3, 3) : ICMP_KIND(1, 4), 0, LB_DROP_REJECTED);
}

/*
 * Tells a client that its packet does not fit; `mtu`: size that it may have. An IPv4 client is told also where its packet
 * may be fragmented: this program cannot fragment, and a sender lowers its path's MTU all the same. A verdict with its
 * reason.
 */
__global int too_big(struct xdp_md *ctx, struct packet *given, __u32 mtu)
{
	bool is_ipv4;
	__u32 least;

	if (!given)
		return drop(LB_DROP_INTERNAL);
	/* What has a defect and is sent nevertheless is an ICMP error, and about those nothing is said. */
	if (!has(LB_FEATURE_TOO_BIG) || given->defect || !may_answer(ctx, given) || !may_reject())
		return drop(LB_DROP_TOO_BIG);
	is_ipv4 = given->family == 4;
	least = is_ipv4 ? LB_LEAST_MTU_IPV4 : LB_LEAST_MTU_IPV6;
	/* Less than its own header may be left of an MTU. */
	if ((__s32)mtu < (__s32)least)
		mtu = least;
	return answer(ctx, given, is_ipv4 ? ICMP_KIND(3, 4) : ICMP_KIND(2, 0), bpf_htonl(mtu), LB_DROP_TOO_BIG_TOLD);
}

#endif
