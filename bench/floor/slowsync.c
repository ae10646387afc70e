/* SPDX-License-Identifier: MIT
 *
 * slowsync.so, for LD_PRELOAD: fsync and fdatasync return
 * LOQUAT_SLOWSYNC_US microseconds after they were called, or when the disk is
 * done, if that is later. So a server can be measured as on a slower disk
 * than this machine has. */
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static int
slowed(long call, int fd)
{
    struct timespec until;
    const char *us = getenv("LOQUAT_SLOWSYNC_US");

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += us != NULL ? atol(us) * 1000 : 0;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;

    long result = syscall(call, fd);
    int error = errno;
    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) ==
           EINTR)
        ;
    errno = error;
    return (int)result;
}

int
fsync(int fd)
{
    return slowed(SYS_fsync, fd);
}

int
fdatasync(int fd)
{
    return slowed(SYS_fdatasync, fd);
}
