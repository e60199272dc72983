/* SPDX-License-Identifier: MIT */
/*
 * Direct server return: sending a packet to its backend as it is. The client's packet is never changed: `dsr l2` rewrites
 * the frame's addresses, `dsr ipip` puts a header in front (RFC 2003, 2473), `dsr geneve` three of them (RFC 8926), and
 * none takes from its TTL. A backend that is this host gets the packet up the stack as it is.
 */
#ifndef LB_FORWARD_H
#define LB_FORWARD_H

#include "lb_answer.h"
#include "lb_checksum.h"
#include "lb_count.h"
#include "lb_frame.h"
#include "lb_hash.h"

#define LB_OUTER_TTL 64
/* Geneve source ports vary with the flow, among the ephemeral ones (RFC 8926, 3.3). */
#define LB_GENEVE_PORTS 0xc000

static __always_inline int forward_l2(struct xdp_md *ctx, struct packet *p, const struct hop *hop)
{
	/* A backend's host that runs the same script: what reaches a host that does not forward is meant for it. */
	if (unlikely(hop->result == LB_ROUTE_NONE && hop->reason == LB_DROP_FORWARDING_OFF))
		return XDP_PASS;
	if (unlikely(hop->result == LB_ROUTE_NONE))
		return drop(hop->reason);
	/* A router would send a packet for the VIP back to us. */
	if (unlikely(!hop->on_link))
		return drop(LB_DROP_NOT_ON_LINK);
	if (unlikely(p->length > hop->mtu))
		return too_big(ctx, p, hop->mtu);
	if (!reframe(ctx, p, hop, 0, ethertype_of(p)))
		return drop(LB_DROP_NO_HEADROOM);
	return send(ctx, hop);
}

/* The first of a service's outer sources with the flow's hash in the bits behind its prefix; else the route's own. */
static __always_inline void outer_source(__be32 *addr, const struct hop *hop, const struct service *service, __u32 hash, bool ipv6)
{
	struct source_key key = { .service = service->id, .serial = service->serial, .family = ipv6 ? 6 : 4 };
	const struct source *source = NULL;
	const __be32 *word;
	__u32 free;

	if (unlikely(service->sources) && has(LB_FEATURE_SPREAD))
		source = bpf_map_lookup_elem(&sources, &key);
	if (likely(!source)) {
		if (ipv6)
			copy_ipv6(addr, hop->saddr);
		else
			addr[0] = hop->saddr[0];
		return;
	}
	word = (const __be32 *)source->addr;
	free = (ipv6 ? 128 : 32) - source->prefix;
	hash &= free >= 32 ? ~0U : (1U << free) - 1;
	if (ipv6)
		copy_ipv6(addr, word);
	addr[ipv6 ? 3 : 0] = word[3] ^ bpf_htonl(hash);
}

/*
 * Whole and not to be fragmented, so the identification means nothing (RFC 6864). Written by words, and summed before it
 * is written: to load what was just stored in parts stalls. `length`: of what the header is in front of.
 */
static __always_inline void outer_ipv4(void *ip, __u8 tos, const struct hop *hop, __be32 source, __u32 length, __u8 proto)
{
	__be32 first = bpf_htonl(0x45u << 24 | (__u32)tos << 16 | (length + sizeof(struct ipv4_header)));
	__be32 second = bpf_htonl(IPV4_DONT_FRAGMENT);
	__be32 third = bpf_htonl(LB_OUTER_TTL << 24 | (__u32)proto << 16);
	__sum16 check = fold_checksum((__u64)first + second + third + source + hop->daddr[0]);
	__be32 *word = ip;

	word[0] = first;
	word[1] = second;
	word[2] = third | (__u32)check << 16;
	word[3] = source;
	word[4] = hop->daddr[0];
}

static __always_inline void outer_ipv6(struct ipv6_header *ip, __u8 tos, const struct hop *hop, const __be32 *source,
				       __u32 label, __u32 length, __u8 proto)
{
	/* The flow label tells flows apart for routers on the way (RFC 6438). */
	ip->version_class_label = bpf_htonl(6u << 28 | (__u32)tos << 20 | (label & 0xfffff));
	ip->payload = bpf_htons(length);
	ip->next = proto;
	ip->hop_limit = LB_OUTER_TTL;
	copy_ipv6(ip->src, source);
	copy_ipv6(ip->dst, hop->daddr);
}

