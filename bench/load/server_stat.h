/* SPDX-License-Identifier: MIT
 *
 * What the measured server has used so far, from /proc. It may be several
 * processes; their figures are added up. */
#ifndef LOAD_SERVER_STAT_H
#define LOAD_SERVER_STAT_H

#include <stdint.h>

enum { SERVER_PROCESSES_MAX = 16 };

struct server {
    int pids[SERVER_PROCESSES_MAX];
    int count;                /* 0: unknown; then all figures stay 0 */
};

struct server_stat {
    double cpu_s;             /* by the scheduler's clock, to the nanosecond */
    double user_s, system_s;  /* utime and stime, in steps of 10 ms */
    int64_t rss_kib;
    int64_t wakeups;          /* voluntary context switches of all threads */
};

/* "12" or "12,13"; dies on anything else. */
void server_init(struct server *s, const char *pids);

/* Dies when a process is gone: a measurement of it would mean nothing. */
struct server_stat server_stat_read(const struct server *s);

#endif
