/* SPDX-License-Identifier: MIT */
/*
 * ICMP errors that came by a tunnel. The balancer brings an error about a flow of a VIP to where the flow is, wrapped as its
 * packets are; here it is taken out, and for a pod translated with what it quotes.
 */
#ifndef LB_TUNNEL_ICMP_H
#define LB_TUNNEL_ICMP_H

#include "lb_decap.h"
#include "lb_nat_icmp.h"
#include "lb_quote.h"

/* Gives an error at an offset of the frame, and what it quotes, a pod's address and port instead of the VIP's. */
__global int readdress_error(struct xdp_md *ctx, struct packet *p, __u64 at, __u32 row)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);
	void *l3, *end = (void *)(long)ctx->data_end;
	__u32 first = 0, header;
	struct nat_work *work = bpf_map_lookup_elem(&nat_works, &first);
	struct icmp_header *icmp;
	__u64 l4;

	if (!p || !backend || !work || at > LB_MAX_TUNNEL)
		return false;
	l3 = (void *)(long)ctx->data + at;
	l4 = p->l4;
	if (l4 > LB_MAX_L4)
		return false;
	icmp = l3 + l4;
	if ((void *)(icmp + 1) > end)
		return false;
	header = turn(&work->back, p, icmp + 1, end);
	if (!header)
		return false;
	__builtin_memcpy(work->error_saddr, p->flow.saddr, sizeof(work->error_saddr));
	__builtin_memcpy(work->error_daddr, backend->addr, sizeof(work->error_daddr));
	__builtin_memcpy(work->quoted.saddr, backend->addr, sizeof(work->quoted.saddr));
	__builtin_memcpy(work->quoted.daddr, work->back.saddr, sizeof(work->quoted.daddr));
	work->quoted.sport = backend->port ? backend->port : work->back.dport;
	work->quoted.dport = work->back.sport;
	work->quoted.proto = work->back.proto;
	return rewrite_error(p, l3, end, header, work, 0);
}

/* Verdict with its reason, or -1 where the tunnel has no error about a flow of a service that makes such tunnels. */
__global int decapsulate_error(struct xdp_md *ctx, struct packet *outer)
{
	void *configuration = live_configuration(), *l3;
	struct flow_key flow __attribute__((aligned(8)));
	struct icmp_header *icmp;
	struct service *service;
	struct packet inner;
	struct tunnel tunnel;
	int place;
	__u32 row;
	__u64 at;

	if (!outer || !configuration)
		return -1;
	at = open_tunnel(ctx, outer, &tunnel, &inner);
	if (at == 0 || !is_icmp(&inner))
		return -1;
	icmp = icmp_of(&inner, inner.l3, inner.end);
	service = icmp ? quoted_service(configuration, &inner, icmp, inner.end, &flow) : NULL;
	if (!service || service->mode != tunnel.mode)
		return -1;
	place = place_of(ctx, outer);
	row = place == LB_PLACE_ATTACHED ? pod_of(outer, service->id, inner.family) : 0;
	if (place != LB_PLACE_HERE && row == 0)
		return -1;
	l3 = (void *)(long)ctx->data + at;
	if (!carry_congestion(outer->tos, &inner, l3, (void *)(long)ctx->data_end))
		return drop(LB_DROP_MALFORMED);
	if (row && !readdress_error(ctx, &inner, at, row))
		return drop(LB_DROP_MALFORMED);
	if (!unwrap(ctx, outer->offset > sizeof(struct eth_header), tunnel.length, tunnel.type))
		return drop(LB_DROP_INTERNAL);
	did(LB_ACTIVITY_DECAPSULATED);
	if (row)
		did(LB_ACTIVITY_TRANSLATED);
	return XDP_PASS;
}

#endif
