/* SPDX-License-Identifier: MIT */
/*
 * What an ICMP error quotes. One that comes to a VIP is about a packet from there, so it quotes what a backend sent to a
 * client; turned round, that is the flow which tells the backend.
 */
#ifndef LB_QUOTE_H
#define LB_QUOTE_H

#include "lb_match.h"
#include "lb_parse.h"

/* Farthest that a transport header may be. */
#define LB_MAX_L4 (sizeof(struct ipv6_header) + LB_EXTENSION_HEADERS * 2048)

/* NULL: a fragment, or no room for a header. `l3` and `end`: the packet's, since it may be one that is plain numbers. */
static __always_inline struct icmp_header *icmp_of(const struct packet *p, void *l3, void *end)
{
	struct icmp_header *icmp;

	if (p->part != LB_WHOLE || p->defect == LB_DROP_MALFORMED || p->l4 > LB_MAX_L4 || p->l4 + sizeof(*icmp) > p->length)
		return NULL;
	icmp = l3 + p->l4;
	return (void *)(icmp + 1) > end ? NULL : icmp;
}

/* Errors that a flow's sender is to know of. */
static __always_inline bool is_icmp_error(const struct packet *p, const struct icmp_header *icmp)
{
	if (p->family == 4)
		return icmp->type == 3 || icmp->type == 11 || icmp->type == 12;
	return icmp->type >= 1 && icmp->type <= 4;
}

/* The ports stand `offset` behind the quote's beginning; both transports have them first. */
static __always_inline bool turn_quote(const struct packet *p, const void *quote, const void *end, __u32 offset, __u8 proto,
				       const __be32 *client, struct flow_key *flow)
{
	const struct udp_header *ports = quote + offset;

	if ((proto != PROTO_TCP && proto != PROTO_UDP) || p->l4 + sizeof(struct icmp_header) + offset + sizeof(*ports) > p->length ||
	    (void *)(ports + 1) > end)
		return false;
	if (p->family == 4)
		map_ipv4(flow->saddr, *client);
	else
		copy_ipv6(flow->saddr, client);
	copy_ipv6(flow->daddr, (const __be32 *)p->flow.daddr);
	flow->sport = ports->dport;
	flow->dport = ports->sport;
	flow->proto = proto;
	flow->pad[0] = flow->pad[1] = flow->pad[2] = 0;
	return true;
}

static __always_inline bool follow_ipv4(const struct packet *p, const struct ipv4_header *quote, const void *end, struct flow_key *flow)
{
	__u32 header;

	if ((void *)(quote + 1) > end)
		return false;
	header = (quote->version_length & 0xf) * 4;
	if (quote->version_length >> 4 != 4 || header < sizeof(*quote) || (quote->fragment & bpf_htons(IPV4_OFFSET)) ||
	    quote->src != ((const __be32 *)p->flow.daddr)[3])
		return false;
	return turn_quote(p, quote, end, header, quote->proto, &quote->dst, flow);
}

static __always_inline bool same_ipv6(const __be32 *a, const __be32 *b)
{
	return a[0] == b[0] && a[1] == b[1] && a[2] == b[2] && a[3] == b[3];
}

/* Of extension headers only that of a fragment is walked past: hosts put no others in front of TCP and UDP. */
static __always_inline bool follow_ipv6(const struct packet *p, const struct ipv6_header *quote, const void *end, struct flow_key *flow)
{
	const struct ipv6_extension *fragment = (const void *)(quote + 1);

	if ((void *)(quote + 1) > end || bpf_ntohl(quote->version_class_label) >> 28 != 6 ||
	    !same_ipv6(quote->src, (const __be32 *)p->flow.daddr))
		return false;
	if (quote->next != PROTO_FRAGMENT)
		return turn_quote(p, quote, end, sizeof(*quote), quote->next, quote->dst, flow);
	if ((void *)(fragment + 1) > end || (fragment->specific & bpf_htons(0xfff8)))
		return false;
	return turn_quote(p, quote, end, sizeof(*quote) + sizeof(*fragment), fragment->next, quote->dst, flow);
}

/*
 * The service of the flow that an ICMP error to a VIP is about. `flow` becomes that one, as its client sends it; it may be
 * the packet's own. NULL: no such error, or none about a flow of ours.
 */
static __always_inline struct service *quoted_service(void *configuration, const struct packet *p, const struct icmp_header *icmp,
						      const void *end, struct flow_key *flow)
{
	const void *quote = icmp + 1;

	if (!is_icmp_error(p, icmp) || !(p->family == 4 ? follow_ipv4(p, quote, end, flow) : follow_ipv6(p, quote, end, flow)))
		return NULL;
	return service_of_flow(configuration, flow);
}

#endif
