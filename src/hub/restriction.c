/* SPDX-License-Identifier: MIT
 *
 * Senders are looked up in a map, since every post asks; ranges, of which
 * there are few, are gone through. */
#include "hub/restriction.h"
#include "base/must.h"

#include <stdlib.h>

struct restriction *
restriction_new(const struct restriction_row *row)
{
    struct restriction *r = must_alloc(sizeof(*r) + row->subject.n
                                       + row->reason.n + row->by.n);
    char *at = r->data;

    r->row = *row;
    r->row.subject = str_pack(&at, row->subject);
    r->row.reason = str_pack(&at, row->reason);
    r->row.by = str_pack(&at, row->by);
    list_init(&r->link);
    return r;
}

struct restrictions *
restrictions_new(void)
{
    struct restrictions *rs = must_alloc(sizeof *rs);

    list_init(&rs->all);
    map_init(&rs->senders);
    rs->due_ms = INT64_MAX;
    return rs;
}

void
restrictions_free(struct restrictions **ref)
{
    struct restrictions *rs = *ref;

    *ref = NULL;
    if (rs == NULL)
        return;
    list_each(it, next, &rs->all)
        free(list_entry(it, struct restriction, link));
    map_done(&rs->senders);
    free(rs);
}

void
restrictions_add(struct restrictions *rs, struct restriction *r)
{
    uint64_t id = r->row.sender_id;

    list_push(&rs->all, &r->link);
    rs->n++;
    if (r->row.expires_ms > 0 && r->row.expires_ms < rs->due_ms)
        rs->due_ms = r->row.expires_ms;
    if (id == 0) {
        rs->ranges++;
        return;
    }
    r->next = map_del_u64(&rs->senders, id);
    map_put_u64(&rs->senders, id, r);
}

static void
unlink_sender(struct restrictions *rs, const struct restriction *r)
{
    uint64_t id = r->row.sender_id;
    struct restriction *head = map_del_u64(&rs->senders, id);
    struct restriction **at = &head;

    while (*at != r)
        at = &(*at)->next;
    *at = r->next;
    if (head != NULL)
        map_put_u64(&rs->senders, id, head);
}

void
restrictions_take(struct restrictions *rs, struct restriction *r)
{
    if (r->row.sender_id != 0)
        unlink_sender(rs, r);
    else
        rs->ranges--;
    rs->n--;
    list_remove(&r->link);
    r->next = NULL;
}

bool
restriction_is_over(const struct restriction *r, int64_t now_ms)
{
    return r->row.expires_ms > 0 && now_ms >= r->row.expires_ms;
}

const struct restriction *
restrictions_of_sender(const struct restrictions *rs,
                       enum restriction_kind kind, uint64_t sender_id,
                       int64_t now_ms)
{
    const struct restriction *r = NULL;

    if (rs != NULL && sender_id != 0)
        r = map_get_u64(&rs->senders, sender_id);
    while (r != NULL
           && (r->row.kind != kind || restriction_is_over(r, now_ms)))
        r = r->next;
    return r;
}

static struct cidr
range_of(const struct restriction *r)
{
    struct cidr range = {.prefix = r->row.prefix};

    memcpy(range.address, r->row.address, sizeof range.address);
    return range;
}

const struct restriction *
restrictions_of_address(const struct restrictions *rs,
                        enum restriction_kind kind, const uint8_t from[16],
                        int64_t now_ms)
{
    if (rs == NULL || rs->ranges == 0)
        return NULL;
    list_each(it, next, &rs->all) {
        const struct restriction *r =
            list_entry(it, struct restriction, link);
        struct cidr range;

        if (r->row.sender_id != 0 || r->row.kind != kind
            || restriction_is_over(r, now_ms))
            continue;
        range = range_of(r);
        if (cidr_contains(&range, from))
            return r;
    }
    return NULL;
}

static bool
is_range(const struct restriction *r, const struct cidr *range)
{
    return r->row.sender_id == 0 && r->row.prefix == range->prefix
        && memcmp(r->row.address, range->address, 16) == 0;
}

struct restriction *
restrictions_find(const struct restrictions *rs, enum restriction_kind kind,
                  uint64_t sender_id, const struct cidr *range)
{
    if (rs == NULL)
        return NULL;
    list_each(it, next, &rs->all) {
        struct restriction *r = list_entry(it, struct restriction, link);

        if (r->row.kind == kind
            && (sender_id != 0 ? r->row.sender_id == sender_id
                               : is_range(r, range)))
            return r;
    }
    return NULL;
}
