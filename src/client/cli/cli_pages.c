/* SPDX-License-Identifier: MIT
 *
 * LATEST goes on with BEFORE, and both collect; AFTER goes on with itself;
 * AROUND is one page. */
#include "client/cli/cli_pages.h"

#include "base/limits.h"

#include <stdlib.h>

struct cli_page {
    struct cli_page *newer;
    struct buf lines;
};

enum { PAGE_MAX = 64 * 1024 * 1024 };

void
cli_pages_init(struct cli_pages *p, struct cli_session *s, const char *target,
               Loquat__V1__PageMode mode, uint64_t seq, unsigned count)
{
    *p = (struct cli_pages){.s = s, .target = target, .mode = mode,
                            .seq = seq, .left = count};
}

void
cli_pages_done(struct cli_pages *p)
{
    while (p->oldest != NULL) {
        struct cli_page *page = p->oldest;

        p->oldest = page->newer;
        buf_done(&page->lines);
        free(page);
    }
}

void
cli_pages_ask(struct cli_pages *p)
{
    Loquat__V1__GetHistory get = LOQUAT__V1__GET_HISTORY__INIT;
    Envelope e = LOQUAT__V1__ENVELOPE__INIT;

    get.target = (char *)p->target;
    get.mode = p->mode;
    get.seq = p->seq;
    /* 0 would mean as many as the server likes. */
    get.limit = p->left == 0 ? 1 : p->left;
    if (get.limit > LIMIT_PAGE_MESSAGES)
        get.limit = LIMIT_PAGE_MESSAGES;
    e.body_case = ENVELOPE_BODY(GET_HISTORY);
    e.get_history = &get;
    p->request = link_request(p->s->link, &e);
}

/* The first one of h's messages that is wanted: of a page that is longer than
 * was asked for, the newest ones. */
static size_t
first_wanted(const struct cli_pages *p, const Loquat__V1__History *h)
{
    return h->n_messages > p->left ? h->n_messages - p->left : 0;
}

static void
print(struct cli_pages *p, struct buf *out, const Loquat__V1__History *h,
      size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        cli_print_message(out, &p->s->style, p->s->style.json ? p->target
                                                              : NULL,
                          h->messages[i]);
}

static void
keep(struct cli_pages *p, const Loquat__V1__History *h)
{
    struct cli_page *page = must_alloc(sizeof *page);

    buf_init(&page->lines, PAGE_MAX);
    print(p, &page->lines, h, first_wanted(p, h), h->n_messages);
    page->newer = p->oldest;
    p->oldest = page;
}

static void
print_kept(struct cli_pages *p)
{
    for (const struct cli_page *page = p->oldest; page != NULL;
         page = page->newer) {
        must(buf_append_str(&p->s->out, buf_str(&page->lines)) == 0);
        cli_flush(p->s);
    }
    cli_pages_done(p);
}

static bool
is_backward(const struct cli_pages *p)
{
    return p->mode == LOQUAT__V1__PAGE_MODE__PAGE_MODE_LATEST ||
           p->mode == LOQUAT__V1__PAGE_MODE__PAGE_MODE_BEFORE;
}

static void
go_on(struct cli_pages *p, const Loquat__V1__History *h)
{
    if (is_backward(p)) {
        p->mode = LOQUAT__V1__PAGE_MODE__PAGE_MODE_BEFORE;
        p->seq = h->messages[0]->seq;
    } else {
        p->seq = h->messages[h->n_messages - 1]->seq;
    }
    cli_pages_ask(p);
}

bool
cli_pages_take(struct cli_pages *p, const Loquat__V1__History *h)
{
    size_t n = h->n_messages < p->left ? h->n_messages : p->left;
    bool around = p->mode == LOQUAT__V1__PAGE_MODE__PAGE_MODE_AROUND;

    p->request = 0;
    if (h->n_messages > 0 && h->messages[h->n_messages - 1]->seq > p->last_seq)
        p->last_seq = h->messages[h->n_messages - 1]->seq;
    if (is_backward(p))
        keep(p, h);
    else
        print(p, &p->s->out, h, 0, n);
    p->left -= (unsigned)n;
    if (p->left > 0 && h->more && n > 0 && !around) {
        go_on(p, h);
        return false;
    }
    print_kept(p);
    return true;
}
