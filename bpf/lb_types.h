/* SPDX-License-Identifier: MIT */
/*
 * Keys and values of every map, and the numbers both sides agree on. The TypeScript codecs are
 * generated from the BTF of these declarations, so this is the only place where a layout is written.
 *
 * Addresses are 16 bytes: IPv6, or IPv4 mapped as ::ffff:a.b.c.d. Ports are in network byte order.
 *
 * What is reachable from `root[0]` never changes, but for `backend.dead_from` and `backend.drain_from` (see there): a
 * commit writes fresh rows, slots, ranges and a fresh service map beside the live ones and swaps one pointer. What
 * belongs to one version of a service is keyed by its id and serial.
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
	LB_FEATURE_SNAT = 1 << 11,
	LB_FEATURE_DNAT = 1 << 12,
	LB_FEATURE_DSR_GENEVE = 1 << 13,
	LB_FEATURE_ALLOW = 1 << 14,	/* source ranges */
	LB_FEATURE_AFFINITY = 1 << 15,
	LB_FEATURE_RR = 1 << 16,
	LB_FEATURE_ICMP = 1 << 17,	/* answer echo, bring errors to where the flow is */
	LB_FEATURE_FRAGMENTS = 1 << 18,
	LB_FEATURE_TOO_BIG = 1 << 19,	/* answer what does not fit once encapsulated */
	LB_FEATURE_VLAN = 1 << 20,
	LB_FEATURE_SPREAD = 1 << 21,	/* outer sources from a prefix */
	LB_FEATURE_EVENTS = 1 << 22,	/* sampled flow events */
};

enum lb_mode {
	LB_MODE_NONE = 0,
	LB_MODE_DSR_L2 = 1,
	LB_MODE_DSR_IPIP = 2,
	LB_MODE_SNAT = 3,
	LB_MODE_DNAT = 4,
	LB_MODE_DSR_GENEVE = 5,
};

enum lb_hash {
	LB_HASH_NONE = 0,
	LB_HASH_MAGLEV = 1,
	LB_HASH_RANDOM = 2,
	LB_HASH_RR = 3,
};

enum lb_service_flag {
	LB_SERVICE_REJECT = 1 << 0,	/* no usable backend: ICMP port unreachable; else drop */
	LB_SERVICE_WILDCARD = 1 << 1,	/* the VIP itself: port 0, protocol 0 */
	LB_SERVICE_BY_SOURCE = 1 << 2,	/* hash the client address only */
	LB_SERVICE_PREV_TABLE = 1 << 3,	/* where the table prev_* answers otherwise, that is `previous` */
	LB_SERVICE_HEAD = 1 << 4,	/* not a service: the record that describes this configuration */
	LB_SERVICE_ALLOW = 1 << 5,	/* only sources that `ranges` has for it */
	LB_SERVICE_PASS = 1 << 6,	/* wildcard: what no service is for goes up the stack instead of being dropped */
	LB_SERVICE_REMEMBER = 1 << 7,	/* every flow is remembered: random, rr, affinity, translation */
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
	LB_DROP_SOURCE_NOT_ALLOWED,
	LB_DROP_NAT_EXHAUSTED,	/* no free source port towards the backend */
	LB_DROP_NAT_CONFLICT,	/* dnat: the backend has this client's address and port already, by another VIP */
	LB_DROP_TABLE_FULL,	/* the kernel refused a new entry of the flow or NAT table */
	LB_DROP_TOO_BIG_TOLD,	/* does not fit, and told so by ICMP */
	LB_DROP_UNSUPPORTED_VLAN,	/* two tags, or one that no interface of this host has */
	LB_DROP_MAX,
};

/* What the programs did besides forwarding, by feature. The names are what `show counters` prints. */
enum lb_activity {
	LB_ACTIVITY_NEXT_HOP_FOUND = 0,	/* FIB look-ups that were not answered from `hops` */
	LB_ACTIVITY_FLOW_OPENED,	/* entries of `flows` written */
	LB_ACTIVITY_FLOW_CLOSED,	/* entries deleted by the program */
	LB_ACTIVITY_NAT_OPENED,		/* entries of `nat` written */
	LB_ACTIVITY_NAT_CLOSED,
	LB_ACTIVITY_NAT_RETRIED,	/* source ports that were taken */
	LB_ACTIVITY_NAT_REPLIED,	/* packets translated back */
	LB_ACTIVITY_AFFINITY_KEPT,	/* new flows that went where their client had been */
	LB_ACTIVITY_AFFINITY_SET,
	LB_ACTIVITY_ECHO_ANSWERED,
	LB_ACTIVITY_ICMP_FORWARDED,	/* errors brought to a backend */
	LB_ACTIVITY_ICMP_RETURNED,	/* errors brought to a client */
	LB_ACTIVITY_FRAGMENT_FIRST,
	LB_ACTIVITY_FRAGMENT_LATER,
	LB_ACTIVITY_DECAPSULATED,
	LB_ACTIVITY_TRANSLATED,		/* decapsulated, and sent to a pod of this host */
	LB_ACTIVITY_EVENT_LOST,		/* no room in the ring */
	LB_ACTIVITY_MAX,
};

