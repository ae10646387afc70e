/* SPDX-License-Identifier: MIT
 *
 * Resumable uploads, tus 1.0.0 with creation, creation-with-upload,
 * expiration, termination and checksum. */
#ifndef DIALECT_HTTP_HTTP_TUS_H
#define DIALECT_HTTP_HTTP_TUS_H

#include "dialect/http/http_out.h"

/* What OPTIONS tells of it. */
void http_tus_fields(struct http_out *o);

#endif
