/* SPDX-License-Identifier: MIT */
/*
 * ICMP errors about translated flows. An error quotes the packet that it is about, so it is translated twice: itself, and
 * what it quotes, backwards. From the clients' side it quotes an answer of the VIP and goes to the backend; from the
 * backends' side it quotes what we sent on and goes to the client.
 */
#ifndef LB_NAT_ICMP_H
#define LB_NAT_ICMP_H

#include "lb_nat.h"

#define LB_MAX_QUOTED_HEADER 60

/* Errors that a flow's sender is to know of. */
static __always_inline bool is_error(__u8 family, __u8 type)
{
	return family == 4 ? type == 3 || type == 11 || type == 12 : type >= 1 && type <= 4;
}

/*
 * Length of the quoted IP header, and the quoted packet's flow turned round. 0: it has no ports, or was not sent from where
 * the error goes. Of extension headers none is walked past.
 */
static __always_inline __u32 turn(struct flow_key *turned, const struct packet *p, const void *quote, const void *end)
{
	const struct ipv4_header *ip4 = quote;
	const struct ipv6_header *ip6 = quote;
	const struct udp_header *ports;
	__u64 header;

	__builtin_memset(turned, 0, sizeof(*turned));
	if (has(LB_FEATURE_IPV4) && p->family == 4) {
		if ((void *)(ip4 + 1) > end || ip4->version_length >> 4 != 4 || (ip4->fragment & bpf_htons(IPV4_OFFSET)))
			return 0;
		header = (ip4->version_length & 0xf) * 4;
		map_ipv4(turned->saddr, ip4->dst);
		map_ipv4(turned->daddr, ip4->src);
		turned->proto = ip4->proto;
	} else {
		if ((void *)(ip6 + 1) > end || bpf_ntohl(ip6->version_class_label) >> 28 != 6)
			return 0;
		header = sizeof(*ip6);
		copy_ipv6(turned->saddr, ip6->dst);
		copy_ipv6(turned->daddr, ip6->src);
		turned->proto = ip6->next;
	}
	if (header < sizeof(*ip4) || (turned->proto != PROTO_TCP && turned->proto != PROTO_UDP) || !same_addr(turned->daddr, p->flow.daddr))
		return 0;
	ports = quote + header;
	if ((void *)(ports + 1) > end || p->l4 + sizeof(struct icmp_header) + header + sizeof(*ports) > p->length)
		return 0;
	turned->sport = ports->dport;
	turned->dport = ports->sport;
	return header;
}

/* The quoted transport header, as far as it is there. Answers what the sum over it grows by. */
static __always_inline __u64 rewrite_quoted(void *l4, void *end, __u8 proto, bool has_check, const struct flow_key *to, __u64 change)
{
	struct udp_header *udp = l4;
	struct tcp_header *tcp = l4;
	__u64 ports;

	if ((void *)(udp + 1) > end)
		return 0;
	ports = set16(&udp->sport, to->sport) + set16(&udp->dport, to->dport);
	if (proto == PROTO_UDP)
		return ports + set16(&udp->check, changed_udp(udp->check, change + ports));
	if (!has_check || (void *)(&tcp->check + 1) > end)
		return ports;
	return ports + set16(&tcp->check, changed(tcp->check, change + ports));
}

/* Gives an error and what it quotes (a header of `header` bytes, and a transport's) the ends of `to`. */
static __always_inline bool rewrite_error(const struct packet *p, void *l3, void *end, __u32 header, const struct nat_work *to, __u8 hops)
{
	bool has_check = p->l4 + sizeof(struct icmp_header) + header + __builtin_offsetof(struct tcp_header, urgent) <= p->length;
	__u64 l4 = p->l4, length = header, change, sum;
	struct icmp_header *icmp;
	void *quote;

	/* Kept as they are, so that what is checked is what is used. */
	asm volatile("" : "+r"(l4), "+r"(length));
	if (l4 > LB_MAX_L4 || length > LB_MAX_QUOTED_HEADER)
		return false;
	icmp = l3 + l4;
	asm volatile("" : "+r"(icmp));
	quote = icmp + 1;
	if (has(LB_FEATURE_IPV4) && p->family == 4) {
		struct ipv4_header *ip = l3, *inner = quote;

		if ((void *)(ip + 1) > end || (void *)(inner + 1) > end)
			return false;
		sum = set32(&ip->src, mapped_ipv4(to->error_saddr)) + set32(&ip->dst, mapped_ipv4(to->error_daddr));
		ip->ttl -= hops;
		ip->check = changed(ip->check, sum + (hops ? bpf_htons((__u16)~0x100) : 0));
		change = set32(&inner->src, mapped_ipv4(to->quoted.saddr)) + set32(&inner->dst, mapped_ipv4(to->quoted.daddr));
		sum = change + set16(&inner->check, changed(inner->check, change));
	} else {
		struct ipv6_header *ip = l3, *inner = quote;

		if ((void *)(ip + 1) > end || (void *)(inner + 1) > end)
			return false;
		sum = set_ipv6(ip->src, (const void *)to->error_saddr) + set_ipv6(ip->dst, (const void *)to->error_daddr);
		ip->hop_limit -= hops;
		change = set_ipv6(inner->src, (const void *)to->quoted.saddr) + set_ipv6(inner->dst, (const void *)to->quoted.daddr);
		sum += change;
	}
	sum += rewrite_quoted(quote + length, end, to->quoted.proto, has_check, &to->quoted, change);
	icmp->check = changed(icmp->check, sum);
	return true;
}

