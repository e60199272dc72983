/* SPDX-License-Identifier: MIT */
/*
 * Keys and values of every map, and the numbers both sides agree on. The TypeScript codecs are
 * generated from the BTF of these declarations, so this is the only place where a layout is written.
 *
 * Addresses are 16 bytes: IPv6, or IPv4 mapped as ::ffff:a.b.c.d. Ports are in network byte order.
 *
 * What is reachable from `root[0]` never changes, but for `backend.dead_from` (see there): a commit
 * writes fresh rows, fresh slots and a fresh service map beside the live ones and swaps one pointer.
 */
#ifndef LB_TYPES_H
#define LB_TYPES_H

#include <linux/types.h>

/* Features a program may have; an object's feature words say which it was built with, and
 * `.rodata` says which of those are on. */
enum lb_feature {
	LB_FEATURE_IPV4 = 1 << 0,
	LB_FEATURE_IPV6 = 1 << 1,
	LB_FEATURE_TCP = 1 << 2,
	LB_FEATURE_UDP = 1 << 3,
	LB_FEATURE_DSR_L2 = 1 << 4,
	LB_FEATURE_DSR_IPIP = 1 << 5,
	LB_FEATURE_DECAP = 1 << 6,	/* take encapsulated packets in, as a backend's host */
	LB_FEATURE_REJECT = 1 << 7,	/* answer an empty service by ICMP port unreachable */
	LB_FEATURE_FLOWS = 1 << 8,	/* look flows up and remember them */
	LB_FEATURE_RANDOM = 1 << 9,
	LB_FEATURE_HASH_SOURCE = 1 << 10,	/* maglev(by=source) */
};

enum lb_mode {
	LB_MODE_NONE = 0,
	LB_MODE_DSR_L2 = 1,
	LB_MODE_DSR_IPIP = 2,
};

enum lb_hash {
	LB_HASH_NONE = 0,
	LB_HASH_MAGLEV = 1,
	LB_HASH_RANDOM = 2,
};

enum lb_service_flag {
	LB_SERVICE_REJECT = 1 << 0,	/* no usable backend: ICMP port unreachable; else drop */
	LB_SERVICE_WILDCARD = 1 << 1,	/* the VIP itself: port 0, protocol 0 */
	LB_SERVICE_BY_SOURCE = 1 << 2,	/* hash the client address only */
	LB_SERVICE_PREV_TABLE = 1 << 3,	/* where the table prev_* answers otherwise, that is `previous` */
	LB_SERVICE_HEAD = 1 << 4,	/* not a service: the record that describes this configuration */
};

/* Why a packet was dropped. The names are what `show drops` prints. */
enum lb_drop {
	LB_DROP_NONE = 0,
	LB_DROP_NO_BACKEND,
	LB_DROP_UNKNOWN_PORT,
	LB_DROP_MALFORMED,
	LB_DROP_FRAGMENT,
	LB_DROP_UNSUPPORTED_HEADER,
	LB_DROP_NO_ROUTE,
	LB_DROP_NO_NEIGHBOUR,
	LB_DROP_FORWARDING_OFF,
	LB_DROP_TOO_BIG,
	LB_DROP_NO_HEADROOM,
	LB_DROP_REJECT_LIMITED,
	LB_DROP_INTERNAL,
	LB_DROP_REJECTED,	/* no backend, and told so by ICMP */
	LB_DROP_NOT_ON_LINK,	/* a `dsr l2` backend behind a router */
	LB_DROP_MAX,
};

/* Key of the service map. Port 0 and protocol 0: the wildcard of a VIP. All zero: the head. */
struct service_key {
	__u8 addr[16];
	__be16 port;
	__u8 proto;
	__u8 pad;
};

/*
 * One front end (VIP, port, protocol) of a service, or the wildcard, or the head.
 * In the head, `serial` is that of the configuration and `id` the number of services.
 */
struct service {
	__u64 settle_tcp;	/* end of the settling window, CLOCK_MONOTONIC ns */
	__u64 settle_udp;
	__u32 id;		/* of the service: index into service_counters, stays for its life */
	__u32 serial;		/* of the commit that wrote this version */
	__u32 table_base;	/* first slot */
	__u32 table_size;	/* slots; 0: no usable backend */
	__u32 prev_base;
	__u32 prev_size;
	__u8 arena;		/* index into arenas */
	__u8 prev_arena;
	__u8 mode;		/* enum lb_mode */
	__u8 hash;		/* enum lb_hash */
	__u32 flags;		/* enum lb_service_flag */
};

/* One slot of a lookup table: backend rows; 0 is none. `previous` is set while a flow could still
 * belong to it, and a slot without one is answered with no flow lookup. `previous` equal to `current`:
 * flows may be remembered elsewhere, all others go to `current`. */
struct slot {
	__u32 current;
	__u32 previous;
};

/*
 * One backend of one service. A row is written before it is reachable and is not rewritten while a
 * configuration can reach it, except `dead_from`: the serial from which flows no longer stick to it.
 * A program that still reads the old configuration compares with service.serial, so that the mark
 * takes effect with the pointer swap and not before.
 */
struct backend {
	__u8 addr[16];
	__u32 birth;		/* serial of the commit that wrote the row; a flow remembers it */
	__u32 dead_from;	/* 0: alive */
	__u32 service;		/* id of the owner */
	__be16 port;		/* 0: that of the VIP */
	__u8 family;		/* 4 or 6 */
	__u8 pad;
};

struct flow_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 pad[3];
};

struct flow {
	__u64 seen;		/* CLOCK_MONOTONIC ns of the last packet */
	__u32 backend;		/* row */
	__u32 birth;		/* of that row; another birth: the row was reused, no flow */
};

struct counters {
	__u64 packets;
	__u64 bytes;
	__u64 flows;		/* packets that opened a flow */
};

struct reject_bucket {
	__u64 refilled;		/* CLOCK_MONOTONIC ns */
	__u64 tokens;
};

/* Names, labels, rulesets: JSON text in chunks, never read by a program. A service's text is keyed by
 * the serial that its map entries carry, so both change with the same swap. */
enum meta_kind {
	META_SERVICE = 1,	/* id: of the service */
	META_GLOBAL = 2,	/* id 0: rulesets, attachments, origin; version: serial of the head */
};

struct meta_key {
	__u32 kind;
	__u32 id;
	__u32 version;
	__u32 chunk;
};

struct meta_chunk {
	__u32 length;		/* bytes used of data */
	__u32 chunks;		/* of the whole text */
	__u8 data[1016];
};

#endif
