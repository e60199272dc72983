/* SPDX-License-Identifier: MIT */
/* Address translation. */
#define LB_VARIANT "nat"
#define LB_VARIANT_FEATURES (LB_FEATURES_COMMON | LB_FEATURE_SNAT | LB_FEATURE_DNAT)

#include "../lb_main.h"
