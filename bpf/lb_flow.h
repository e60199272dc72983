/* SPDX-License-Identifier: MIT */
/*
 * What is remembered of flows, and for how long: by protocol, and by the state of a TCP connection as far as this host
 * saw it (enum lb_life). An entry that is over counts as none; whoever finds it may take its place, and the sweeper
 * deletes it.
 */
#ifndef LB_FLOW_H
#define LB_FLOW_H

#include "lb_count.h"
#include "lb_parse.h"

#define LB_SECOND 1000000000ULL
/* `seen` is written at most this often. */
#define LB_SEEN_NS LB_SECOND

#define LB_FRAGMENT_LIFE (LB_LIFE_FRAGMENT * LB_SECOND)

/* ns that an entry of this state lives after its last packet. */
static __always_inline __u64 flow_life(__u8 proto, __u8 state)
{
	if (proto != PROTO_TCP)
		return (state == LB_FLOW_OPENING ? LB_LIFE_UDP_OPENING : LB_LIFE_UDP_OPEN) * LB_SECOND;
	switch (state) {
	case LB_FLOW_OPENING:
		return LB_LIFE_TCP_OPENING * LB_SECOND;
	case LB_FLOW_OPEN:
		return LB_LIFE_TCP_OPEN * LB_SECOND;
	case LB_FLOW_CLOSING:
		return LB_LIFE_TCP_CLOSING * LB_SECOND;
	default:
		return LB_LIFE_TCP_CLOSED * LB_SECOND;
	}
}

static __always_inline bool is_over(__u64 seen, __u8 proto, __u8 state, __u64 now)
{
	/* `seen` may be another CPU's, and a little later. */
	return (__s64)(now - seen) > (__s64)flow_life(proto, state);
}

/* The state after a packet; a SYN begins anew what was closed. */
static __always_inline __u8 next_state(__u8 state, const struct packet *p)
{
	if (p->flow.proto != PROTO_TCP)
		return LB_FLOW_OPEN;
	if (p->flags & TCP_RST)
		return LB_FLOW_CLOSED;
	if (p->opens)
		return state >= LB_FLOW_CLOSING ? LB_FLOW_OPENING : state;
	if (p->flags & TCP_FIN)
		return state == LB_FLOW_CLOSED ? LB_FLOW_CLOSED : LB_FLOW_CLOSING;
	return state < LB_FLOW_OPEN ? LB_FLOW_OPEN : state;
}

/* Whether this configuration still sends packets to a row. */
static __always_inline bool alive(const struct backend *backend, const struct service *service)
{
	return backend->dead_from == 0 || service->serial < backend->dead_from;
}

/* Whether this configuration sends new flows of a known client to a row. */
static __always_inline bool takes_new(const struct backend *backend, const struct service *service)
{
	return alive(backend, service) && (backend->drain_from == 0 || service->serial < backend->drain_from);
}

/* The row that something remembered, or NULL where it was given to another backend since, belongs to another service,
 * or is not used by this configuration. */
static __always_inline struct backend *remembered_row(__u32 row, __u32 birth, const struct service *service)
{
	struct backend *backend = bpf_map_lookup_elem(&backends, &row);

	if (!backend || backend->birth != birth || backend->service != service->id || !alive(backend, service))
		return NULL;
	return backend;
}

#endif
