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

/* NULL: a fragment, or no room for a header. */
static __always_inline struct icmp_header *icmp_of(const struct packet *p)
{
	struct icmp_header *icmp;

	if (p->part != LB_WHOLE || p->defect == LB_DROP_MALFORMED || p->l4 > LB_MAX_L4 || p->l4 + sizeof(*icmp) > p->length)
		return NULL;
	icmp = p->l3 + p->l4;
	return (void *)(icmp + 1) > p->end ? NULL : icmp;
}

/* Errors that a flow's sender is to know of. */
static __always_inline bool is_icmp_error(const struct packet *p, const struct icmp_header *icmp)
{
	if (p->family == 4)
		return icmp->type == 3 || icmp->type == 11 || icmp->type == 12;
	return icmp->type >= 1 && icmp->type <= 4;
}

/* The ports of a quoted header stand `offset` behind the quote's beginning; both transports have them first. The packet
 * gets the flow of the other direction. */
static __always_inline bool turn_quote(struct packet *p, const void *quote, __u32 offset, __u8 proto, const void *client)
{
	const struct udp_header *ports = quote + offset;

	if ((proto != PROTO_TCP && proto != PROTO_UDP) || p->l4 + sizeof(struct icmp_header) + offset + sizeof(*ports) > p->length ||
	    (void *)(ports + 1) > p->end)
		return false;
	if (p->family == 4)
		map_ipv4(p->flow.saddr, *(const __be32 *)client);
	else
		copy_ipv6(p->flow.saddr, client);
	p->flow.sport = ports->dport;
	p->flow.dport = ports->sport;
	p->flow.proto = proto;
	return true;
}

static __always_inline bool follow_ipv4(struct packet *p, const struct ipv4_header *quote)
{
	__u32 header;

	if ((void *)(quote + 1) > p->end)
		return false;
	header = (quote->version_length & 0xf) * 4;
	if (quote->version_length >> 4 != 4 || header < sizeof(*quote) || (quote->fragment & bpf_htons(IPV4_OFFSET)) ||
	    quote->src != ((const __be32 *)p->flow.daddr)[3])
		return false;
	return turn_quote(p, quote, header, quote->proto, &quote->dst);
}

static __always_inline bool same_ipv6(const __be32 *a, const void *b)
{
	const __be32 *word = b;

	return a[0] == word[0] && a[1] == word[1] && a[2] == word[2] && a[3] == word[3];
}

/* Of extension headers only that of a fragment is walked past: hosts put no others in front of TCP and UDP. */
static __always_inline bool follow_ipv6(struct packet *p, const struct ipv6_header *quote)
{
	const struct ipv6_extension *fragment = (const void *)(quote + 1);

	if ((void *)(quote + 1) > p->end || bpf_ntohl(quote->version_class_label) >> 28 != 6 || !same_ipv6(quote->src, p->flow.daddr))
		return false;
	if (quote->next != PROTO_FRAGMENT)
		return turn_quote(p, quote, sizeof(*quote), quote->next, quote->dst);
	if ((void *)(fragment + 1) > p->end || (fragment->specific & bpf_htons(0xfff8)))
		return false;
	return turn_quote(p, quote, sizeof(*quote) + sizeof(*fragment), fragment->next, quote->dst);
}

/*
 * The service of the flow that an ICMP error to a VIP is about; the packet's flow becomes that one, as its client sends it.
 * NULL, and the flow may be either: no such error, none of a flow of ours.
 */
static __always_inline struct service *quoted_service(void *configuration, struct packet *p)
{
	const struct icmp_header *icmp = icmp_of(p);

	if (!icmp || !is_icmp_error(p, icmp))
		return NULL;
	if (!(p->family == 4 ? follow_ipv4(p, (const void *)(icmp + 1)) : follow_ipv6(p, (const void *)(icmp + 1))))
		return NULL;
	return bpf_map_lookup_elem(configuration, service_key_of(p));
}

#endif
