/* SPDX-License-Identifier: MIT
 *
 * Who a request is from. Basic with a name and a password, or Bearer with a
 * token: an account. Basic with a name and no password: a guest of that name,
 * known again at the same address. Without credentials: a reader, or the
 * configured guest where something is said. Credentials are read from nowhere
 * else: not from a target, which is logged and shared, and not from cookies,
 * which a browser sends for other sites. */
#ifndef DIALECT_HTTP_HTTP_IDENTITY_H
#define DIALECT_HTTP_HTTP_IDENTITY_H

#include "dialect/http/http_impl.h"

/* From Authorization (RFC 7617, 6750) and the handler's need. False:
 * answered. */
bool http_identity_read(struct conn *c, struct http_who *ret);

/* The same, for a form with a field for a name (empty: none): a guest called
 * so, unless there are credentials. False: answered. */
bool http_identity_form(struct conn *c, struct str name,
                        struct http_who *ret);

#endif
