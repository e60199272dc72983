/* SPDX-License-Identifier: MIT */
/* The Internet checksum (RFC 1071): ones' complement sums, kept in 32 or 64 bits and folded at the end. */
#ifndef LB_CHECKSUM_H
#define LB_CHECKSUM_H

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

/* Of everything from `at` to the end of the packet, at most `max` bytes (a constant, a multiple of 4);
 * `at` has an even offset. */
static __always_inline __u64 sum_to_end(const void *at, const void *end, __u32 max)
{
	__u64 sum = 0;

	for (__u32 i = 0; i < max / 4; i++) {
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
	return sum;
}

#endif
