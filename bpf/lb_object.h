/* SPDX-License-Identifier: MIT */
/*
 * What an object says of itself, read at build time from its section `sluice.features`, and what the
 * loader sets in .rodata. A variant writes LB_OBJECT("dsr_l2", FEATURES) once; the mask is also the
 * largest set of features the loader may turn on.
 */
#ifndef LB_OBJECT_H
#define LB_OBJECT_H

#include <bpf/bpf_helpers.h>
#include "lb_types.h"

#define LB_OBJECT_VERSION 1

/*
 * The empty arrays take no room: they bring types into the object's BTF that it would otherwise lack
 * (enums that only constants use) or know by name alone (keys and values of inner maps, without
 * which libbpf cannot size those maps).
 */
struct lb_object {
	__u32 version;
	__u32 features;
	enum lb_feature feature_names[0];
	enum lb_mode mode_names[0];
	enum lb_hash hash_names[0];
	enum lb_service_flag service_flag_names[0];
	enum lb_drop drop_names[0];
	enum lb_activity activity_names[0];
	enum lb_flow_state flow_state_names[0];
	enum lb_life lives[0];
	enum lb_event_kind event_kind_names[0];
	struct event events[0];
	struct sweep sweeps[0];
	enum meta_kind meta_kind_names[0];
	struct service_key service_keys[0];
	struct service services[0];
	struct service_entry service_entries[0];
	struct slot slots[0];
};

/* Bits of enum lb_feature that are on; set before load, so that the verifier prunes the rest. */
extern const volatile __u32 enabled_features;
/* Places of a service table, without the head and the spare ones at its end. */
extern const volatile __u32 service_places;
/* Name of the variant, by which a running program is recognised. */
extern const volatile char variant_name[16];

#define LB_OBJECT(name, mask)							\
	const volatile __u32 enabled_features = (mask);		\
	const volatile __u32 service_places = 1;			\
	const volatile char variant_name[16] = name;		\
	const struct lb_object lb_object SEC("sluice.features") = {		\
		.version = LB_OBJECT_VERSION, .features = (mask) }

#endif
