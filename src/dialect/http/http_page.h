/* SPDX-License-Identifier: MIT
 *
 * Pages for a person with nothing but a browser: plain HTML, no script, one
 * small style sheet of our own. Whatever a peer has said is escaped, and the
 * Content-Security-Policy lets nothing run all the same. */
#ifndef DIALECT_HTTP_HTTP_PAGE_H
#define DIALECT_HTTP_HTTP_PAGE_H

#include "dialect/http/http_out.h"

/* The fields that every page has. */
void http_page_fields(struct http_out *o);

/* Of ANSWER_ROOMS, ANSWER_PAGE and ANSWER_FILES. */
void http_page_rooms(struct buf *b, struct conn *c, const struct event *e);
void http_page_room(struct buf *b, struct conn *c, const struct event *e);
void http_page_files(struct buf *b, struct conn *c, const struct event *e);

void http_page_error(struct buf *b, struct conn *c, unsigned status,
                     struct str text);

/* 303 to the room's page; the name that was given is filled in next time. The
 * request is over. */
void http_page_go_back(struct conn *c, struct str name);

#endif
