/* SPDX-License-Identifier: MIT
 *
 * What is said of files: their descriptions inside other envelopes, and the
 * envelopes of streams. Pure; slabs are returned owned. */
#ifndef DIALECT_NATIVE_NATIVE_FILE_EVENTS_H
#define DIALECT_NATIVE_NATIVE_FILE_EVENTS_H

#include "dialect/download.h"
#include "dialect/native/native_events.h"
#include "dialect/upload.h"

/* Inside the draft. The sum is that of the facts, which outlive it. */
Loquat__V1__FileInfo *native_file_of_facts(struct draft *d,
                                           const struct file_facts *facts,
                                           struct str name);

/* The body of a message of kind FILE; NULL when it is none. */
Loquat__V1__FileInfo *native_file_of_body(struct draft *d, struct str body);

/* Of an upload, or a download, that is READY. */
struct slab *native_putting(uint64_t request, uint32_t stream,
                            const struct upload *u, uint64_t credit);
struct slab *native_getting(uint64_t request, uint32_t stream,
                            const struct download *d);
struct slab *native_credit(uint32_t stream, uint64_t bytes);

/* Everything was sent (sha256: 32 bytes), or, with a deny, nothing more
 * comes. */
struct slab *native_file_end(uint32_t stream, const uint8_t *sha256,
                             enum deny deny, struct str detail);

#endif
