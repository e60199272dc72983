/* SPDX-License-Identifier: MIT */
/* Direct server return by MAC address. */
#define LB_VARIANT "dsr_l2"
#define LB_VARIANT_FEATURES (LB_FEATURES_COMMON | LB_FEATURE_DSR_L2)

#include "../lb_main.h"
