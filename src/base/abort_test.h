/* SPDX-License-Identifier: MIT
 *
 * For tests of what must() guards: that it ends the process. */
#ifndef BASE_ABORT_TEST_H
#define BASE_ABORT_TEST_H

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* act(arg) aborts: in a child, without a core file and without the message. */
static inline void
expect_abort(void (*act)(void *arg), void *arg)
{
    struct rlimit no_core = {0, 0};
    int status;
    pid_t pid;

    fflush(NULL);
    pid = fork();
    if (pid == 0) {
        setrlimit(RLIMIT_CORE, &no_core);
        signal(SIGABRT, SIG_DFL);
        close(STDERR_FILENO);
        act(arg);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

#endif
