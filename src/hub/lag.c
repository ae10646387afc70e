/* SPDX-License-Identifier: MIT
 *
 * Invariants:
 * - a subscription that is behind has a receiver that is lagging;
 * - a lagging receiver waits for exactly one thing: for its page, when
 *   page_asked, and otherwise for fanout_drained();
 * - the cursor of a subscription that is behind moves only with a page, so a
 *   page that was read from another cursor is another subscription's. */
#include "hub/lag.h"

#include "hub/fanout_impl.h"
#include <stdlib.h>

/* Pages are kept for those who lag. */
static void
tidy_pages(struct fanout *f)
{
    if (f->lagging == 0)
        pages_clear(&f->pages);
}

static void
set_lagging(struct fanout *f, struct receiver *r, bool lagging)
{
    if (r->lagging == lagging)
        return;
    r->lagging = lagging;
    metrics_add(f->shard, METRIC_lagging, lagging ? 1 : -1);
    if (lagging) {
        metrics_add(f->shard, METRIC_lagging_total, 1);
        f->lagging++;
    } else {
        f->lagging--;
        tidy_pages(f);
    }
}

void
lag_end(struct fanout *f, struct receiver *r)
{
    set_lagging(f, r, false);
}

bool
lag_has_room(struct fanout *f, struct receiver *r)
{
    if (r->ops->congested(r)) {
        set_lagging(f, r, true);
        return false;
    }
    return !r->lagging || r->page_asked;
}

/* The next of r's rooms that is behind, in turn: a busy room must not keep a
 * receiver from hearing the others. */
static struct subscription *
next_behind(struct receiver *r)
{
    list_each(it, tmp, &r->subs) {
        struct subscription *sub = list_entry(it, struct subscription, link);

        if (sub->behind) {
            list_remove(it);
            list_push(&r->subs, it);
            return sub;
        }
    }
    return NULL;
}

static void
catch_up(struct subscription *sub)
{
    struct receiver *r = sub->receiver;
    struct str none = {0};
    struct event *e = event_new(EVENT_CAUGHT_UP, str_of(sub->room->name),
                                none, none, none);

    sub->behind = false;
    e->room = sub->room->id;
    e->room_kind = sub->room->access.kind;
    e->seq = sub->cursor;
    r->ops->answer(r, e, NULL);
    event_unref(&e);
}

static void
close_unreadable(struct receiver *r)
{
    struct str none = {0};
    struct event *e = event_new(EVENT_CLOSED, none, none,
                                str_of("the history could not be read"), none);

    e->deny = DENY_STORAGE_BROKEN;
    r->ops->end(r, e);
    event_unref(&e);
}

static void
send_each(struct fanout *f, struct subscription *sub, struct run *page,
          uint64_t last_seq)
{
    struct receiver *r = sub->receiver;

    for (uint32_t i = 0; i < run_length(page); i++) {
        if (run_event(page, i)->seq > last_seq)
            return;
        if (fanout_passes_over(sub, run_event(page, i)))
            continue;
        fanout_send(f, r, run_bytes(page, r, subscription_encoding(sub), i),
                    1);
    }
}

static void
move_cursor(struct subscription *sub, uint64_t seq)
{
    sub->cursor = seq;
    if (seq >= sub->room->last_seq)
        catch_up(sub);
}

/* A page may be ahead of the mailbox. What this worker was not told yet comes
 * live, behind whatever was decided before it: the receiver may be removed by
 * then. */
static void
send_page(struct fanout *f, struct subscription *sub, struct run *page)
{
    struct receiver *r = sub->receiver;
    uint64_t last_seq = run_last_seq(page), known = sub->room->last_seq;

    must(run_first_seq(page) > sub->cursor);
    if (last_seq <= known && fanout_hears_all(sub, page))
        fanout_send(f, r, run_joined(page, r, subscription_encoding(sub)),
                    run_length(page));
    else
        send_each(f, sub, page, known);
    move_cursor(sub, last_seq < known ? last_seq : known);
}

