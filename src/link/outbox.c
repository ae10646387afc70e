/* SPDX-License-Identifier: MIT
 *
 * Two lists of posts. What goes back to wait goes to its place in the order of
 * posting, which is nearly always the front, so that the walk there is
 * short. */
#include "link/outbox.h"

#include "base/rand.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct post *
post_of(struct list *link)
{
    return list_entry(link, struct post, link);
}

void
outbox_init(struct outbox *o, size_t messages_max, size_t bytes_max)
{
    *o = (struct outbox){.messages_max = messages_max,
                         .bytes_max = bytes_max};
    list_init(&o->waiting);
    list_init(&o->sent);
}

static void
free_all(struct list *head)
{
    list_each(it, next, head)
        free(post_of(it));
    list_init(head);
}

void
outbox_done(struct outbox *o)
{
    free_all(&o->waiting);
    free_all(&o->sent);
    outbox_init(o, o->messages_max, o->bytes_max);
}

static struct post *
post_new(const char *target, const char *text)
{
    size_t target_n = strlen(target) + 1, text_n = strlen(text) + 1;
    struct post *p = must_alloc(sizeof *p + target_n + text_n);

    p->text = p->target + target_n;
    memcpy(p->target, target, target_n);
    memcpy(p->text, text, text_n);
    p->bytes = sizeof *p + target_n + text_n;
    return p;
}

int
outbox_add(struct outbox *o, const char *target, Loquat__V1__MessageKind kind,
           const char *text, uint64_t tag, int64_t wall_ms)
{
    size_t bytes = sizeof(struct post) + strlen(target) + strlen(text) + 2;
    struct post *p;

    if (o->count > 0 && (o->count >= o->messages_max ||
                         o->bytes + bytes > o->bytes_max))
        return -EAGAIN;
    p = post_new(target, text);
    p->kind = kind;
    p->tag = tag;
    p->serial = ++o->serial;
    rand_uuid7(wall_ms, p->client_id);
    list_push(&o->waiting, &p->link);
    o->count++;
    o->bytes += p->bytes;
    return 0;
}

bool
outbox_has_room(const struct outbox *o)
{
    return o->count <= o->messages_max / 2 && o->bytes <= o->bytes_max / 2;
}

struct post *
outbox_next(const struct outbox *o)
{
    struct post *p;

    if (o->resting || list_empty(&o->waiting))
        return NULL;
    p = post_of(o->waiting.next);
    if (o->sent_count == 0)
        return p;
    if (o->probing || o->sent_count >= OUTBOX_WINDOW_MESSAGES ||
        o->sent_bytes + p->bytes > OUTBOX_WINDOW_BYTES)
        return NULL;
    return p;
}

void
outbox_sent(struct outbox *o, struct post *p, uint64_t request)
{
    must(request > 0 && p->request == 0);
    p->request = request;
    list_remove(&p->link);
    list_push(&o->sent, &p->link);
    o->sent_count++;
    o->sent_bytes += p->bytes;
}

struct post *
outbox_find(const struct outbox *o, uint64_t request)
{
    /* Answers come in the order of the requests: it is the first one. */
    list_each(it, next, &o->sent) {
        if (post_of(it)->request == request)
            return post_of(it);
    }
    return NULL;
}

static void
unsend(struct outbox *o, struct post *p)
{
    must(p->request > 0 && o->sent_count > 0);
    list_remove(&p->link);
    p->request = 0;
    o->sent_count--;
    o->sent_bytes -= p->bytes;
}

static void
wait_again(struct outbox *o, struct post *p)
{
    struct list *before = o->waiting.next;

    unsend(o, p);
    while (before != &o->waiting && post_of(before)->serial < p->serial)
        before = before->next;
    list_push(before, &p->link);     /* at the end of a ring = before it */
}

void
outbox_end(struct outbox *o, struct post *p, bool stored)
{
    unsend(o, p);
    o->count--;
    o->bytes -= p->bytes;
    if (stored && !o->resting)
        o->probing = false;
    free(p);
}

void
outbox_keep(struct outbox *o, struct post *p)
{
    wait_again(o, p);
    o->resting = o->probing = true;
}

void
outbox_wake(struct outbox *o)
{
    o->resting = false;
}

void
outbox_rewind(struct outbox *o)
{
    while (!list_empty(&o->sent))
        wait_again(o, post_of(o->sent.prev));
    o->resting = o->probing = false;
}
