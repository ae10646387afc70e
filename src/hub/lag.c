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

/* Messages that one page brings: few beside a queue's soft limit, since a page
 * is queued as a whole. */
enum { PAGE_MESSAGES = 200 };

static void
set_lagging(struct fanout *f, struct receiver *r, bool lagging)
{
    if (r->lagging == lagging)
        return;
    r->lagging = lagging;
    metrics_add(f->shard, METRIC_lagging, lagging ? 1 : -1);
    if (lagging)
        metrics_add(f->shard, METRIC_lagging_total, 1);
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

static void
ask_page(struct fanout *f, struct subscription *sub)
{
    struct receiver *r = sub->receiver;
    struct heard_room *room = sub->room;
    struct read_job *job = must_alloc(sizeof(*job));

    job->query = (struct page_query){.room = room->id, .mode = PAGE_AFTER,
                                     .at = sub->cursor,
                                     .limit = PAGE_MESSAGES};
    job->worker = f->worker;
    job->session = r->session;
    job->catchup = true;
    job->access = room->access;
    memcpy(job->room_name, room->name, strlen(room->name) + 1);
    r->page_asked = true;
    readers_submit(f->readers, job);
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

void
lag_go_on(struct fanout *f, struct receiver *r)
{
    struct subscription *sub;

    if (!r->lagging || r->page_asked || r->ops->congested(r))
        return;
    sub = next_behind(r);
    if (sub != NULL)
        ask_page(f, sub);
    else
        set_lagging(f, r, false);
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
send_page(struct fanout *f, struct subscription *sub, const struct event *page)
{
    struct receiver *r = sub->receiver;

    for (size_t i = 0; i < page->items_n; i++) {
        const struct event *e = page->items[i];
        struct slab *s;

        must(e->seq > sub->cursor);
        sub->cursor = e->seq;
        if (fanout_passes_over(sub, e))
            continue;
        s = r->ops->encode(r, r->encoding + sub->encoding, e);
        fanout_send(f, r, s, 1);
        slab_unref(&s);
    }
    if (sub->cursor >= sub->room->last_seq)
        catch_up(sub);
}

/* An unreadable page, or one without the messages that are known to be there,
 * ends the session; page_asked stays, so that no other is asked for. */
void
lag_take_page(struct fanout *f, struct receiver *r, const struct parcel *p)
{
    struct subscription *sub = fanout_subscription(r, p->room);
    const struct event *page = p->event;
    bool fits = sub != NULL && sub->behind && sub->cursor == page->seq;

    if (page->kind != ANSWER_PAGE || (fits && page->items_n == 0)) {
        close_unreadable(r);
        return;
    }
    metrics_add(f->shard, METRIC_catchup_pages_total, 1);
    r->page_asked = false;
    if (fits)
        send_page(f, sub, page);
    lag_go_on(f, r);
}
