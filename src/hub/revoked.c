/* SPDX-License-Identifier: MIT */
#include "hub/revoked.h"
#include "base/must.h"

#include <stdlib.h>

struct revoked {
    uint64_t everywhere;          /* decided before: void in every room */
    uint32_t n;
    struct {
        uint64_t room, decided;
        enum deny why;
    } rooms[REVOKED_ROOMS];       /* oldest first */
};

static void
drop(struct revoked *r, uint32_t i)
{
    r->n--;
    memmove(&r->rooms[i], &r->rooms[i + 1],
            (r->n - i) * sizeof r->rooms[0]);
}

void
revoked_note(struct revoked **ref, uint64_t room, uint64_t decided,
             enum deny why)
{
    struct revoked *r = *ref;

    if (r == NULL)
        r = *ref = must_alloc(sizeof *r);
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->rooms[i].room == room) {
            drop(r, i);
            break;
        }
    }
    if (r->n == REVOKED_ROOMS) {
        r->everywhere = r->rooms[0].decided;
        drop(r, 0);
    }
    r->rooms[r->n].room = room;
    r->rooms[r->n].decided = decided;
    r->rooms[r->n].why = why;
    r->n++;
}

enum deny
revoked_check(const struct revoked *r, uint64_t room, uint64_t decided)
{
    if (r == NULL)
        return DENY_NONE;
    for (uint32_t i = 0; i < r->n; i++) {
        if (r->rooms[i].room == room && decided < r->rooms[i].decided)
            return r->rooms[i].why;
    }
    return decided < r->everywhere ? DENY_FORBIDDEN : DENY_NONE;
}

void
revoked_free(struct revoked **r)
{
    free(*r);
    *r = NULL;
}
