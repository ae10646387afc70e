/* SPDX-License-Identifier: MIT
 *
 * /proc/PID/stat counts in ticks of 10 ms, which is a tenth of a short run's
 * whole CPU time. /proc/PID/task/TID/schedstat has the same quantity in
 * nanoseconds, thread by thread; a thread that ends takes its share with it,
 * so the larger of the two is believed. */
#include "load/server_stat.h"

#include "load/load.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
server_init(struct server *s, const char *pids)
{
    *s = (struct server){.count = 0};
    while (pids != NULL && *pids != '\0') {
        char *end;
        long pid = strtol(pids, &end, 10);

        if (end == pids || pid <= 0 || (*end != ',' && *end != '\0') ||
            s->count == SERVER_PROCESSES_MAX)
            die("--pid wants up to %d numbers with commas between them",
                SERVER_PROCESSES_MAX);
        s->pids[s->count++] = (int)pid;
        pids = *end == ',' ? end + 1 : end;
    }
}

/* The file's text in out; 0 if it cannot be read. */
static size_t
read_text(const char *path, char *out, size_t cap)
{
    FILE *f = fopen(path, "re");
    size_t n;

    if (f == NULL)
        return 0;
    n = fread(out, 1, cap - 1, f);
    fclose(f);
    out[n] = '\0';
    return n;
}

/* "KEY: 123 kB" in a status file. */
static int64_t
status_number(const char *text, const char *key)
{
    const char *line = strstr(text, key);

    return line == NULL ? 0 : strtoll(line + strlen(key), NULL, 10);
}

static void
add_process(int pid, struct server_stat *sum)
{
    char path[64], text[4096];
    unsigned long user, system;
    const char *fields;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    if (read_text(path, text, sizeof text) == 0)
        die("process %d is gone", pid);
    fields = strrchr(text, ')');     /* the name may have blanks in it */
    if (fields == NULL ||
        sscanf(fields, ") %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu",
               &user, &system) != 2)
        die("%s is not understood", path);
    sum->user_s += (double)user / (double)sysconf(_SC_CLK_TCK);
    sum->system_s += (double)system / (double)sysconf(_SC_CLK_TCK);
    snprintf(path, sizeof path, "/proc/%d/status", pid);
    read_text(path, text, sizeof text);
    sum->rss_kib += status_number(text, "\nVmRSS:");
}

/* The scheduler's nanoseconds of one thread, and how often it slept. */
static double
add_task(int pid, const char *task, struct server_stat *sum)
{
    char path[320], text[4096];
    double cpu_s = 0;

    snprintf(path, sizeof path, "/proc/%d/task/%s/schedstat", pid, task);
    if (read_text(path, text, sizeof text) > 0)
        cpu_s = (double)strtoull(text, NULL, 10) / 1e9;
    snprintf(path, sizeof path, "/proc/%d/task/%s/status", pid, task);
    if (read_text(path, text, sizeof text) > 0)
        sum->wakeups += status_number(text, "\nvoluntary_ctxt_switches:");
    return cpu_s;
}

static double
add_tasks(int pid, struct server_stat *sum)
{
    char path[64];
    struct dirent *entry;
    double cpu_s = 0;
    DIR *tasks;

    snprintf(path, sizeof path, "/proc/%d/task", pid);
    tasks = opendir(path);
    if (tasks == NULL)
        die("process %d is gone", pid);
    while ((entry = readdir(tasks)) != NULL)
        if (entry->d_name[0] != '.')
            cpu_s += add_task(pid, entry->d_name, sum);
    closedir(tasks);
    return cpu_s;
}

struct server_stat
server_stat_read(const struct server *s)
{
    struct server_stat sum = {0};

    for (int i = 0; i < s->count; i++) {
        add_process(s->pids[i], &sum);
        sum.cpu_s += add_tasks(s->pids[i], &sum);
    }
    if (sum.cpu_s < sum.user_s + sum.system_s)
        sum.cpu_s = sum.user_s + sum.system_s;
    return sum;
}
