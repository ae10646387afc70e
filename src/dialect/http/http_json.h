/* SPDX-License-Identifier: MIT
 *
 * What the hub says as JSON objects and as lines of text, the same in pages
 * and in streams (docs/http.md has every field). */
#ifndef DIALECT_HTTP_HTTP_JSON_H
#define DIALECT_HTTP_HTTP_JSON_H

#include "base/json.h"
#include "dialect/http/http_impl.h"

/* A file, whether a message tells of it or the core. sha256 NULL: not known
 * yet. Borrows. */
struct http_file {
    struct file_id id;
    uint64_t size;               /* or FILE_SIZE_UNKNOWN */
    const uint8_t *sha256;
    struct str name;
};

/* Of EVENT_UPLOADING and ITEM_FILE. */
struct http_file http_file_of(const struct event *e);

/* One object, without a line feed. `type` NULL: none is told. */
void http_json_message(struct buf *b, const struct dialect_config *config,
                       const struct event *e, const char *type);
void http_json_file(struct buf *b, const struct http_file *f);

/* "2026-11-25T10:00:00Z alice: hello" and a line feed. The lines of a longer
 * text are indented, so that none can pass for another message. */
void http_line_message(struct buf *b, const struct event *e);

/* "2026-11-25T10:00:00Z". */
void http_put_time(struct buf *b, int64_t wall_ms);

/* "12345 bytes", "size not known yet". */
void http_put_size(struct buf *b, uint64_t size);

#endif
