/* SPDX-License-Identifier: MIT */
/* Which features a program may use: those its variant was built with, less those switched off before load. */
#ifndef LB_FEATURES_H
#define LB_FEATURES_H

#include <stdbool.h>
#include "lb_object.h"

#define LB_FEATURES_COMMON                                                                        \
	(LB_FEATURE_IPV4 | LB_FEATURE_IPV6 | LB_FEATURE_TCP | LB_FEATURE_UDP | LB_FEATURE_REJECT |  \
	 LB_FEATURE_FLOWS | LB_FEATURE_RANDOM | LB_FEATURE_HASH_SOURCE)

/* The verifier knows what is off and removes it. */
static __always_inline bool has(__u32 feature)
{
	return (LB_VARIANT_FEATURES & feature) && (enabled_features & feature);
}

#endif
