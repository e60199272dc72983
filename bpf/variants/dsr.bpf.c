/* SPDX-License-Identifier: MIT */
/* Direct server return, every way. */
#define LB_VARIANT "dsr"
#define LB_VARIANT_FEATURES (LB_FEATURES_COMMON | LB_FEATURE_DSR_L2 | LB_FEATURE_DSR_IPIP | LB_FEATURE_DSR_GENEVE | \
			     LB_FEATURE_SPREAD | LB_FEATURE_DECAP)

#include "../lb_main.h"
