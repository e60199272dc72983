/* SPDX-License-Identifier: MIT */
/*
 * Runs another program on a pristine packet, again and again: BPF_PROG_TEST_RUN with `repeat` leaves the packet as the
 * program left it, so that one that encapsulates would see its own output from the second run on. The wrapper takes
 * back what the packet grew by at its head, writes the template over it with the flow of this run, and tail-calls the program.
 */
#include "template.h"
#include "../lb_wire.h"

#define MAX_GROWTH 64

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* The head is restored after the stores, so that they are done when the program begins to read: no packet from a wire
 * makes it wait for them. An empty program has the same call before it as one that grows its packets. */
static __always_inline int run(struct xdp_md *ctx, __u32 length, __u32 address_at, __u32 ports_at)
{
	__u64 growth = (__u64)ctx->data_end - (__u64)ctx->data - length;
	void *to = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;

	if (growth > MAX_GROWTH)
		return XDP_ABORTED;
	to += growth;
	if (to + length > end)
		return XDP_ABORTED;
	write_frame(to, length, address_at, ports_at, next_flow());
	if (bpf_xdp_adjust_head(ctx, growth))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int wrap_ipv4(struct xdp_md *ctx)
{
	return run(ctx, FRAME_IPV4, IPV4_SOURCE_AT, IPV4_PORTS_AT);
}

SEC("xdp")
int wrap_ipv6(struct xdp_md *ctx)
{
	return run(ctx, FRAME_IPV6, IPV6_SOURCE_AT, IPV6_PORTS_AT);
}

static __always_inline void swap(void *a, void *b, __u32 words)
{
	__u16 *x = a, *y = b;

	for (__u32 i = 0; i < words; i++) {
		__u16 was = x[i];

		x[i] = y[i];
		y[i] = was;
	}
}

/*
 * Every second run is a backend's answer: what the program made of the packet before, turned round, a SYN confirmed.
 * For programs that translate, whose packets do not grow.
 */
SEC("xdp")
int wrap_dialogue_ipv4(struct xdp_md *ctx)
{
	struct eth_header *eth = (void *)(long)ctx->data;
	struct ipv4_header *ip = (void *)(eth + 1);
	struct tcp_header *tcp = (void *)(ip + 1);

	if ((void *)eth + FRAME_IPV4 > (void *)(long)ctx->data_end)
		return XDP_ABORTED;
	if (template.answers) {
		swap(eth->dst, eth->src, sizeof(eth->dst) / 2);
		swap(&ip->src, &ip->dst, sizeof(ip->src) / 2);
		swap(&tcp->sport, &tcp->dport, sizeof(tcp->sport) / 2);
		if (ip->proto == PROTO_TCP && (tcp->flags & TCP_SYN))
			tcp->flags |= TCP_ACK;
	} else {
		write_frame(eth, FRAME_IPV4, IPV4_SOURCE_AT, IPV4_PORTS_AT, next_flow());
	}
	template.answers = !template.answers;
	if (bpf_xdp_adjust_head(ctx, 0))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &target, 0);
	return XDP_ABORTED;
}
