/* SPDX-License-Identifier: MIT
 *
 * The HTTP/1.1 dialect (docs/http.md; RFC 9110, RFC 9112): for browsers, curl
 * and whatever else has an HTTP library. Each request is a question or a
 * command of its own; a connection is nobody in particular. */
#ifndef DIALECT_HTTP_HTTP_H
#define DIALECT_HTTP_HTTP_H

#include "dialect/dialect.h"

extern const struct dialect http_dialect;

#endif
