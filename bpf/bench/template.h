/* SPDX-License-Identifier: MIT */
/* A frame to be written again and again, each time of another flow: the client's address and port vary. */
#ifndef BENCH_TEMPLATE_H
#define BENCH_TEMPLATE_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#define MAX_FRAME 80
/* The frames' lengths are constants, so that writing one is a run of plain stores. */
#define FRAME_IPV4 64
#define FRAME_IPV6 80
#define IPV4_CHECK_AT 24
#define IPV4_SOURCE_AT 26
#define IPV4_PORTS_AT 34
/* The last word of the source address varies. */
#define IPV6_SOURCE_AT 34
#define IPV6_PORTS_AT 54

struct template {
	__u32 state;		/* of the generator, or the number of the last flow */
	__u32 mask;		/* flows less one; a power of two less one */
	__u32 in_order;		/* flow numbers one after the other; else drawn at random */
	__u32 sum;		/* of the IPv4 header without source and checksum; where one is wanted */
	__u8 frame[MAX_FRAME];
	__u32 answers;		/* a dialogue's: the next run is the answer to what the last one left */
};

struct template template SEC(".data.template");

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

/* In network byte order; different flows have different pairs. */
static __always_inline __be32 address_of(__u32 flow)
{
	return bpf_htonl(0x10000000 | (flow & 0xffffff));
}

static __always_inline __be16 port_of(__u32 flow)
{
	return bpf_htons(1024 + ((flow & 0x7f) << 8 | flow >> 24));
}

/* Stores have the widths that headers are read with: a load that had to put the bytes of several together would wait for them. */
static __always_inline void write_frame(void *to, __u32 length, __u32 address_at, __u32 ports_at, __u32 flow)
{
	*(__u32 *)to = *(__u32 *)template.frame;
	*(__u16 *)(to + 4) = *(__u16 *)(template.frame + 4);
	*(__u32 *)(to + 6) = *(__u32 *)(template.frame + 6);
	*(__u16 *)(to + 10) = *(__u16 *)(template.frame + 10);
	*(__u16 *)(to + 12) = *(__u16 *)(template.frame + 12);
#pragma clang loop unroll(full)
	for (__u32 at = 14; at + 4 <= length; at += 4) {
		__u32 word = *(__u32 *)(template.frame + at);

		if (at == address_at)
			word = address_of(flow);
		if (at == ports_at)
			word = (word & bpf_htonl(0xffff)) | port_of(flow);
		*(volatile __u32 *)(to + at) = word;
	}
	*(__u16 *)(to + length - 2) = *(__u16 *)(template.frame + length - 2);
}

#endif
