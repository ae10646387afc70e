/* SPDX-License-Identifier: MIT
 *
 *     asked (run is NULL, sessions wait) --put--> kept --seven more--> gone
 */
#include "hub/pages.h"

#include "base/must.h"
#include <stdlib.h>

enum { KEPT_MAX = 8, WAITERS_MIN = 4 };

struct log_page {
    struct log_page *next;            /* with the same mixed place */
    struct list kept;
    struct page_place place;
    struct run *run;              /* NULL: asked for */
    struct page_waiters waiters;
};

void
pages_init(struct pages *p)
{
    map_init(&p->by_place);
    list_init(&p->kept);
    p->kept_n = 0;
}

/* The map hashes what it is given under its own key. */
static uint64_t
mixed(const struct page_place *place)
{
    return place->room * UINT64_C(0x9e3779b97f4a7c15) + place->after;
}

static struct log_page *
find(const struct pages *p, const struct page_place *place)
{
    struct log_page *page = map_get_u64(&p->by_place, mixed(place));

    while (page != NULL && (page->place.room != place->room ||
                            page->place.after != place->after))
        page = page->next;
    return page;
}

static struct log_page *
add(struct pages *p, const struct page_place *place)
{
    struct log_page *page = must_alloc(sizeof(*page));

    page->place = *place;
    list_init(&page->kept);
    page->next = map_del_u64(&p->by_place, mixed(place));
    map_put_u64(&p->by_place, mixed(place), page);
    return page;
}

static void
drop(struct pages *p, struct log_page *page)
{
    uint64_t key = mixed(&page->place);
    struct log_page *head = map_del_u64(&p->by_place, key);
    struct log_page **at = &head;

    while (*at != page)
        at = &(*at)->next;
    *at = page->next;
    if (head != NULL)
        map_put_u64(&p->by_place, key, head);
    if (page->run != NULL) {
        list_remove(&page->kept);
        p->kept_n--;
    }
    run_free(&page->run);
    free(page->waiters.sessions);
    free(page);
}

void
pages_clear(struct pages *p)
{
    while (!list_empty(&p->kept))
        drop(p, list_entry(p->kept.next, struct log_page, kept));
}

void
pages_done(struct pages *p)
{
    struct log_page *page;

    while ((page = map_next(&p->by_place, &(size_t){0})) != NULL)
        drop(p, page);
    map_done(&p->by_place);
}

static void
wait_for(struct log_page *page, uint64_t session)
{
    struct page_waiters *w = &page->waiters;

    if (w->n == w->cap) {
        w->cap = w->cap ? 2 * w->cap : WAITERS_MIN;
        w->sessions = must_realloc(w->sessions, w->cap * sizeof(uint64_t));
    }
    w->sessions[w->n++] = session;
}

struct run *
pages_get(struct pages *p, const struct page_place *place, uint64_t session,
          bool *ret_ask)
{
    struct log_page *page = find(p, place);
    bool ask = page == NULL;

    if (ask)
        page = add(p, place);
    if (page->run == NULL)
        wait_for(page, session);
    *ret_ask = ask;
    return page->run;
}

static struct run *
run_of(struct event *const *messages, size_t n)
{
    struct run *run = run_new((uint32_t)n);

    for (size_t i = 0; i < n; i++)
        run_add(run, messages[i]);
    return run;
}

static void
keep(struct pages *p, struct log_page *page)
{
    list_push(&p->kept, &page->kept);
    p->kept_n++;
    if (p->kept_n > KEPT_MAX)
        drop(p, list_entry(p->kept.next, struct log_page, kept));
}

struct run *
pages_put(struct pages *p, const struct page_place *place,
          struct event *const *messages, size_t n, struct page_waiters *ret)
{
    struct log_page *page = find(p, place);

    *ret = (struct page_waiters){0};
    if (page == NULL || page->run != NULL)
        return NULL;
    *ret = page->waiters;
    page->waiters = (struct page_waiters){0};
    if (n == 0) {
        drop(p, page);
        return NULL;
    }
    page->run = run_of(messages, n);
    keep(p, page);
    return page->run;
}