static void
ask_page(struct fanout *f, const struct heard_room *room, uint64_t after)
{
    struct read_job *job = must_alloc(sizeof(*job));

    job->query = (struct page_query){
        .room = room->id, .mode = PAGE_AFTER, .at = after,
        .limit = PAGES_MESSAGES - (uint32_t)(after % PAGES_MESSAGES)};
    job->worker = f->worker;
    job->catchup = true;
    job->access = room->access;
    memcpy(job->room_name, room->name, strlen(room->name) + 1);
    readers_submit(f->readers, job);
}

/* The page that sub needs next, or NULL: then its receiver waits. */
static struct run *
next_page(struct fanout *f, const struct subscription *sub)
{
    struct page_place place = {sub->room->id, sub->cursor};
    struct receiver *r = sub->receiver;
    struct run *page;
    bool ask;

    page = pages_get(&f->pages, &place, r->session, &ask);
    if (ask)
        ask_page(f, sub->room, sub->cursor);
    r->page_asked = page == NULL;
    return page;
}

/* Page after page, as long as they are here already and the queue has room. A
 * page that is in hand stays: pages go only with the last one who lags. */
void
lag_go_on(struct fanout *f, struct receiver *r)
{
    while (r->lagging && !r->page_asked && !r->ops->congested(r)) {
        struct subscription *sub = next_behind(r);
        struct run *page;

        if (sub == NULL) {
            set_lagging(f, r, false);
            return;
        }
        page = next_page(f, sub);
        if (page != NULL)
            send_page(f, sub, page);
    }
}

/* Who is new to lagging may not be congested at all (a JOIN that resumes), and
 * then nothing would ever drain. */
void
lag_fall_behind(struct fanout *f, struct subscription *sub)
{
    struct receiver *r = sub->receiver;

    sub->behind = true;
    if (r->lagging)
        return;
    set_lagging(f, r, true);
    lag_go_on(f, r);
}

/* Nothing is left of what sub was behind by: it was not kept for that long.
 * What has been said since may be there. */
static void
pass_gone(struct subscription *sub, uint64_t first_seq)
{
    move_cursor(sub, first_seq - 1);
}

/* A session that waited for the page, and may have been joined to the room
 * anew meanwhile, from elsewhere; or it has become congested by something
 * else, and gets the page once that has drained. No page, although its messages
 * are known to be there (first_seq), ends it; page_asked stays, so that no
 * other is asked for. */
static void
serve(struct fanout *f, struct receiver *r, const struct page_place *place,
      struct run *page, uint64_t first_seq)
{
    struct subscription *sub = fanout_subscription(r, place->room);
    bool fits = sub != NULL && sub->behind && sub->cursor == place->after;
    bool gone = page == NULL && first_seq > place->after + 1;

    if (fits && page == NULL && !gone) {
        close_unreadable(r);
        return;
    }
    r->page_asked = false;
    if (fits && gone)
        pass_gone(sub, first_seq);
    else if (fits && !r->ops->congested(r))
        send_page(f, sub, page);
    lag_go_on(f, r);
}

void
lag_take_page(struct fanout *f, const struct parcel *p)
{
    const struct event *e = p->event;
    struct page_place place = {p->room, e->seq};
    struct page_waiters waiters;
    struct run *page =
        pages_put(&f->pages, &place, e->items, e->items_n, &waiters);

    if (page != NULL)
        metrics_add(f->shard, METRIC_catchup_pages_total, 1);
    for (uint32_t i = 0; i < waiters.n; i++) {
        struct receiver *r = fanout_find(f, waiters.sessions[i]);

        if (r != NULL)
            serve(f, r, &place, page, e->delivered);
    }
    free(waiters.sessions);
    tidy_pages(f);       /* whoever waited may have left meanwhile */
}
