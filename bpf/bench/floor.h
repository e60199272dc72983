/* SPDX-License-Identifier: MIT */
/* What the floor programs share: the least parsing, the least tables, the least encapsulation. */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "../lb_wire.h"

#define RING_SLOTS 16381

struct vip_ipv4 {
	__be32 addr;
	__be16 port;
	__u8 proto;
	__u8 pad;
};

struct vip_ipv6 {
	__be32 addr[4];
	__be16 port;
	__u8 proto;
	__u8 pad;
};

struct tuple {
	__be32 src;
	__be32 dst;
	__be16 sport;
	__be16 dport;
	__u32 proto;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vip_ipv4);
	__type(value, __u32);	/* first slot of the ring */
} vips_ipv4 SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, struct vip_ipv6);
	__type(value, __u32);
} vips_ipv6 SEC(".maps");

/* A slot is a backend's address; of an IPv6 one the last word. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, RING_SLOTS);
	__type(key, __u32);
	__type(value, __be32);
} ring SEC(".maps");

/* Headers of a packet that a floor program goes on with. */
struct headers {
	struct eth_header *eth;
	union {
		struct ipv4_header *ip;
		struct ipv6_header *ip6;
	};
	struct udp_header *l4;	/* the ports are at the same place in TCP */
	void *end;
};

static __always_inline bool parse_ipv4(struct xdp_md *ctx, struct headers *h)
{
	h->end = (void *)(long)ctx->data_end;
	h->eth = (void *)(long)ctx->data;
	h->ip = (void *)(h->eth + 1);
	h->l4 = (void *)(h->ip + 1);
	if ((void *)(h->l4 + 1) > h->end || h->eth->type != bpf_htons(ETHERTYPE_IPV4))
		return false;
	if (h->ip->version_length != 0x45 || (h->ip->fragment & bpf_htons(IPV4_FRAGMENT)))
		return false;
	return h->ip->proto == PROTO_TCP || h->ip->proto == PROTO_UDP;
}

static __always_inline bool parse_ipv6(struct xdp_md *ctx, struct headers *h)
{
	h->end = (void *)(long)ctx->data_end;
	h->eth = (void *)(long)ctx->data;
	h->ip6 = (void *)(h->eth + 1);
	h->l4 = (void *)(h->ip6 + 1);
	if ((void *)(h->l4 + 1) > h->end || h->eth->type != bpf_htons(ETHERTYPE_IPV6))
		return false;
	return h->ip6->next == PROTO_TCP || h->ip6->next == PROTO_UDP;
}

static __always_inline __u32 *find_vip_ipv4(const struct headers *h)
{
	struct vip_ipv4 key = { .addr = h->ip->dst, .port = h->l4->dport, .proto = h->ip->proto };

	return bpf_map_lookup_elem(&vips_ipv4, &key);
}

static __always_inline __u32 *find_vip_ipv6(const struct headers *h)
{
	const __be32 *dst = h->ip6->dst;
	struct vip_ipv6 key = { .addr = { dst[0], dst[1], dst[2], dst[3] }, .port = h->l4->dport, .proto = h->ip6->next };

	return bpf_map_lookup_elem(&vips_ipv6, &key);
}

static __always_inline __u64 mix(__u64 hash, __u64 word)
{
	hash = (hash ^ word) * 0x9e3779b97f4a7c15ULL;
	return hash ^ hash >> 32;
}

static __always_inline __u32 hash_ipv4(const struct headers *h)
{
	__u64 hash = mix(h->ip->proto, (__u64)h->ip->src << 32 | h->ip->dst);

	return mix(hash, (__u32)h->l4->sport << 16 | h->l4->dport) >> 16;
}

static __always_inline __u32 hash_ipv6(const struct headers *h)
{
	const struct ipv6_header *ip = h->ip6;
	__u64 hash = mix(ip->next, (__u64)ip->src[0] << 32 | ip->src[1]);

	hash = mix(hash, (__u64)ip->src[2] << 32 | ip->src[3]);
	hash = mix(hash, (__u64)ip->dst[0] << 32 | ip->dst[1]);
	hash = mix(hash, (__u64)ip->dst[2] << 32 | ip->dst[3]);
	return mix(hash, (__u32)h->l4->sport << 16 | h->l4->dport) >> 16;
}

static __always_inline __be32 *ring_slot(__u32 base, __u32 hash)
{
	__u32 slot = base + (__u32)((__u64)hash * RING_SLOTS >> 32);

	return bpf_map_lookup_elem(&ring, &slot);
}

static __always_inline void set_macs(struct eth_header *eth, __be32 next)
{
	*(__u16 *)eth->dst = bpf_htons(0x0200);
	*(__u32 *)(eth->dst + 2) = next;
	*(__u16 *)eth->src = bpf_htons(0x0200);
	*(__u32 *)(eth->src + 2) = bpf_htonl(0x01);
}

static __always_inline void swap_macs(struct eth_header *eth)
{
	__u8 was[6];

	__builtin_memcpy(was, eth->dst, sizeof(was));
	__builtin_memcpy(eth->dst, eth->src, sizeof(was));
	__builtin_memcpy(eth->src, was, sizeof(was));
}

static __always_inline __u16 fold32(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return sum + (sum >> 16);
}

/* Wraps in an IPv4 header of constant source. */
static __always_inline int wrap_and_send(struct xdp_md *ctx, __be16 inner, __be32 backend)
{
	const __be32 source = bpf_htonl(0x0a010001);
	__be16 length = bpf_htons(bpf_ntohs(inner) + sizeof(struct ipv4_header));
	struct eth_header *eth;
	struct ipv4_header *ip;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
		return XDP_DROP;
	eth = (void *)(long)ctx->data;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	set_macs(eth, backend);
	eth->type = bpf_htons(ETHERTYPE_IPV4);
	ip->version_length = 0x45;
	ip->tos = 0;
	ip->length = length;
	ip->id = 0;
	ip->fragment = bpf_htons(IPV4_DONT_FRAGMENT);
	ip->ttl = 64;
	ip->proto = PROTO_IPV4;
	ip->src = source;
	ip->dst = backend;
	ip->check = ~fold32(bpf_htons(0x4500) + length + bpf_htons(IPV4_DONT_FRAGMENT) + bpf_htons(64 << 8 | PROTO_IPV4) +
			    (source & 0xffff) + (source >> 16) + (backend & 0xffff) + (backend >> 16));
	return XDP_TX;
}

#endif