/* What a service is found by. Port 0 and protocol 0: the wildcard of a VIP. All zero: the head. */
struct service_key {
	__u8 addr[16];
	__be16 port;
	__u8 proto;
	__u8 pad[5];
};

/*
 * One front end (VIP, port, protocol) of a service, or the wildcard, or the head.
 * In the head, `serial` is that of the configuration and `id` the number of services.
 */
struct service {
	__u16 flags;		/* enum lb_service_flag */
	__u8 mode;		/* enum lb_mode */
	__u8 hash;		/* enum lb_hash */
	__u8 arena;		/* index into arenas */
	__u8 prev_arena;
	__u8 sources;		/* entries of `sources` for backends of IPv4, and of IPv6: 4 bits each */
	__u8 pad;
	__u32 id;		/* of the service: owner of rows, index into service_counters; stays for its life */
	__u32 serial;		/* of the commit that wrote this version */
	__u32 table_base;	/* first slot */
	__u32 table_size;	/* slots; 0: no usable backend */
	__u64 settle_tcp;	/* end of the settling window, CLOCK_MONOTONIC ns */
	__u64 settle_udp;
	__u32 prev_base;
	__u32 prev_size;
	__u32 affinity;		/* seconds; 0: off */
	__u16 port_low;		/* snat without `sources`: source ports, host byte order, both included */
	__u16 port_high;
};

/*
 * A place of a service table: the live configuration is one array, written whole and never changed. The head stands at
 * 0; an entry stands at the place that its key hashes to, or at one of the next LB_PROBES - 1, with no empty one between.
 * An empty place has no address. Writers make the table large enough for that to hold.
 */
struct service_entry {
	struct service_key key;
	struct service service;
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
 * configuration can reach it, except `dead_from` and `drain_from`: the serials from which flows no longer stick to it,
 * and from which new flows of a client with affinity no longer go there. A program that still reads the old
 * configuration compares with service.serial, so that a mark takes effect with the pointer swap and not before.
 */
struct backend {
	__u8 addr[16];
	__u32 birth;		/* serial of the commit that wrote the row; a flow remembers it */
	__u32 dead_from;	/* 0: alive */
	__u32 service;		/* id of the owner */
	__be16 port;		/* 0: that of the VIP */
	__u8 family;		/* 4 or 6 */
	__u8 pad;
	__u32 drain_from;	/* 0: takes new flows */
	__u32 pad2;
};

/*
 * What the FIB said of a backend, per CPU and row. Good for LB_HOP_TICKS of the kernel's clock, for one version of the
 * owner and for packets from one interface.
 */
struct hop {
	__u32 serial;		/* of the service's version; 0: never filled */
	__u32 at;		/* jiffies when it was asked */
	__u32 from;		/* interface that packets come in by: the VLAN's where they are tagged */
	__u32 ifindex;		/* to send by; a VLAN's parent */
	__u16 mtu;
	__be16 tag;		/* VLAN tag to send with; 0: none */
	__u8 family;		/* of the backend: 4 or 6 */
	__u8 result;		/* enum lb_route */
	__u8 on_link;		/* the next hop is the backend itself */
	__u8 reason;		/* enum lb_drop, where there is no way */
	__u8 macs[12];		/* as they stand in a frame: destination, source */
	__be32 daddr[4];	/* IPv4 in the first word */
	__be32 saddr[4];	/* preferred source of the route, likewise */
	__be16 port;		/* of the backend; 0: that of the VIP */
	__u16 pad;
	__u32 service;		/* of the row, like the next two: good for the same version of the owner */
	__u32 birth;
	__u32 dead_from;
	__u32 pad2;
	__u64 time;		/* CLOCK_MONOTONIC ns when it was asked */
};

struct flow_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 pad[3];
};

/* How far a flow is, from the packets that this host saw of it. */
enum lb_flow_state {
	LB_FLOW_OPENING = 0,	/* one packet, or SYNs only */
	LB_FLOW_OPEN = 1,
	LB_FLOW_CLOSING = 2,	/* a FIN */
	LB_FLOW_CLOSED = 3,	/* a RST, or FINs both ways */
};

/* Ends of a translated flow. */
enum lb_side {
	LB_SIDE_CLIENT = 1 << 0,
	LB_SIDE_BACKEND = 1 << 1,
};

/*
 * Seconds that entries live after their last packet, by protocol and state (RFC 5382 and RFC 4787 have the lower bounds
 * for NAT). The affinity of a service may end earlier.
 */
enum lb_life {
	LB_LIFE_TCP_OPENING = 60,
	LB_LIFE_TCP_OPEN = 7500,
	LB_LIFE_TCP_CLOSING = 240,
	LB_LIFE_TCP_CLOSED = 10,
	LB_LIFE_UDP_OPENING = 120,
	LB_LIFE_UDP_OPEN = 300,
	LB_LIFE_FRAGMENT = 30,
	LB_LIFE_AFFINITY = 86400,
};

