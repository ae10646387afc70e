/* SPDX-License-Identifier: MIT
 *
 * Files over a link: talk_files.h has the streams and what their owners are
 * told; here is what an owner asks of its link. A LINK_LOST closes every
 * stream; begin again at the next LINK_CONNECTED. */
#ifndef LINK_LINK_FILES_H
#define LINK_LINK_FILES_H

#include "link/link.h"
#include "link/talk_files.h"

bool link_put(struct link *l, struct talk_file *f,
              Loquat__V1__PutFile *put) MUST_USE;
bool link_get(struct link *l, struct talk_file *f,
              Loquat__V1__GetFile *get) MUST_USE;

size_t link_file_room(const struct link *l, const struct talk_file *f);
size_t link_file_send(struct link *l, struct talk_file *f, const void *p,
                      size_t n) MUST_USE;
bool link_file_end(struct link *l, struct talk_file *f,
                   const uint8_t sha256[TALK_SHA256_BYTES]) MUST_USE;
void link_file_credit(struct link *l, struct talk_file *f, uint64_t n);
void link_file_close(struct link *l, struct talk_file *f);

#endif
