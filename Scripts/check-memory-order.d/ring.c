// SPDX-License-Identifier: Apache-2.0

/* The ring's inline functions, each as a symbol of its own. */
#define inline __attribute__((used))
#include "CLiburing.h"
