/* SPDX-License-Identifier: MIT */
/* The least that a balancer of each kind can do: no counters, no route, no neighbour, no checks beyond memory safety. */
#include "floor.h"

struct flows {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1048576);
	__type(key, struct tuple);
	__type(value, __be32);
};

struct flows flows SEC(".maps");

/* What becomes of a flow's packets. */
struct translation {
	__be32 src;
	__be32 dst;
	__be16 sport;
	__be16 dport;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 2097152);
	__type(key, struct tuple);
	__type(value, struct translation);
} nat SEC(".maps");

char LICENSE[] SEC("license") = "Dual MIT/GPL";

SEC("xdp")
int floor_drop(struct xdp_md *ctx)
{
	return XDP_DROP;
}

SEC("xdp")
int floor_pass(struct xdp_md *ctx)
{
	return XDP_PASS;
}

/* Not ours: the bare parse and one look-up. */
SEC("xdp")
int floor_lookup(struct xdp_md *ctx)
{
	struct headers h;

	if (parse_ipv4(ctx, &h) && find_vip_ipv4(&h))
		return XDP_TX;
	return XDP_PASS;
}

SEC("xdp")
int floor_swap(struct xdp_md *ctx)
{
	struct headers h;

	if (!parse_ipv4(ctx, &h))
		return XDP_PASS;
	swap_macs(h.eth);
	return XDP_TX;
}

static __always_inline __be32 *choose(const struct headers *h)
{
	__u32 *base = find_vip_ipv4(h);

	return base ? ring_slot(*base, hash_ipv4(h)) : NULL;
}

SEC("xdp")
int floor_ring_l2(struct xdp_md *ctx)
{
	struct headers h;
	__be32 *backend;

	if (!parse_ipv4(ctx, &h))
		return XDP_PASS;
	backend = choose(&h);
	if (!backend)
		return XDP_PASS;
	set_macs(h.eth, *backend);
	return XDP_TX;
}

SEC("xdp")
int floor_ring(struct xdp_md *ctx)
{
	struct headers h;
	__be32 *backend;

	if (!parse_ipv4(ctx, &h))
		return XDP_PASS;
	backend = choose(&h);
	return backend ? wrap_and_send(ctx, h.ip->length, *backend) : XDP_PASS;
}

static __always_inline int wrap_in_ipv6(struct xdp_md *ctx, __be16 payload, __be32 backend)
{
	__be16 length = bpf_htons(bpf_ntohs(payload) + sizeof(struct ipv6_header));
	struct eth_header *eth;
	struct ipv6_header *ip;

	if (bpf_xdp_adjust_head(ctx, -(int)sizeof(*ip)))
		return XDP_DROP;
	eth = (void *)(long)ctx->data;
	ip = (void *)(eth + 1);
	if ((void *)(ip + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	set_macs(eth, backend);
	eth->type = bpf_htons(ETHERTYPE_IPV6);
	ip->version_class_label = bpf_htonl(6u << 28);
	ip->payload = length;
	ip->next = PROTO_IPV6;
	ip->hop_limit = 64;
	ip->src[0] = ip->dst[0] = bpf_htonl(0xfd000001);
	ip->src[1] = ip->dst[1] = 0;
	ip->src[2] = ip->dst[2] = 0;
	ip->src[3] = bpf_htonl(1);
	ip->dst[3] = backend;
	return XDP_TX;
}

SEC("xdp")
int floor_ring_ipv6(struct xdp_md *ctx)
{
	struct headers h;
	__be32 *backend;
	__u32 *base;

	if (!parse_ipv6(ctx, &h))
		return XDP_PASS;
	base = find_vip_ipv6(&h);
	if (!base)
		return XDP_PASS;
	backend = ring_slot(*base, hash_ipv6(&h));
	return backend ? wrap_in_ipv6(ctx, h.ip6->payload, *backend) : XDP_PASS;
}

static __always_inline void fill_tuple(struct tuple *t, const struct headers *h)
{
	t->src = h->ip->src;
	t->dst = h->ip->dst;
	t->sport = h->l4->sport;
	t->dport = h->l4->dport;
	t->proto = h->ip->proto;
}

/* Which service, which backend so far; on a miss, which backend from now on. */
SEC("xdp")
int floor_lru(struct xdp_md *ctx)
{
	__u32 *base;
	__be32 *known, backend;
	struct headers h;
	struct tuple t;

	if (!parse_ipv4(ctx, &h))
		return XDP_PASS;
	base = find_vip_ipv4(&h);
	if (!base)
		return XDP_PASS;
	fill_tuple(&t, &h);
	known = bpf_map_lookup_elem(&flows, &t);
	if (!known) {
		known = ring_slot(*base, hash_ipv4(&h));
		if (!known)
			return XDP_PASS;
		backend = *known;
		bpf_map_update_elem(&flows, &t, &backend, BPF_ANY);
		return wrap_and_send(ctx, h.ip->length, backend);
	}
	return wrap_and_send(ctx, h.ip->length, *known);
}

/* Two 32-bit sums differ by this, in ones' complement; `check` covers them. */
static __always_inline __u32 change32(__u32 was, __u32 is)
{
	return (~was & 0xffff) + (~was >> 16) + (is & 0xffff) + (is >> 16);
}

static __always_inline int translate(const struct headers *h, const struct translation *to)
{
	__u32 addresses = change32(h->ip->src, to->src) + change32(h->ip->dst, to->dst);
	__u32 ports = change32(h->l4->sport | (__u32)h->l4->dport << 16, to->sport | (__u32)to->dport << 16);
	__sum16 *check = &h->l4->check;

	if (h->ip->proto == PROTO_TCP) {
		struct tcp_header *tcp = (void *)h->l4;

		if ((void *)(tcp + 1) > h->end)
			return XDP_DROP;
		check = &tcp->check;
	}
	*check = ~fold32((__u16)~*check + addresses + ports);
	h->ip->check = ~fold32((__u16)~h->ip->check + addresses);
	h->ip->src = to->src;
	h->ip->dst = to->dst;
	h->l4->sport = to->sport;
	h->l4->dport = to->dport;
	set_macs(h->eth, to->dst);
	return XDP_TX;
}

/* Opens a flow: the way there and the way back. */
static __always_inline int open_flow(const struct headers *h, const struct tuple *t)
{
	__be32 *backend = choose(h);
	__u32 hash = hash_ipv4(h);
	struct translation there, back = { .src = t->dst, .dst = t->src, .sport = t->dport, .dport = t->sport };
	struct tuple reply;

	if (!backend)
		return XDP_PASS;
	there = (struct translation){ .src = bpf_htonl(0x0a010000 | (hash & 0xff)), .dst = *backend,
				      .sport = bpf_htons(1024 + (hash >> 8 & 0x7fff)), .dport = t->dport };
	reply = (struct tuple){ .src = there.dst, .dst = there.src, .sport = there.dport, .dport = there.sport, .proto = t->proto };
	/* A port that another flow has already would be tried again; here it is taken from it. */
	bpf_map_update_elem(&nat, &reply, &back, BPF_ANY);
	bpf_map_update_elem(&nat, t, &there, BPF_ANY);
	return translate(h, &there);
}

SEC("xdp")
int floor_nat(struct xdp_md *ctx)
{
	struct translation *known;
	struct headers h;
	struct tuple t;

	if (!parse_ipv4(ctx, &h))
		return XDP_PASS;
	fill_tuple(&t, &h);
	known = bpf_map_lookup_elem(&nat, &t);
	return known ? translate(&h, known) : open_flow(&h, &t);
}
