/* SPDX-License-Identifier: MIT */
/* The frame around a packet that leaves: its head is moved so that it ends where the IP packet begins. */
#ifndef LB_FRAME_H
#define LB_FRAME_H

#include "lb_hop.h"

/* By words, wherever they stand. */
static __always_inline void copy_macs(void *to, const void *from)
{
	((__u32 *)to)[0] = ((const __u32 *)from)[0];
	((__u32 *)to)[1] = ((const __u32 *)from)[1];
	((__u32 *)to)[2] = ((const __u32 *)from)[2];
}

/* Bytes in front of the IP packet when it leaves by a hop. */
static __always_inline __u32 frame_header(const struct hop *hop)
{
	return sizeof(struct eth_header) + (unlikely(hop->tag) && has(LB_FEATURE_VLAN) ? sizeof(struct vlan_header) : 0);
}

/*
 * Moves the head so that the frame's header and `growth` bytes of an outer one stand before the packet, and fills the
 * frame's header in. Pointers into the packet are void afterwards. What comes behind it, or NULL: no room.
 */
static __always_inline void *reframe(struct xdp_md *ctx, const struct packet *p, const struct hop *hop, __u32 growth, __be16 type)
{
	int delta = (int)(frame_header(hop) + growth) - p->offset;
	struct vlan_header *tag;
	struct eth_header *eth;

	if (delta && bpf_xdp_adjust_head(ctx, -delta))
		return NULL;
	eth = (void *)(long)ctx->data;
	tag = (void *)(eth + 1);
	if ((void *)(tag + 1) > (void *)(long)ctx->data_end)
		return NULL;
	copy_macs(eth, hop->macs);
	if (unlikely(hop->tag) && has(LB_FEATURE_VLAN)) {
		eth->type = bpf_htons(ETHERTYPE_VLAN);
		tag->tci = hop->tag;
		tag->type = type;
		return tag + 1;
	}
	eth->type = type;
	return eth + 1;
}

static __always_inline int send(struct xdp_md *ctx, const struct hop *hop)
{
	if (hop->ifindex == ctx->ingress_ifindex)
		return XDP_TX;
	return bpf_redirect(hop->ifindex, 0);
}

static __always_inline __be16 ethertype_of(const struct packet *p)
{
	return p->family == 4 ? bpf_htons(ETHERTYPE_IPV4) : bpf_htons(ETHERTYPE_IPV6);
}

#endif
