/* SPDX-License-Identifier: MIT
 *
 * What the doors for files have in common. */
#ifndef DIALECT_HTTP_HTTP_UPLOAD_H
#define DIALECT_HTTP_HTTP_UPLOAD_H

#include "dialect/http/http_json.h"
#include "dialect/upload.h"

/* A file as it is now told to the uploader. Borrows from u. */
struct http_file http_upload_file(const struct upload *u);

/* "http://HOST/f/ID/NAME", for people who copy it. */
void http_upload_put_link(struct conn *c, struct buf *b,
                          const struct upload *u);

/* Content-Digest or Repr-Digest (RFC 9530): sha-256, which the bytes must
 * have; *given tells whether there is one. False: malformed; answered. */
bool http_upload_digest(struct conn *c, bool *given, uint8_t sha256[32]);

#endif
