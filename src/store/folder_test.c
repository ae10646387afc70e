/* SPDX-License-Identifier: MIT
 *
 * The data folder as store_open() meets it: missing, locked, forbidden. Each
 * refusal is one sentence that names the place. */
#include "store/scratch_test.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>

static void
a_second_server_is_refused_until_the_first_is_gone(void **state)
{
    struct scratch *t = *state;
    struct store *first = scratch_open(t);
    struct store *second = NULL;
    struct err e;

    assert_int_equal(store_open(t->folder, STORE_SYNC_FULL, &second, &e),
                     -EBUSY);
    assert_null(second);
    assert_sentence(e, "is in use by another loquatd");

    store_close(&first);
    second = scratch_open(t);
    store_close(&second);
}

static void
a_folder_that_cannot_be_made_is_named(void **state)
{
    struct scratch *t = *state;
    struct store *s;
    struct err e;
    char deep[128];
    snprintf(deep, sizeof deep, "%s/deeper", t->folder);

    assert_int_equal(store_open(deep, STORE_SYNC_FULL, &s, &e), -ENOENT);
    assert_sentence(e, "cannot create the data folder \"");
    assert_sentence(e, "/deeper\": No such file or directory");
}

static void
a_file_in_the_folders_place_is_named(void **state)
{
    struct scratch *t = *state;
    struct store *s;
    struct err e;
    close(open(t->folder, O_CREAT | O_WRONLY, 0600));

    assert_int_equal(store_open(t->folder, STORE_SYNC_FULL, &s, &e), -ENOTDIR);
    assert_sentence(e, "cannot write to the data folder \"");
    assert_sentence(e, "\": Not a directory");
}

/* In a child, without a superuser's rights. */
static void
expect_refusal_as_nobody(const struct scratch *t, const char *sentence)
{
    pid_t child = fork();
    if (child == 0) {
        struct store *s;
        struct err e = {0};
        if (geteuid() == 0 && setuid(65534) < 0)
            _exit(2);
        int r = store_open(t->folder, STORE_SYNC_FULL, &s, &e);
        if (r == -EACCES && strstr(e.text, sentence))
            _exit(0);
        print_error("got %d %s\n", r, e.text);
        _exit(1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void
a_folder_without_write_permission_is_named(void **state)
{
    struct scratch *t = *state;
    chmod(t->root, 0755);
    assert_int_equal(mkdir(t->folder, 0555), 0);

    char sentence[256];
    snprintf(sentence, sizeof sentence, "cannot write to the data folder "
             "\"%s\": Permission denied", t->folder);
    expect_refusal_as_nobody(t, sentence);
}

static void
a_database_without_write_permission_is_named(void **state)
{
    struct scratch *t = *state;
    struct store *s = scratch_open(t);
    store_close(&s);
    char lock[128];
    snprintf(lock, sizeof lock, "%s/loquat.lock", t->folder);
    chmod(t->root, 0755);
    chmod(t->folder, 0777);
    chmod(lock, 0666);
    chmod(t->db, 0444);

    expect_refusal_as_nobody(t, "/loquat.db\": Permission denied");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        scratch_unit_test(a_second_server_is_refused_until_the_first_is_gone),
        scratch_unit_test(a_folder_that_cannot_be_made_is_named),
        scratch_unit_test(a_file_in_the_folders_place_is_named),
        scratch_unit_test(a_folder_without_write_permission_is_named),
        scratch_unit_test(a_database_without_write_permission_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
