/* SPDX-License-Identifier: MIT */
/*
 * Runs another program on a pristine packet, again and again: BPF_PROG_TEST_RUN with `repeat` leaves the packet as the
 * program left it, so that one that encapsulates would see its own output from the second run on. The wrapper takes
 * back what the packet grew by at its head, writes the template over it with the flow of this run, and tail-calls the program.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define MAX_FRAME 80
#define MAX_GROWTH 64

/* The frames' lengths are constants, so that writing one is a run of plain stores. */
#define FRAME_IPV4 64
#define FRAME_IPV6 80

struct template {
	__u32 state;		/* of the generator, or the number of the last flow */
	__u32 mask;		/* flows less one; a power of two less one */
	__u32 in_order;		/* flow numbers one after the other; else drawn at random */
	__u32 pad;
	__u8 frame[MAX_FRAME];
};

struct template template SEC(".data.template");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} target SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";

/* Marsaglia's xorshift, "Xorshift RNGs", 2003: three shifts cost the same for all. */
static __always_inline __u32 next_flow(void)
{
	__u32 x = template.state;

	if (template.in_order) {
		x++;
	} else {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
	}
	template.state = x;
	return x & template.mask;
}

/*
 * Stores have the widths that headers are read with, and restoring the head comes after them: a load that has to
 * put a recent store's bytes together would wait for it, which no packet from a wire makes a program do.
 */
static __always_inline int run(struct xdp_md *ctx, __u32 length, __u32 address_at, __u32 ports_at)
{
	__u64 growth = (__u64)ctx->data_end - (__u64)ctx->data - length;
	void *to = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 flow = next_flow();
	__u32 address = bpf_htonl(0x10000000 | (flow & 0xffffff));
	__u32 port = bpf_htons(1024 + ((flow & 0x7f) << 8 | flow >> 24));

	if (growth > MAX_GROWTH)
		return XDP_ABORTED;
	to += growth;
	if (to + length > end)
		return XDP_ABORTED;
	*(__u32 *)to = *(__u32 *)template.frame;
	*(__u16 *)(to + 4) = *(__u16 *)(template.frame + 4);
	*(__u32 *)(to + 6) = *(__u32 *)(template.frame + 6);
	*(__u16 *)(to + 10) = *(__u16 *)(template.frame + 10);
	*(__u16 *)(to + 12) = *(__u16 *)(template.frame + 12);
#pragma clang loop unroll(full)
	for (__u32 at = 14; at + 4 <= length; at += 4) {
		__u32 word = *(__u32 *)(template.frame + at);

		if (at == address_at)
			word = address;
		if (at == ports_at)
			word = (word & bpf_htonl(0xffff)) | port;
		*(volatile __u32 *)(to + at) = word;
	}
	if (bpf_xdp_adjust_head(ctx, growth))
		return XDP_ABORTED;
	bpf_tail_call_static(ctx, &target, 0);
	return XDP_ABORTED;
}

SEC("xdp")
int wrap_ipv4(struct xdp_md *ctx)
{
	return run(ctx, FRAME_IPV4, 26, 34);
}

/* The last word of the source address varies. */
SEC("xdp")
int wrap_ipv6(struct xdp_md *ctx)
{
	return run(ctx, FRAME_IPV6, 34, 54);
}
