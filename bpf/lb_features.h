/* SPDX-License-Identifier: MIT */
/* Which features a program may use: those its variant was built with, less those switched off before load. */
#ifndef LB_FEATURES_H
#define LB_FEATURES_H

#include <stdbool.h>
#include "lb_object.h"

/*
 * A function that the verifier walks once, alone, and not again for every way that leads to it. What it gets may be
 * NULL for all the verifier knows. Weak, so that the compiler passes every argument as declared.
 */
#define __global __attribute__((noinline, weak))

#define LB_FEATURES_COMMON                                                                        \
	(LB_FEATURE_IPV4 | LB_FEATURE_IPV6 | LB_FEATURE_TCP | LB_FEATURE_UDP | LB_FEATURE_REJECT |  \
	 LB_FEATURE_FLOWS | LB_FEATURE_RANDOM | LB_FEATURE_RR | LB_FEATURE_HASH_SOURCE |            \
	 LB_FEATURE_ALLOW | LB_FEATURE_AFFINITY | LB_FEATURE_ICMP | LB_FEATURE_FRAGMENTS |          \
	 LB_FEATURE_TOO_BIG | LB_FEATURE_VLAN | LB_FEATURE_EVENTS)

/* Whether any of these is on. The verifier knows what is off and removes it. */
static __always_inline bool has(__u32 feature)
{
	return (LB_VARIANT_FEATURES & feature) && (enabled_features & feature);
}

#endif
