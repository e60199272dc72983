/* SPDX-License-Identifier: MIT */
/* Address translation, both ways. */
#ifndef LB_NAT_H
#define LB_NAT_H

#include "lb_answer.h"
#include "lb_flow.h"
#include "lb_frame.h"
#include "lb_select.h"

static __always_inline bool translates(const struct service *service)
{
	return (has(LB_FEATURE_SNAT) && service->mode == LB_MODE_SNAT) || (has(LB_FEATURE_DNAT) && service->mode == LB_MODE_DNAT);
}

/* Whether any packet of this program may be a reply to translate. */
static __always_inline bool has_replies(void)
{
	return has(LB_FEATURE_SNAT | LB_FEATURE_DNAT | LB_FEATURE_DECAP);
}

/* A packet of a service that translates, to its backend. A verdict with its reason. */
__global int nat_forward(struct xdp_md *ctx, struct packet *given, struct service *service)
{
	(void)ctx;
	if (!given || !service)
		return drop(LB_DROP_INTERNAL);
	return drop(LB_DROP_INTERNAL);
}

/* A packet that may be a backend's reply: a verdict with its reason, or -1 where no flow of ours is known. */
__global int nat_reply(struct xdp_md *ctx, struct packet *given)
{
	(void)ctx;
	if (!given)
		return -1;
	return -1;
}

/* An ICMP error that may be about a translated flow: a verdict with its reason, or -1 where no flow of ours is known. */
__global int nat_icmp(struct xdp_md *ctx, struct packet *given)
{
	(void)ctx;
	if (!given)
		return -1;
	return -1;
}

#endif
