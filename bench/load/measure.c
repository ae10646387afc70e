/* SPDX-License-Identifier: MIT */
#include "load/measure.h"

#include "load/load.h"

#include <stdio.h>

static double
own_cpu_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

void
measure_begin(struct measure *m, const struct server *server)
{
    *m = (struct measure){.server = server,
                          .before = server_stat_read(server)};
    m->load_before_s = own_cpu_s();
    m->begun_ns = now_ns();
}

void
measure_end(struct measure *m)
{
    struct server_stat now = server_stat_read(m->server);

    m->load_s = own_cpu_s() - m->load_before_s;
    m->used = (struct server_stat){
        .cpu_s = now.cpu_s - m->before.cpu_s,
        .user_s = now.user_s - m->before.user_s,
        .system_s = now.system_s - m->before.system_s,
        .rss_kib = now.rss_kib - m->before.rss_kib,
        .wakeups = now.wakeups - m->before.wakeups,
    };
}

double
measure_rate(const struct measure *m, uint64_t end_ns, uint64_t things)
{
    double seconds = (double)(end_ns - m->begun_ns) / 1e9;

    return seconds > 0 ? (double)things / seconds : 0;
}

void
measure_report(const struct measure *m, struct result *r, uint64_t end_ns,
               const char *unit, uint64_t things)
{
    char key[64];

    result_real(r, "seconds", (double)(end_ns - m->begun_ns) / 1e9);
    result_real(r, "load_cpu_s", m->load_s);
    if (m->server->count == 0)
        return;
    result_real(r, "server_cpu_s", m->used.cpu_s);
    result_real(r, "server_cpu_user_s", m->used.user_s);
    result_real(r, "server_cpu_sys_s", m->used.system_s);
    result_real(r, "wakeups", (double)m->used.wakeups);
    if (things == 0)
        return;
    snprintf(key, sizeof key, "cpu_us_per_%s", unit);
    result_real(r, key, m->used.cpu_s * 1e6 / (double)things);
}