/* The checksum of an outer UDP header stays zero: the inner packet has its own (RFC 6935 allows it in IPv6 too). */
static __always_inline void outer_geneve(struct udp_header *udp, const struct packet *p, __u32 hash)
{
	struct geneve_header *geneve = (void *)(udp + 1);

	udp->sport = bpf_htons(LB_GENEVE_PORTS | (hash & ~LB_GENEVE_PORTS & 0xffff));
	udp->dport = bpf_htons(UDP_PORT_GENEVE);
	udp->length = bpf_htons(p->length + sizeof(*udp) + sizeof(*geneve));
	udp->check = 0;
	geneve->version_options = 0;
	geneve->flags = 0;
	geneve->type = ethertype_of(p);
	geneve->vni = 0;
}

/* Wraps; `extra` is what stands between the outer IP header, of a family known when this is compiled, and the packet. */
static __always_inline int encapsulate(struct xdp_md *ctx, struct packet *p, const struct service *service, const struct hop *hop,
				       __u32 extra, bool ipv6)
{
	__u32 header = ipv6 ? sizeof(struct ipv6_header) : sizeof(struct ipv4_header);
	__u8 proto = extra ? PROTO_UDP : p->family == 4 ? PROTO_IPV4 : PROTO_IPV6;
	__u32 hash = extra || ipv6 || service->sources ? flow_hash(p, false) : 0;
	__be32 source[4];
	void *outer;

	if (unlikely(p->length + header + extra > hop->mtu))
		return too_big(ctx, p, hop->mtu - header - extra);
	outer_source(source, hop, service, hash, ipv6);
	outer = reframe(ctx, p, hop, header + extra, ipv6 ? bpf_htons(ETHERTYPE_IPV6) : bpf_htons(ETHERTYPE_IPV4));
	if (!outer)
		return drop(LB_DROP_NO_HEADROOM);
	if (outer + header + extra > (void *)(long)ctx->data_end)
		return drop(LB_DROP_INTERNAL);
	if (ipv6)
		outer_ipv6(outer, p->tos, hop, source, hash, p->length + extra, proto);
	else
		outer_ipv4(outer, p->tos, hop, source[0], p->length + extra, proto);
	if (extra)
		outer_geneve(outer + header, p, hash);
	return send(ctx, hop);
}

static __always_inline int forward_wrapped(struct xdp_md *ctx, struct packet *p, const struct service *service, const struct hop *hop,
					   __u32 extra)
{
	if (unlikely(hop->result == LB_ROUTE_NONE))
		return drop(hop->reason);
	if (hop->family == 4)
		return encapsulate(ctx, p, service, hop, extra, false);
	return encapsulate(ctx, p, service, hop, extra, true);
}

static __always_inline int forward(struct xdp_md *ctx, struct packet *p, const struct service *service, const struct hop *hop)
{
	if (unlikely(hop->result == LB_ROUTE_UP))
		return XDP_PASS;
	if (service->mode == LB_MODE_DSR_IPIP && has(LB_FEATURE_DSR_IPIP))
		return forward_wrapped(ctx, p, service, hop, 0);
	if (service->mode == LB_MODE_DSR_L2 && has(LB_FEATURE_DSR_L2))
		return forward_l2(ctx, p, hop);
	if (service->mode == LB_MODE_DSR_GENEVE && has(LB_FEATURE_DSR_GENEVE))
		return forward_wrapped(ctx, p, service, hop, sizeof(struct udp_header) + sizeof(struct geneve_header));
	return drop(LB_DROP_INTERNAL);
}

static __always_inline int without_backend(struct xdp_md *ctx, struct packet *p, const struct service *service)
{
	if (has(LB_FEATURE_REJECT) && (service->flags & LB_SERVICE_REJECT))
		return reject(ctx, p);
	return drop(LB_DROP_NO_BACKEND);
}

#endif
