/* SPDX-License-Identifier: MIT */
/*
 * Deletes what is over, so that tables at rest empty again though no process runs. A timer only asks for the work, which
 * a kernel worker does: packets of that CPU do not wait for it. The timer lives in a pinned map and goes with its pin.
 *
 * An entry may be written anew between the look at it and its deletion, within nanoseconds and only where it was over
 * anyhow: such a flow is forgotten, as if its first packet had not been seen.
 */
#define LB_VARIANT_FEATURES 0
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include "lb_types.h"
#include "lb_features.h"
#include "lb_maps.h"
#include "lb_flow.h"

LB_OBJECT("sweeper", LB_VARIANT_FEATURES);

#define SWEEP_EVERY (10 * LB_SECOND)
/* A pass takes at most this part of a CPU's time. */
#define SWEEP_SHARE 100
#define CLOCK_MONOTONIC 1

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Not in the headers of Linux 6.1. */
struct bpf_wq {
	__u64 opaque[2];
} __attribute__((aligned(8)));

extern int bpf_wq_init(struct bpf_wq *wq, void *map, unsigned int flags) __ksym;
extern int bpf_wq_start(struct bpf_wq *wq, unsigned int flags) __ksym;
extern int bpf_wq_set_callback_impl(struct bpf_wq *wq, int (callback)(void *map, int *key, void *value), unsigned int flags,
				    void *aux) __ksym;

/* What a pass deleted is counted here and not on the stack, where the verifier would follow each number. */
struct sweeper {
	struct sweep state;	/* first: user space reads it there */
	struct bpf_timer timer;
	struct bpf_wq work;
	__u32 step;
	__u32 pad;
	__u64 now;
	__u64 took;
	__u64 flows;
	__u64 nat;
	__u64 others;
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct sweeper);
} sweeper SEC(".maps");

struct pass {
	struct sweeper *self;
};

static __always_inline bool is_older(__u64 seen, __u64 life, const struct pass *pass)
{
	return (__s64)(pass->self->now - seen) > (__s64)life;
}

static long sweep_flow(void *map, struct flow_key *key, struct flow *flow, struct pass *pass)
{
	if (is_over(flow->seen, key->proto, flow->state, pass->self->now) && bpf_map_delete_elem(map, key) == 0)
		pass->self->flows++;
	return 0;
}

static long sweep_nat(void *map, struct flow_key *key, struct nat *nat, struct pass *pass)
{
	if (is_over(nat->seen, key->proto, nat->state, pass->self->now) && bpf_map_delete_elem(map, key) == 0)
		pass->self->nat++;
	return 0;
}

static long sweep_affinity(void *map, struct affinity_key *key, struct affinity *affinity, struct pass *pass)
{
	if (is_older(affinity->seen, LB_LIFE_AFFINITY * LB_SECOND, pass) && bpf_map_delete_elem(map, key) == 0)
		pass->self->others++;
	return 0;
}

static long sweep_fragment(void *map, struct fragment_key *key, struct fragment *fragment, struct pass *pass)
{
	if (is_older(fragment->seen, LB_FRAGMENT_LIFE, pass) && bpf_map_delete_elem(map, key) == 0)
		pass->self->others++;
	return 0;
}

/* The programs count in interrupts that may come between. */
static __always_inline void did_many(enum lb_activity what, __u64 many)
{
	__u32 index = what;
	__u64 *n = bpf_map_lookup_elem(&activity, &index);

	if (n && many)
		__sync_fetch_and_add(n, many);
}

static __always_inline void end_pass(struct sweeper *self)
{
	__u64 wait = SWEEP_EVERY;

	did_many(LB_ACTIVITY_FLOW_CLOSED, self->flows);
	did_many(LB_ACTIVITY_NAT_CLOSED, self->nat);
	if (wait < self->took * SWEEP_SHARE)
		wait = self->took * SWEEP_SHARE;
	self->state.began = self->now;
	self->state.took = self->took;
	self->state.next = bpf_ktime_get_ns() + wait;
	self->state.deleted += self->flows + self->nat + self->others;
	self->state.passes++;
	bpf_timer_start(&self->timer, wait, 0);
}

/* In a worker, once for each map of a pass: in between, others of its CPU have their turn. */
static int sweep_map(void *map, int *key, void *value)
{
	struct sweeper *self = value;
	struct pass pass = { .self = self };
	__u64 began = bpf_ktime_get_ns();
	__u32 step = self->step;

	(void)map;
	(void)key;
	switch (step) {
	case 0:
		self->now = began;
		self->took = self->flows = self->nat = self->others = 0;
		bpf_for_each_map_elem(&flows, sweep_flow, &pass, 0);
		break;
	case 1:
		bpf_for_each_map_elem(&nat, sweep_nat, &pass, 0);
		break;
	case 2:
		bpf_for_each_map_elem(&affinities, sweep_affinity, &pass, 0);
		break;
	default:
		bpf_for_each_map_elem(&fragments, sweep_fragment, &pass, 0);
	}
	self->took += bpf_ktime_get_ns() - began;
	self->step = step < 3 ? step + 1 : 0;
	if (step < 3)
		bpf_wq_start(&self->work, 0);
	else
		end_pass(self);
	return 0;
}

/* In an interrupt. */
static int wake(void *map, int *key, struct sweeper *self)
{
	(void)map;
	(void)key;
	bpf_wq_start(&self->work, 0);
	return 0;
}

struct start {
	__u64 build;
};

/* Run once by the loader: the first pass begins at once. Returns a negative errno. */
SEC("syscall")
int start_sweeping(struct start *how)
{
	__u32 index = 0;
	struct sweeper *self = bpf_map_lookup_elem(&sweeper, &index);
	int failed;

	if (!self)
		return -2;
	self->state.build = how->build;
	failed = bpf_timer_init(&self->timer, &sweeper, CLOCK_MONOTONIC);
	if (!failed)
		failed = bpf_timer_set_callback(&self->timer, wake);
	if (!failed)
		failed = bpf_wq_init(&self->work, &sweeper, 0);
	if (!failed)
		failed = bpf_wq_set_callback_impl(&self->work, sweep_map, 0, NULL);
	if (!failed)
		failed = bpf_wq_start(&self->work, 0);
	return failed;
}