/* An error with the ends of `to`, out by `hop`; one without a way (its `result`) is left to the stack. */
__global int send_error(struct xdp_md *ctx, struct packet *given, struct hop *hop, struct nat_work *to, __u32 header)
{
	struct packet p;
	bool out;

	if (!given || !hop || !to)
		return drop(LB_DROP_INTERNAL);
	out = hop->result == LB_ROUTE_OUT;
	if (out && given->length > hop->mtu)
		return drop(LB_DROP_TOO_BIG);
	p.offset = given->offset;
	if (!reopen(ctx, &p) || !rewrite_error(given, p.l3, p.end, header, to, out))
		return drop(LB_DROP_INTERNAL);
	if (!out)
		return XDP_PASS;
	if (!reframe(ctx, given, hop, 0, ethertype_of(given)))
		return drop(LB_DROP_NO_HEADROOM);
	return send(ctx, hop);
}

/* About an answer of a VIP; `work->back` is its flow. */
__global int error_forth(struct xdp_md *ctx, struct packet *p, struct nat_work *work, __u32 header)
{
	void *configuration = live_configuration();
	struct service *service;
	struct backend *backend;
	struct flow_key *flow_of;
	struct flow *flow;
	struct hop *hop;
	int verdict;

	if (!p || !work || !configuration)
		return -1;
	flow_of = &work->back;
	service = service_of_flow(configuration, flow_of);
	if (!service || !translates(service))
		return -1;
	flow = bpf_map_lookup_elem(&flows, flow_of);
	if (!flow || (service->mode == LB_MODE_SNAT && !flow->nat_family))
		return -1;
	backend = remembered_row(flow->backend, flow->birth, service);
	if (!backend || backend->family != p->family)
		return -1;
	hop = next_hop(ctx, p, service, flow->backend);
	if (!hop)
		return drop(LB_DROP_INTERNAL);
	if (hop->result == LB_ROUTE_UP)
		return XDP_PASS;
	if (!finds_way(service, hop))
		return drop(hop->reason);
	__builtin_memcpy(work->error_saddr, p->flow.saddr, sizeof(work->error_saddr));
	__builtin_memcpy(work->error_daddr, backend->addr, sizeof(work->error_daddr));
	__builtin_memcpy(work->quoted.saddr, backend->addr, sizeof(work->quoted.saddr));
	__builtin_memcpy(work->quoted.daddr, flow->nat_family ? flow->nat_addr : flow_of->saddr, sizeof(work->quoted.daddr));
	work->quoted.sport = backend->port ? backend->port : flow_of->dport;
	work->quoted.dport = flow->nat_family ? flow->nat_port : flow_of->sport;
	verdict = send_error(ctx, p, hop, work, header);
	if ((verdict & 0xff) != XDP_DROP)
		did(LB_ACTIVITY_ICMP_FORWARDED);
	return verdict;
}

/* About a packet to a backend; `work->back` is its answer's. What the backend itself says comes from the VIP, for all that
 * the client knows. */
__global int error_back(struct xdp_md *ctx, struct packet *p, struct nat_work *work, struct nat *entry, __u32 header)
{
	struct hop up = { .result = LB_ROUTE_UP }, *hop;
	int verdict;

	if (!p || !work || !entry)
		return -1;
	__builtin_memcpy(work->error_saddr, same_addr(p->flow.saddr, work->back.saddr) ? entry->vip : p->flow.saddr, sizeof(work->error_saddr));
	__builtin_memcpy(work->error_daddr, entry->client, sizeof(work->error_daddr));
	__builtin_memcpy(work->quoted.saddr, entry->client, sizeof(work->quoted.saddr));
	__builtin_memcpy(work->quoted.daddr, entry->vip, sizeof(work->quoted.daddr));
	work->quoted.sport = entry->client_port;
	work->quoted.dport = entry->vip_port;
	hop = client_way(ctx, p, entry);
	verdict = send_error(ctx, p, hop ? hop : &up, work, header);
	if ((verdict & 0xff) != XDP_DROP)
		did(LB_ACTIVITY_ICMP_RETURNED);
	return verdict;
}

/* An ICMP error that may be about a translated flow: a verdict with its reason, or -1 where no flow of ours is known. */
__global int nat_icmp(struct xdp_md *ctx, struct packet *given)
{
	__u32 first = 0, header;
	struct nat_work *work = bpf_map_lookup_elem(&nat_works, &first);
	struct icmp_header *icmp;
	struct packet p = {};
	struct nat *entry;
	__u64 l4;

	if (!given || !work || given->part != LB_WHOLE || given->defect == LB_DROP_MALFORMED || given->l4 > LB_MAX_L4)
		return -1;
	p.offset = given->offset;
	if (!reopen(ctx, &p))
		return -1;
	l4 = given->l4;
	icmp = p.l3 + l4;
	if ((void *)(icmp + 1) > p.end || !is_error(given->family, icmp->type))
		return -1;
	header = turn(&work->back, given, icmp + 1, p.end);
	if (!header)
		return -1;
	work->quoted.proto = work->back.proto;
	entry = bpf_map_lookup_elem(&nat, &work->back);
	if (entry && is_over(entry->seen, work->back.proto, entry->state, bpf_ktime_get_coarse_ns()))
		return -1;
	if (!entry && !may_be_vip(work->back.daddr))
		return -1;
	if (given->ttl <= 1)
		return XDP_PASS;
	return entry ? error_back(ctx, given, work, entry, header) : error_forth(ctx, given, work, header);
}

#endif
