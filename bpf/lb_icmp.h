/* SPDX-License-Identifier: MIT */
/*
 * ICMP that arrives. An echo request to a VIP is answered here; an error about a flow of a VIP goes where that flow is; all
 * else, neighbour discovery above all, is the stack's.
 */
#ifndef LB_ICMP_H
#define LB_ICMP_H

#include "lb_answer.h"
#include "lb_forward.h"
#include "lb_nat_icmp.h"
#include "lb_quote.h"
#include "lb_select.h"

#define ICMP_ECHO_REPLY 0
#define ICMP_ECHO 8
#define ICMPV6_ECHO 128
#define ICMPV6_ECHO_REPLY 129

static __always_inline bool is_echo(const struct packet *p, const struct icmp_header *icmp)
{
	return icmp->type == (p->family == 4 ? ICMP_ECHO : ICMPV6_ECHO) && icmp->code == 0;
}

/* Both checksums are adjusted, not made: one that was wrong stays wrong. Addresses that change places change none. */
static __always_inline bool echo_ipv4(const struct packet *p, struct ipv4_header *ip, struct icmp_header *icmp, const void *end)
{
	if ((void *)(ip + 1) > end)
		return false;
	ip->src = ((const __be32 *)p->flow.daddr)[3];
	ip->dst = ((const __be32 *)p->flow.saddr)[3];
	ip->check = adjust_checksum(ip->check, bpf_htons(ip->ttl << 8), bpf_htons(LB_ICMP_TTL << 8));
	ip->ttl = LB_ICMP_TTL;
	icmp->check = adjust_checksum(icmp->check, bpf_htons(ICMP_ECHO << 8), bpf_htons(ICMP_ECHO_REPLY << 8));
	icmp->type = ICMP_ECHO_REPLY;
	return true;
}

static __always_inline bool echo_ipv6(const struct packet *p, struct ipv6_header *ip, struct icmp_header *icmp, const void *end)
{
	if ((void *)(ip + 1) > end)
		return false;
	copy_ipv6(ip->src, (const __be32 *)p->flow.daddr);
	copy_ipv6(ip->dst, (const __be32 *)p->flow.saddr);
	ip->hop_limit = LB_ICMP_TTL;
	icmp->check = adjust_checksum(icmp->check, bpf_htons(ICMPV6_ECHO << 8), bpf_htons(ICMPV6_ECHO_REPLY << 8));
	icmp->type = ICMPV6_ECHO_REPLY;
	return true;
}

/* Options and extension headers are not for the way back, so a request with some is left to the stack. */
static __always_inline int answer_echo(struct xdp_md *ctx, const struct packet *p, void *l3, struct icmp_header *icmp)
{
	struct eth_header *eth = (void *)(long)ctx->data, old;
	void *end = (void *)(long)ctx->data_end;

	if (p->l4 != (p->family == 4 ? sizeof(struct ipv4_header) : sizeof(struct ipv6_header)) || !may_answer(ctx, p) ||
	    (void *)(eth + 1) > end || !(p->family == 4 ? echo_ipv4(p, l3, icmp, end) : echo_ipv6(p, l3, icmp, end)))
		return XDP_PASS;
	old = *eth;
	__builtin_memcpy(eth->dst, old.src, sizeof(eth->dst));
	__builtin_memcpy(eth->src, old.dst, sizeof(eth->src));
	did(LB_ACTIVITY_ECHO_ANSWERED);
	return XDP_TX;
}

/* Brings an error to where its flow is, which is the packet's by now. Where that is unknown the stack gets it, and drops it. */
static __always_inline int forward_error(struct xdp_md *ctx, struct packet *p, const struct service *service)
{
	__u64 verdict;
	struct hop *hop;
	__u32 row;

	if (p->ttl <= 1)
		return XDP_PASS;
	if (has(LB_FEATURE_ALLOW) && (service->flags & LB_SERVICE_ALLOW) && !is_allowed(p, service))
		return drop(LB_DROP_SOURCE_NOT_ALLOWED);
	row = locate(p, service);
	if (row == 0)
		return XDP_PASS;
	hop = next_hop(ctx, p, service, row);
	if (!hop)
		return drop(LB_DROP_INTERNAL);
	verdict = forward(ctx, p, service, hop);
	if (verdict <= XDP_REDIRECT && verdict != XDP_DROP)
		did(LB_ACTIVITY_ICMP_FORWARDED);
	return verdict;
}

/* A verdict with its reason, or -1: an error that is about no flow which goes to its backend untranslated. The packet is
 * used as it is given, for its copy would not fit on the stack. */
__global int handle_icmp(struct xdp_md *ctx, struct packet *p)
{
	void *configuration = live_configuration(), *end = (void *)(long)ctx->data_end, *l3;
	struct service *wildcard, *service;
	struct icmp_header *icmp;
	struct flow_key flow __attribute__((aligned(8)));

	if (!p || !configuration || p->offset > LB_MAX_OFFSET)
		return XDP_PASS;
	l3 = (void *)(long)ctx->data + p->offset;
	icmp = icmp_of(p, l3, end);
	wildcard = may_be_vip(p->flow.daddr) ? wildcard_of(configuration, p) : NULL;
	if (!wildcard)
		return icmp && is_icmp_error(p, icmp) ? -1 : XDP_PASS;
	if (!icmp) {
		if (wildcard->flags & LB_SERVICE_PASS)
			return XDP_PASS;
		return drop(p->part == LB_WHOLE ? LB_DROP_MALFORMED : LB_DROP_FRAGMENT);
	}
	if (is_echo(p, icmp))
		return answer_echo(ctx, p, l3, icmp);
	if (!is_icmp_error(p, icmp))
		return XDP_PASS;
	service = quoted_service(configuration, p, icmp, end, &flow);
	if (!service || translates(service))
		return -1;
	p->flow = flow;
	return forward_error(ctx, p, service);
}

/* ICMP, whatever it is for. A verdict with its reason. */
static __always_inline int receive_icmp(struct xdp_md *ctx, struct packet *p)
{
	int verdict = handle_icmp(ctx, p);

	if (verdict < 0 && has_replies())
		verdict = nat_icmp(ctx, p);
	return verdict < 0 ? XDP_PASS : verdict;
}

#endif
