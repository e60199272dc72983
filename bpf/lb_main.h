/* SPDX-License-Identifier: MIT */
/*
 * The program: parse, match, choose, forward, count. A variant defines LB_VARIANT and LB_VARIANT_FEATURES and includes
 * this file. What most packets take is one function; what few take (ICMP, tunnels, translation, answers) are functions
 * that the verifier walks once, each alone. Before all of it stands the express lane, for packets that need no decision.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "lb_types.h"
#include "lb_maps.h"
#include "lb_features.h"
#include "lb_parse.h"
#include "lb_match.h"
#include "lb_fragment.h"
#include "lb_quote.h"
#include "lb_decap.h"
#include "lb_select.h"
#include "lb_answer.h"
#include "lb_forward.h"
#include "lb_express.h"
#include "lb_nat.h"
#include "lb_nat_icmp.h"
#include "lb_tunnel_icmp.h"
#include "lb_icmp.h"
#include "lb_event.h"
#include "lb_count.h"

LB_OBJECT(LB_VARIANT, LB_VARIANT_FEATURES);

/* bpf_fib_lookup is for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline int balance(struct xdp_md *ctx, struct packet *p, struct service *service)
{
	__u64 verdict;
	struct choice choice;
	struct hop *hop;

	/* The kernel answers, as a router would. */
	if (unlikely(p->ttl <= 1))
		return XDP_PASS;
	if (unlikely(service->flags & LB_SERVICE_ALLOW) && has(LB_FEATURE_ALLOW) && !is_allowed(p, service))
		return drop(LB_DROP_SOURCE_NOT_ALLOWED);
	if (unlikely(service->flags & LB_SERVICE_REMEMBER)) {
		if (translates(service))
			return nat_balance(ctx, p, service);
		if (!has(LB_FEATURE_FLOWS))
			return drop(LB_DROP_INTERNAL);
		choice = choose_remembered(p, service);
	} else {
		choice = choose_maglev(p, service);
	}
	if (unlikely(choice.row == 0))
		return choice.full ? drop(LB_DROP_TABLE_FULL) : without_backend(ctx, p, service);
	hop = next_hop(ctx, p, service, choice.row);
	if (!hop)
		return drop(LB_DROP_INTERNAL);
	if (unlikely(choice.opened))
		event_opened(p, service, choice.row);
	verdict = forward(ctx, p, service, hop);
	if (likely(verdict <= XDP_REDIRECT && verdict != XDP_DROP))
		count_forwarded(choice.row, p->length, choice.opened);
	return verdict;
}

/* A packet that no service is for, and that may be a reply to translate. A verdict with its reason, or -1. */
static __always_inline int reply(struct xdp_md *ctx, struct packet *p)
{
	return has_replies() && unlikely(may_be_backend(p->flow.saddr)) ? nat_reply(ctx, p) : -1;
}

/* A packet for what may be a VIP, and none of its services. The VIP may also be the source that packets to backends have. */
static __always_inline int unmatched(struct xdp_md *ctx, struct packet *p, void *configuration)
{
	struct service *wildcard = wildcard_of(configuration, p);
	bool pass = !wildcard || (wildcard->flags & LB_SERVICE_PASS);
	enum lb_drop reason = p->defect ? p->defect : LB_DROP_UNKNOWN_PORT;
	int verdict = reply(ctx, p);

	if (verdict >= 0)
		return verdict;
	return pass ? XDP_PASS : drop(reason);
}

static __always_inline int process(struct xdp_md *ctx, struct packet *p)
{
	struct service *service;
	void *configuration;
	int verdict;

	verdict = express(ctx);
	if (likely(verdict >= 0))
		return verdict;
	if (!parse_frame(ctx, p))
		return XDP_PASS;
	if (unlikely(is_icmp(p)) && p->defect != LB_DROP_UNSUPPORTED_VLAN)
		return has(LB_FEATURE_ICMP) ? receive_icmp(ctx, p) : XDP_PASS;
	if (has(LB_FEATURE_DECAP) && unlikely(is_tunnel(p))) {
		verdict = decapsulate(ctx, p);
		if (verdict < 0 && has(LB_FEATURE_ICMP))
			verdict = decapsulate_error(ctx, p);
		if (verdict >= 0)
			return verdict;
	}
	configuration = live_configuration();
	if (!configuration)
		return XDP_PASS;
	if (unlikely(p->part != LB_WHOLE) && may_be_vip(p->flow.daddr))
		p->defect = has(LB_FEATURE_FRAGMENTS) ? know_fragment(p) : LB_DROP_FRAGMENT;
	if (likely(p->defect == LB_DROP_NONE)) {
		service = service_of(configuration, p);
		if (likely(service))
			return balance(ctx, p, service);
	}
	if (unlikely(may_be_vip(p->flow.daddr)))
		return unmatched(ctx, p, configuration);
	verdict = reply(ctx, p);
	return verdict >= 0 ? verdict : XDP_PASS;
}

SEC("xdp")
int sluice_xdp(struct xdp_md *ctx)
{
	struct packet p;
	__u32 verdict = process(ctx, &p);

	if (unlikely(verdict >> 8)) {
		count_drop(verdict >> 8);
		if ((verdict & 0xff) == XDP_DROP)
			event_dropped(&p, verdict >> 8);
	}
	return verdict & 0xff;
}
