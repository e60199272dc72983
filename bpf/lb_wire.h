/* SPDX-License-Identifier: MIT */
/* Headers on the wire, as far as a program reads or writes them. RFC 791, 792, 768, 8200, 4443, 9293, 8926, IEEE 802.1Q. */
#ifndef LB_WIRE_H
#define LB_WIRE_H

#include <linux/types.h>

#define ETHERTYPE_IPV4 0x0800
#define ETHERTYPE_IPV6 0x86dd
#define ETHERTYPE_VLAN 0x8100
#define ETHERTYPE_SERVICE_VLAN 0x88a8
#define VLAN_ID 0x0fff

#define PROTO_HOP_BY_HOP 0
#define PROTO_ICMP 1
#define PROTO_IPV4 4
#define PROTO_TCP 6
#define PROTO_UDP 17
#define PROTO_IPV6 41
#define PROTO_ROUTING 43
#define PROTO_FRAGMENT 44
#define PROTO_ICMPV6 58
#define PROTO_DESTINATION 60

#define IPV4_DONT_FRAGMENT 0x4000
#define IPV4_FRAGMENT 0x3fff	/* more fragments, or an offset */
#define IPV4_OFFSET 0x1fff

#define UDP_PORT_GENEVE 6081

#define TCP_FIN 0x01
#define TCP_SYN 0x02
#define TCP_RST 0x04
#define TCP_ACK 0x10

struct eth_header {
	__u8 dst[6];
	__u8 src[6];
	__be16 type;
};

struct vlan_header {
	__be16 tci;		/* priority, drop eligible, identifier */
	__be16 type;
};

struct ipv4_header {
	__u8 version_length;	/* 4 bits each; the length in words of 4 bytes */
	__u8 tos;
	__be16 length;
	__be16 id;
	__be16 fragment;
	__u8 ttl;
	__u8 proto;
	__sum16 check;
	__be32 src;
	__be32 dst;
};

struct ipv6_header {
	__be32 version_class_label;
	__be16 payload;
	__u8 next;
	__u8 hop_limit;
	__be32 src[4];
	__be32 dst[4];
};

struct ipv6_extension {
	__u8 next;
	__u8 length;		/* beyond the first 8 bytes, in words of 8 */
	__be16 specific;	/* fragment: offset << 3 | more; routing: type, segments left */
	__be32 data;
};

struct tcp_header {
	__be16 sport;
	__be16 dport;
	__be32 seq;
	__be32 ack;
	__u8 offset;		/* upper 4 bits: length in words of 4 bytes */
	__u8 flags;
	__be16 window;
	__sum16 check;
	__be16 urgent;
};

struct udp_header {
	__be16 sport;
	__be16 dport;
	__be16 length;
	__sum16 check;
};

#define GENEVE_OPTIONS 0x3f	/* of version_options; the version is above */
#define GENEVE_CONTROL 0x80
#define GENEVE_CRITICAL 0x40

/* RFC 8926; options follow. */
struct geneve_header {
	__u8 version_options;	/* 2 and 6 bits; the length of options in words of 4 bytes */
	__u8 flags;
	__be16 type;
	__be32 vni;		/* upper 24 bits */
};

struct icmp_header {
	__u8 type;
	__u8 code;
	__sum16 check;
	__be32 rest;
};

#endif
