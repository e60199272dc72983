/* SPDX-License-Identifier: MIT */
/*
 * The program: parse, match, choose, forward, count. A variant defines LB_VARIANT and LB_VARIANT_FEATURES and includes
 * this file.
 */
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "lb_types.h"
#include "lb_maps.h"
#include "lb_features.h"
#include "lb_parse.h"
#include "lb_match.h"
#include "lb_decap.h"
#include "lb_select.h"
#include "lb_forward.h"
#include "lb_icmp.h"
#include "lb_count.h"

LB_OBJECT(LB_VARIANT, LB_VARIANT_FEATURES);

/* bpf_fib_lookup is for GPL-compatible programs. */
char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline int without_backend(struct xdp_md *ctx, const struct packet *p, const struct service *service)
{
	if (has(LB_FEATURE_REJECT) && (service->flags & LB_SERVICE_REJECT))
		return reject(ctx, p);
	return drop(LB_DROP_NO_BACKEND);
}

static __always_inline int balance(struct xdp_md *ctx, const struct packet *p, const struct service *service)
{
	struct choice choice;
	struct backend *backend;
	int verdict;

	/* The kernel answers, as a router would. */
	if (unlikely(p->ttl <= 1))
		return XDP_PASS;
	choice = choose(p, service);
	if (unlikely(choice.row == 0))
		return without_backend(ctx, p, service);
	backend = bpf_map_lookup_elem(&backends, &choice.row);
	if (!backend)
		return drop(LB_DROP_INTERNAL);
	verdict = forward(ctx, p, service, backend);
	if (verdict != XDP_DROP) {
		add(&service_counters, service->id, p, choice.opened);
		add(&backend_counters, choice.row, p, choice.opened);
	}
	return verdict;
}

SEC("xdp")
int sluice_xdp(struct xdp_md *ctx)
{
	struct packet p = { .end = (void *)(long)ctx->data_end };
	struct eth_header *eth = (void *)(long)ctx->data;
	struct service_key key = {};
	struct service *service;
	void *configuration;
	int verdict;

	if ((void *)(eth + 1) > p.end)
		return XDP_PASS;
	p.l3 = eth + 1;
	if (!parse(&p, &key, eth->type))
		return XDP_PASS;
	configuration = live_configuration();
	if (!configuration)
		return XDP_PASS;
	if (likely(p.defect == LB_DROP_NONE)) {
		service = bpf_map_lookup_elem(configuration, &key);
		if (service)
			return balance(ctx, &p, service);
		p.defect = LB_DROP_UNKNOWN_PORT;
	} else if (has(LB_FEATURE_DECAP) && is_tunnel(&p)) {
		verdict = decapsulate(ctx, configuration, &p);
		if (verdict >= 0)
			return verdict;
	}
	return is_vip(configuration, &key) ? drop(p.defect) : XDP_PASS;
}
