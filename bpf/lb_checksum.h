/* SPDX-License-Identifier: MIT */
/* The Internet checksum (RFC 1071): ones' complement sums, kept in 32 or 64 bits and folded at the end. */
#ifndef LB_CHECKSUM_H
#define LB_CHECKSUM_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "lb_features.h"
#include "lb_wire.h"

static __always_inline __sum16 fold_checksum(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

/* Of a header of 20 bytes whose checksum field is zero. */
static __always_inline __sum16 ipv4_checksum(const void *ip)
{
	const __u32 *word = ip;

	return fold_checksum((__u64)word[0] + word[1] + word[2] + word[3] + word[4]);
}

/* A checksum after a word of what it covers has changed (RFC 1624, equation 3). */
static __always_inline __sum16 adjust_checksum(__sum16 check, __be16 from, __be16 to)
{
	return fold_checksum((__u64)(__u16)~check + (__u16)~from + to);
}

/* Bytes that `sum_frame` covers at most: an ICMPv6 error, which with its IP header is no longer than 1280. */
#define LB_SUM_MAX 1240

/* Of a frame from an even offset to its end, not inverted. Alone, so that its many ways out are not multiplied by what
 * comes after it. */
__global __u32 sum_frame(struct xdp_md *ctx, __u32 offset)
{
	void *end = (void *)(long)ctx->data_end, *at;
	__u64 sum = 0;

	if (offset > LB_SUM_MAX)
		return 0;
	at = (void *)(long)ctx->data + offset;
	for (__u32 i = 0; i < LB_SUM_MAX / 4; i++) {
		if (at + 4 > end)
			break;
		sum += *(const __u32 *)at;
		at += 4;
	}
	if (at + 2 <= end) {
		sum += *(const __u16 *)at;
		at += 2;
	}
	if (at + 1 <= end)
		sum += bpf_htons((__u16)(*(const __u8 *)at << 8));
	return (__u16)~fold_checksum(sum);
}

#endif
