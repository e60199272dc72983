/* SPDX-License-Identifier: MIT */
/* Stands for the header of the building machine's architecture: a BPF object is the same everywhere. */
#include <asm-generic/types.h>
