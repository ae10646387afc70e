/* SPDX-License-Identifier: MIT
 *
 * Listeners on this machine's own kind of socket, in a folder of the test's. */
#include "base/clock.h"
#include "net/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define PATIENCE_MS 10000

struct fixture {
    uv_loop_t loop;
    struct listener *l, *second;
    char folder[32], path[48];
    int accepted, family;
};

static void
on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
    struct fixture *f = arg;

    f->accepted++;
    f->family = peer->ss_family;
    close(fd);
}

static int
setup(void **state)
{
    struct fixture *f = must_alloc(sizeof *f);

    must(uv_loop_init(&f->loop) == 0);
    snprintf(f->folder, sizeof f->folder, "/tmp/listener-XXXXXX");
    must(mkdtemp(f->folder) != NULL);
    snprintf(f->path, sizeof f->path, "%s/socket", f->folder);
    *state = f;
    return 0;
}

/* Whatever the test leaves at the path is gone by then. */
static int
teardown(void **state)
{
    struct fixture *f = *state;

    listener_close(&f->l);
    listener_close(&f->second);
    uv_run(&f->loop, UV_RUN_DEFAULT);
    must(uv_loop_close(&f->loop) == 0);
    must(rmdir(f->folder) == 0);
    free(f);
    return 0;
}

static int
open_local(struct fixture *f, struct listener **l, struct err *e)
{
    return listener_open_local(&f->loop, f->path, on_accept, f, l, e);
}

static struct sockaddr_un
at_path(const struct fixture *f)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};

    snprintf(at.sun_path, sizeof at.sun_path, "%s", f->path);
    return at;
}

/* A socket that is bound there; what becomes of it is the caller's. */
static int
bind_there(struct fixture *f, int type)
{
    struct sockaddr_un at = at_path(f);
    int fd = socket(AF_UNIX, type, 0);

    must(bind(fd, (struct sockaddr *)&at, sizeof at) == 0);
    return fd;
}

/* True: somebody accepted. */
static bool
is_answered(struct fixture *f)
{
    struct sockaddr_un at = at_path(f);
    int64_t end_ms = clock_mono_ms() + PATIENCE_MS;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0), before = f->accepted;
    bool connected = connect(fd, (struct sockaddr *)&at, sizeof at) == 0;

    while (connected && f->accepted == before && clock_mono_ms() < end_ms)
        uv_run(&f->loop, UV_RUN_NOWAIT);
    close(fd);
    return f->accepted > before;
}

static bool
is_there(const struct fixture *f)
{
    struct stat st;

    return lstat(f->path, &st) == 0;
}

static void
it_accepts_and_is_for_its_owner_and_group(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    struct err e;
    mode_t old = umask(0);

    assert_int_equal(open_local(f, &f->l, &e), 0);
    umask(old);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode, S_IFSOCK | 0660);
    assert_true(is_answered(f));
    assert_int_equal(f->family, AF_UNIX);
    assert_int_equal(listener_port(f->l), 0);
    listener_close(&f->l);
    assert_false(is_there(f));
}

static void
a_narrow_umask_does_not_shut_the_group_out(void **state)
{
    struct fixture *f = *state;
    struct stat st;
    struct err e;
    mode_t old = umask(077);

    assert_int_equal(open_local(f, &f->l, &e), 0);
    umask(old);
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);
}

static void
what_a_dead_server_left_is_replaced(void **state)
{
    struct fixture *f = *state;
    struct err e;
    int fd = bind_there(f, SOCK_STREAM);

    must(listen(fd, 1) == 0);
    close(fd);
    assert_true(is_there(f));
    assert_int_equal(open_local(f, &f->l, &e), 0);
    assert_true(is_answered(f));
}

static void
a_living_one_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct err e;

    assert_int_equal(open_local(f, &f->l, &e), 0);
    assert_int_equal(open_local(f, &f->second, &e), -EADDRINUSE);
    assert_non_null(strstr(e.text, "somebody else listens at "));
    assert_null(f->second);
    f->accepted = 0;
    assert_true(is_answered(f));
}

static void
another_kind_of_socket_is_left_alone(void **state)
{
    struct fixture *f = *state;
    struct err e;
    int fd = bind_there(f, SOCK_DGRAM);

    assert_true(open_local(f, &f->l, &e) < 0);
    assert_true(is_there(f));
    close(fd);
    unlink(f->path);
}

/* Also what only points to a socket. */
static void
what_is_no_socket_is_left_alone(void **state)
{
    struct fixture *f = *state;
    char target[64];
    struct err e;
    int fd = open(f->path, O_CREAT | O_WRONLY, 0600);

    must(fd >= 0 && close(fd) == 0);
    assert_int_equal(open_local(f, &f->l, &e), -EEXIST);
    assert_non_null(strstr(e.text, " is there and is no socket"));
    unlink(f->path);
    snprintf(target, sizeof target, "%s/other", f->folder);
    must(symlink(target, f->path) == 0);
    assert_int_equal(open_local(f, &f->l, &e), -EEXIST);
    assert_true(is_there(f));
    unlink(f->path);
}

static void
a_path_that_cannot_be_is_one_sentence(void **state)
{
    struct fixture *f = *state;
    char longer[sizeof ((struct sockaddr_un *)0)->sun_path + 1];
    struct err e;

    memset(longer, 'x', sizeof longer - 1);
    longer[sizeof longer - 1] = '\0';
    assert_int_equal(listener_open_local(&f->loop, longer, on_accept, f,
                                         &f->l, &e), -ENAMETOOLONG);
    assert_int_equal(listener_open_local(&f->loop, "/nowhere/socket",
                                         on_accept, f, &f->l, &e), -ENOENT);
    assert_non_null(strstr(e.text, "cannot listen at /nowhere/socket: "));
    assert_null(f->l);
}

/* Another server has replaced it by then: it is not ours to remove. */
static void
what_is_somebody_elses_by_then_stays_at_the_end(void **state)
{
    struct fixture *f = *state;
    struct err e;
    int fd;

    assert_int_equal(open_local(f, &f->l, &e), 0);
    must(unlink(f->path) == 0);
    fd = bind_there(f, SOCK_STREAM);
    listener_close(&f->l);
    assert_true(is_there(f));
    close(fd);
    unlink(f->path);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_accepts_and_is_for_its_owner_and_group),
        TEST(a_narrow_umask_does_not_shut_the_group_out),
        TEST(what_a_dead_server_left_is_replaced),
        TEST(a_living_one_is_left_alone),
        TEST(another_kind_of_socket_is_left_alone),
        TEST(what_is_no_socket_is_left_alone),
        TEST(a_path_that_cannot_be_is_one_sentence),
        TEST(what_is_somebody_elses_by_then_stays_at_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
