/* SPDX-License-Identifier: MIT
 *
 * What a browser could be tricked into. Host must be a name of ours (against
 * DNS rebinding); what changes something must not come from another site
 * (against forged requests and hijacked WebSockets): a browser says where it
 * comes from in Origin (RFC 6454 §7) and Sec-Fetch-Site. */
#ifndef DIALECT_HTTP_HTTP_GUARD_H
#define DIALECT_HTTP_HTTP_GUARD_H

#include "dialect/http/http_out.h"

/* False: answered, 421. */
bool http_guard_host(struct conn *c);

/* Of a request whose handler is known. False: answered, 403. */
bool http_guard_origin(struct conn *c);

/* A site of [http] origins may read the answer (the Fetch standard's CORS
 * protocol): adds the fields that say so. */
void http_guard_fields(struct conn *c, struct http_out *o);

#endif
