/* SPDX-License-Identifier: MIT
 *
 * Backups beside a writer that posts, shares files and forgets as fast as it
 * can: each of them, restored elsewhere, is whole. */
#include "store/backup_test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

struct busy {
    const struct scratch *t;
    struct store *s;
    atomic_bool stop;
    atomic_uint rounds;
};

struct gone {
    struct file_id ids[16];
    unsigned n;
};

static void
note_gone(void *arg, const struct file_id *id)
{
    struct gone *g = arg;
    must(g->n < 16);
    g->ids[g->n++] = *id;
}

static void
forget(struct busy *b, uint64_t first)
{
    struct gone gone = {.n = 0};
    uint64_t ret_first;
    unsigned n;
    char path[160];
    must(store_begin(b->s) == 0);
    must(store_drop_old(b->s, 1, first, 0, 100, note_gone, &gone, &n,
                        &ret_first) == 0);
    must(store_commit(b->s) == 0);
    for (unsigned i = 0; i < gone.n; i++) {
        bodies_path(b->t, gone.ids[i].b[0], path);
        must(unlink(path) == 0);
    }
}

/* A file's body is there before its row is whole, and goes after it. */
static void *
be_busy(void *arg)
{
    struct busy *b = arg;
    uint64_t seq = 10;
    for (uint8_t n = 4; !b->stop; n = n == 250 ? 4 : n + 1) {
        scratch_fill(b->s, 1, seq + 1, seq + 20);
        bodies_put(b->t, b->s, n, seq + 10, "a body of a busy server");
        seq += 20;
        if (seq > 500)
            forget(b, seq - 400);
        if (seq % 1000 == 10)
            must(store_checkpoint(b->s) == 0);
        b->rounds++;
    }
    return NULL;
}

static void
wait_for_rounds(struct busy *b, unsigned n)
{
    for (unsigned until = b->rounds + n; b->rounds < until;)
        sched_yield();
}

static void
each_backup_of_a_busy_server_is_whole(void **state)
{
    struct scratch *t = *state;
    struct backup_place p = backup_place(t);
    struct busy b = {.t = t, .s = bodies_fill(t)};
    char text[512], away[128];
    pthread_t id;

    assert_int_equal(pthread_create(&id, NULL, be_busy, &b), 0);
    for (int i = 0; i < 4; i++) {
        struct told told = {{0}};
        wait_for_rounds(&b, 30);
        backup_make(t->folder, p.file, &told);
        assert_int_equal(told.faults, 0);
        restore_make(p.file, p.folder, &told);
        assert_int_equal(told.faults, 0);
        if (backup_fsck(p.folder, text) > 0)
            fail_msg("restored: %s", text);
        if (backup_fsck(t->folder, text) > 0
            && !strstr(text, "is no file of the database"))
            fail_msg("in use: %s", text);
        snprintf(away, sizeof away, "%s/away%d", t->root, i);
        assert_int_equal(rename(p.folder, away), 0);
        unlink(p.file);
    }
    b.stop = true;
    pthread_join(id, NULL);
    assert_int_equal(backup_fsck(t->folder, text), 0);
    store_close(&b.s);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(each_backup_of_a_busy_server_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
