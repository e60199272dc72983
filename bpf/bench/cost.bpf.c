/* SPDX-License-Identifier: MIT */
/* Programs whose cost is known, to hold the method against. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

/* Multiplications in a step; each needs the result of the one before. */
#define STEP 32
#define MAX_STEPS 256

struct chain {
	__u32 steps;		/* of a run */
	__u32 rounds;		/* of a timed run, each of so many steps */
	__u64 result;		/* so that nothing is optimised away */
	__u64 elapsed;		/* ns of a timed run, by the kernel's clock */
};

struct chain chain SEC(".data.chain");

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline __u64 multiply(__u64 x, __u32 steps)
{
	for (__u32 i = 0; i < MAX_STEPS; i++) {
		if (i >= steps)
			break;
#pragma clang loop unroll(full)
		for (int k = 0; k < STEP; k++) {
			x *= 0x9e3779b97f4a7c15ULL;
			/* Keeps two multiplications by constants from becoming one. */
			asm volatile("" : "+r"(x));
		}
	}
	return x;
}

SEC("xdp")
int cost_chain(struct xdp_md *ctx)
{
	chain.result = multiply(chain.result | 1, chain.steps);
	return XDP_DROP;
}

static long one_round(__u32 index, void *unused)
{
	chain.result = multiply(chain.result | 1, chain.steps);
	return 0;
}

/* The same work in one run, timed from inside: no wrapper, no test run's clock. */
SEC("xdp")
int cost_timed(struct xdp_md *ctx)
{
	__u64 began = bpf_ktime_get_ns();

	bpf_loop(chain.rounds, one_round, NULL, 0);
	chain.elapsed = bpf_ktime_get_ns() - began;
	return XDP_DROP;
}
