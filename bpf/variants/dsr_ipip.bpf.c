/* SPDX-License-Identifier: MIT */
/* Direct server return by IP-in-IP, on the balancer and on the backends' hosts. */
#define LB_VARIANT "dsr_ipip"
#define LB_VARIANT_FEATURES (LB_FEATURES_COMMON | LB_FEATURE_DSR_IPIP | LB_FEATURE_SPREAD | LB_FEATURE_DECAP)

#include "../lb_main.h"