/* A flow of a client. */
struct flow {
	__u64 seen;		/* CLOCK_MONOTONIC ns of the last packet, to a second */
	__u32 backend;		/* row */
	__u32 birth;		/* of that row; another birth: the row was reused, no flow */
	__u8 nat_addr[16];	/* snat: the source it has towards the backend */
	__be16 nat_port;	/* 0: not translated */
	__u8 state;		/* enum lb_flow_state */
	__u8 nat_family;	/* 4 or 6; 0: only its destination is translated */
	__u32 pad;
};

/* What a translated flow's packets look like to the backend, backwards: keyed by the reply's 5-tuple. */
struct nat {
	__u64 seen;
	__u8 vip[16];
	__u8 client[16];
	__be16 vip_port;
	__be16 client_port;
	__u8 state;		/* enum lb_flow_state */
	__u8 fins;		/* enum lb_side: who sent a FIN */
	__u8 received;		/* by a tunnel, for a pod of this host: `flows` has no part in it */
	__u8 pad;
	__u32 service;		/* id */
	__u32 backend;		/* row */
	__u32 birth;
	__u32 pad2;
};

/* Sources that one version of a service sends from: of snat, or outer ones of an encapsulation. */
struct source_key {
	__u32 service;
	__u32 serial;
	__u8 family;
	__u8 index;
	__u8 pad[2];
};

struct source {
	__u8 addr[16];
	__u16 port_low;		/* host byte order, both included */
	__u16 port_high;
	__u8 prefix;		/* bits that stay, of 32 or 128; the others vary with the flow */
	__u8 pad[3];
};

/* The way to a client, per CPU; good for as long as a hop to a backend. */
struct way {
	__u8 addr[16];
	struct hop hop;		/* `serial` is 1 where it is filled */
};

/* What the stack has no room for when a flow is translated, per CPU. */
struct nat_work {
	struct flow_key back;
	struct nat entry;
	struct flow flow;
	struct source source;
	struct flow_key quoted;	/* ends of what an ICMP error quotes */
	__u8 error_saddr[16];	/* and of the error */
	__u8 error_daddr[16];
};

/* Where new flows of a client go, for services with affinity. */
struct affinity_key {
	__u8 client[16];
	__u32 service;		/* id */
};

struct affinity {
	__u64 seen;
	__u32 backend;
	__u32 birth;
};

/* Source ranges of one version of a service, for longest-prefix match. Each family has its own: `::/0` holds no IPv4. */
struct range_key {
	__u32 prefix;		/* bits: 96 before the address, and those of the mapped address */
	__u32 service;
	__u32 serial;
	__u32 family;		/* 4 or 6 */
	__u8 addr[16];
};

struct range {
	__u32 index;		/* place in the service's list */
};

/* Row of a backend by its address, for the host of a pod that takes encapsulated packets in. */
struct target_key {
	__u8 addr[16];
	__u32 service;
};

/* First fragments leave their ports for the later ones. */
struct fragment_key {
	__u8 saddr[16];
	__u8 daddr[16];
	__u32 id;		/* network byte order; IPv4 in the lower half */
	__u8 proto;		/* as every fragment has it: of IPv6, what the fragment header says is next */
	__u8 pad[3];
};

struct fragment {
	__u64 seen;
	__be16 sport;
	__be16 dport;
	__u8 proto;		/* of the transport, behind extension headers that only the first one has */
	__u8 pad[3];
};

/* Which interface a tagged frame belongs to (`vid` set), and how an interface with a tag sends (`vid` 0). */
struct vlan_key {
	__u32 ifindex;
	__u16 vid;		/* host byte order */
	__u16 pad;
};

struct vlan {
	__u32 ifindex;		/* the VLAN's, or its parent's */
	__u16 vid;
	__u16 pad;
};

/* What may change without a commit. */
struct settings {
	__u32 sample;		/* an event for one in so many new flows and drops; 0: none */
	__u32 pad;
};

enum lb_event_kind {
	LB_EVENT_OPENED = 1,
	LB_EVENT_DROPPED = 2,
	LB_EVENT_CLOSED = 3,
};

struct event {
	__u64 time;		/* CLOCK_MONOTONIC ns */
	__u8 saddr[16];
	__u8 daddr[16];
	__be16 sport;
	__be16 dport;
	__u8 proto;
	__u8 kind;		/* enum lb_event_kind */
	__u8 reason;		/* enum lb_drop */
	__u8 mode;		/* enum lb_mode */
	__u32 service;		/* id; 0: unknown */
	__u32 backend;		/* row; 0: none */
	__u32 length;		/* of the IP packet */
	__u32 pad;
};

/* What the sweeper says of itself. Times are CLOCK_MONOTONIC ns. */
struct sweep {
	__u64 began;		/* the last pass */
	__u64 took;
	__u64 next;		/* when another is due */
	__u64 passes;
	__u64 deleted;		/* entries, in all passes */
	__u64 build;		/* of the object that runs */
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
