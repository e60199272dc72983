/* SPDX-License-Identifier: MIT */
/* Both ends of a wire: packets as fast as the kernel takes them, and what comes out at the other end, counted. */
#include "template.h"
#include "../lb_wire.h"

/* Backends have addresses in 10.128.0.0/9, VIPs below. */
#define BACKENDS bpf_htonl(0x0a800000)
#define BACKENDS_MASK bpf_htonl(0xff800000)

enum arrival {
	TO_BACKEND,
	OTHER,
	ARRIVALS,
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, ARRIVALS);
	__type(key, __u32);
	__type(value, __u64);
} arrivals SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";

static __always_inline __u16 fold(__u64 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16);
}

/* Of a test run with live frames: what it answers XDP_TX to leaves by the interface. A stack on the way checks the header. */
SEC("xdp")
int wire_generate(struct xdp_md *ctx)
{
	void *frame = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 flow;

	if (frame + FRAME_IPV4 > end)
		return XDP_ABORTED;
	flow = next_flow();
	write_frame(frame, FRAME_IPV4, IPV4_SOURCE_AT, IPV4_PORTS_AT, flow);
	*(__u16 *)(frame + IPV4_CHECK_AT) = ~fold((__u64)template.sum + address_of(flow));
	return XDP_TX;
}

/* Counts what is for a backend, translated or wrapped, apart from all else. */
SEC("xdp")
int wire_count(struct xdp_md *ctx)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	struct ipv4_header *ip = (void *)(eth + 1);
	__u32 kind = OTHER;
	__u64 *n;

	if ((void *)(ip + 1) <= (void *)(long)ctx->data_end && eth->type == bpf_htons(ETHERTYPE_IPV4) &&
	    (ip->dst & BACKENDS_MASK) == BACKENDS)
		kind = TO_BACKEND;
	n = bpf_map_lookup_elem(&arrivals, &kind);
	if (n)
		(*n)++;
	return XDP_DROP;
}
