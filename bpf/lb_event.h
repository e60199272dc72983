/* SPDX-License-Identifier: MIT */
/* Samples of what happens to flows, in a ring that a process may read. Packets never wait for a reader. */
#ifndef LB_EVENT_H
#define LB_EVENT_H

#include "lb_count.h"
#include "lb_flow.h"

struct occasion {
	__u32 service;		/* id; 0: unknown */
	__u32 backend;		/* row; 0: none */
	enum lb_event_kind kind;
	enum lb_drop reason;
	__u8 mode;
};

__global int emit(struct packet *p, struct occasion *what)
{
	struct event *event;

	if (!p || !what)
		return 0;
	event = bpf_ringbuf_reserve(&events, sizeof(*event), 0);
	if (!event) {
		did(LB_ACTIVITY_EVENT_LOST);
		return 0;
	}
	event->time = bpf_ktime_get_ns();
	__builtin_memcpy(event->saddr, p->flow.saddr, sizeof(event->saddr));
	__builtin_memcpy(event->daddr, p->flow.daddr, sizeof(event->daddr));
	event->sport = p->flow.sport;
	event->dport = p->flow.dport;
	event->proto = p->flow.proto;
	event->kind = what->kind;
	event->reason = what->reason;
	event->mode = what->mode;
	event->service = what->service;
	event->backend = what->backend;
	event->length = p->length;
	event->pad = 0;
	bpf_ringbuf_submit(event, 0);
	return 0;
}

/* One in how many new flows and drops; 0: none, nobody watches. */
static __always_inline __u32 sample_rate(void)
{
	__u32 index = 0;
	struct settings *set;

	if (!has(LB_FEATURE_EVENTS))
		return 0;
	set = bpf_map_lookup_elem(&settings, &index);
	return set ? set->sample : 0;
}

static __always_inline bool is_watched(void)
{
	return sample_rate() != 0;
}

static __always_inline bool is_sampled(void)
{
	__u32 rate = sample_rate();

	return rate == 1 || (rate && bpf_get_prandom_u32() % rate == 0);
}

static __always_inline void event_dropped(struct packet *p, __u32 reason)
{
	struct occasion what = { .kind = LB_EVENT_DROPPED, .reason = reason };

	if (is_sampled())
		emit(p, &what);
}

static __always_inline void event_opened(struct packet *p, const struct service *service, __u32 row)
{
	struct occasion what = { .service = service->id, .backend = row, .kind = LB_EVENT_OPENED, .mode = service->mode };

	if (is_sampled())
		emit(p, &what);
}

#endif
