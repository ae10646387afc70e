/* SPDX-License-Identifier: MIT
 *
 * Which of several media types to send (RFC 9110 §12.5.1). */
#ifndef DIALECT_HTTP_HTTP_ACCEPT_WIRE_H
#define DIALECT_HTTP_HTTP_ACCEPT_WIRE_H

#include "base/str.h"

/* The index of the offer ("type/subtype", in order of our liking) that the
 * Accept value likes best, -1 if it wants none of them. The most specific range
 * decides about an offer; equal ones go to the earlier offer. No value, or one
 * that is malformed anywhere, counts as any type: the first offer. A
 * range's parameters but q are ignored. */
int http_accept_best(struct str value, const char *const offers[], size_t n);

#endif
