/* SPDX-License-Identifier: MIT
 *
 * What the tests of transfers share: short words for what is asked. */
#ifndef HUB_TRANSFER_TEST_H
#define HUB_TRANSFER_TEST_H

#include "hub/play_test.h"

#include <errno.h>

#define STEP ((uint64_t)LIMIT_RESERVE_BYTES)

static inline struct command *
about(struct play *p, enum command_kind kind, uint64_t session, unsigned n)
{
    return play_file_command(p, kind, session, n, 0);
}

static inline void
upload(struct play *p, uint64_t session, const char *target, unsigned n,
       uint64_t size)
{
    act(p, uploading(p, session, target, n, size));
}

static inline void
share(struct play *p, uint64_t session, unsigned n, uint64_t size)
{
    act(p, sharing(p, session, n, size));
}

static inline void
fleeting(struct play *p, uint64_t session, unsigned n, uint64_t size)
{
    struct command *c = uploading(p, session, "#lobby", n, size);

    c->file->resumable = false;
    act(p, c);
}

static inline uint64_t
usage(struct play *p, enum usage_scope scope, uint64_t id)
{
    uint64_t bytes = 0;

    assert_int_equal(store_usage(p->store, scope, id, &bytes), 0);
    return bytes;
}

static inline struct file_row
row_of(struct play *p, unsigned n)
{
    struct file_id id = play_file_id(n);
    struct file_row row = {.room = 0};
    int rc = store_find_file(p->store, &id, &row);

    assert_true(rc == 0 || rc == -ENOENT);
    return row;
}

static inline bool
is_kept(struct play *p, unsigned n)
{
    return row_of(p, n).room != 0;
}

static inline void
two_people(struct play *p)
{
    settle(p, 1, "alice");
    settle(p, 2, "bob");
    forget(p);
}

#endif
