/* SPDX-License-Identifier: MIT */
#include "server/admin_secret.h"

#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

/* Byte by byte: nothing of it stays in a buffer of stdio's. */
static int
read_line(int fd, char *out, size_t n)
{
    size_t at = 0;
    char c;

    for (;;) {
        ssize_t got = read(fd, &c, 1);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return -errno;
        if (got == 0 || c == '\n')
            break;
        if (at + 1 == n)
            return -ENOBUFS;
        out[at++] = c;
    }
    out[at] = '\0';
    return at > 0 ? 0 : -ENODATA;
}

/* Quiet before the question is there, for programs answer at once. Whatever
 * ends it, the terminal echoes again: signals wait. */
static int
ask_once(const char *question, char *out, size_t n)
{
    struct termios before, quiet;
    sigset_t all, old;
    int rc;

    if (tcgetattr(STDIN_FILENO, &before) < 0)
        return -errno;
    quiet = before;
    quiet.c_lflag &= (tcflag_t)~ECHO;
    quiet.c_lflag |= ECHONL;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &old);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet);
    fputs(question, stderr);
    rc = read_line(STDIN_FILENO, out, n);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    sigprocmask(SIG_SETMASK, &old, NULL);
    return rc;
}

static int
ask_twice(char *out, size_t n, struct err *e)
{
    char again[512] = "";
    int rc = ask_once("Password: ", out, n);

    if (rc == 0)
        rc = ask_once("Once more: ", again, sizeof again);
    if (rc == 0 && strcmp(out, again) != 0)
        rc = -EINVAL;
    sodium_memzero(again, sizeof again);
    if (rc == -EINVAL)
        return err_set(e, EINVAL, "the two are not the same");
    return rc;
}

int
admin_secret_ask(char *out, size_t n, struct err *e)
{
    int rc;

    if (isatty(STDIN_FILENO)) {
        rc = ask_twice(out, n, e);
        if (rc == -EINVAL)
            return rc;
    } else {
        rc = read_line(STDIN_FILENO, out, n);
    }
    if (rc == -ENODATA)
        return err_set(e, ENODATA, "no password was given");
    return rc < 0 ? err_set(e, -rc, "cannot read the password: %s",
                            strerror(-rc)) : 0;
}
