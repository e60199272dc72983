/* SPDX-License-Identifier: MIT */
/* Which service a packet is for. The live configuration is one service map, followed once per packet. */
#ifndef LB_MATCH_H
#define LB_MATCH_H

#include "lb_maps.h"
#include "lb_parse.h"

/* The live service map, or NULL while nothing was ever committed. */
static __always_inline void *live_configuration(void)
{
	__u32 live = 0;

	return bpf_map_lookup_elem(&root, &live);
}

/* Whether the address of `key` is a VIP; takes port and protocol out of the key. What `::` has there is the head. */
static __always_inline bool is_vip(void *configuration, struct service_key *key)
{
	struct service *wildcard;

	key->port = 0;
	key->proto = 0;
	wildcard = bpf_map_lookup_elem(configuration, key);
	return wildcard && (wildcard->flags & LB_SERVICE_WILDCARD);
}

#endif
