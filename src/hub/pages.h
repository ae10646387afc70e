/* SPDX-License-Identifier: MIT
 *
 * Pages of the log on one worker: asked for once however many wait for the
 * same one, and kept for a moment for those who come to it next. After a
 * restart a thousand clients want the same few pages; each is then read and
 * encoded once. Part of lag.c.
 *
 * A page is named by its room and the seq behind which it begins. It never
 * grows stale: the log before a seq only loses its beginning, and what was lost
 * since stays for as long as somebody lags; whoever has had a short page asks
 * for one that begins behind it. */
#ifndef HUB_PAGES_H
#define HUB_PAGES_H

#include "base/list.h"
#include "base/map.h"
#include "hub/run.h"

/* Pages end at multiples of it, so that the second page is the same one for
 * everybody. Few beside a queue's soft limit, since a page is queued as a
 * whole. */
#define PAGES_MESSAGES 200

struct pages {
    struct map by_place;          /* room and seq, mixed -> struct log_page */
    struct list kept;             /* struct log_page by ->kept, oldest first */
    unsigned kept_n;
};

struct page_place {
    uint64_t room, after;
};

/* Who waits for a page. Owned by whoever was given it. */
struct page_waiters {
    uint64_t *sessions;
    uint32_t n, cap;
};

void pages_init(struct pages *p);
void pages_done(struct pages *p);

/* The page, if it is here: borrowed until the next call on p. Otherwise NULL,
 * the session waits for it, and *ret_ask tells whether it has to be asked for
 * first. */
struct run *pages_get(struct pages *p, const struct page_place *place,
                      uint64_t session, bool *ret_ask);

/* It has come, with n messages (their references stay the caller's); returns
 * it, borrowed as above, and who waits for it. NULL, without messages: then
 * nothing is kept. */
struct run *pages_put(struct pages *p, const struct page_place *place,
                      struct event *const *messages, size_t n,
                      struct page_waiters *ret);

/* Nobody lags any more: keeps nothing. */
void pages_clear(struct pages *p);

#endif
