/* SPDX-License-Identifier: MIT
 *
 * What is counted, in one table. Every thread counts into a shard of its own
 * (relaxed atomics, no sharing between cores); a reader sums the shards. */
#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdint.h>

enum metric_type { METRIC_COUNTER, METRIC_GAUGE };

/*  name, type, help. Gauges are counted up and down across shards. */
#define METRICS_TABLE(X) \
    X(connections,         GAUGE,   "Open connections") \
    X(connections_total,   COUNTER, "Connections accepted") \
    X(refused_total,       COUNTER, "Connections refused by a limit") \
    X(bytes_in_total,      COUNTER, "Bytes read from peers") \
    X(bytes_out_total,     COUNTER, "Bytes written to peers") \
    X(writes_total,        COUNTER, "Gathered writes") \
    X(commands_total,      COUNTER, "Commands applied by the core") \
    X(denied_total,        COUNTER, "Commands refused") \
    X(bad_input_total,     COUNTER, "Connections closed for malformed input") \
    X(messages_total,      COUNTER, "Messages stored") \
    X(duplicates_total,    COUNTER, "Posts answered with their first result") \
    X(commits_total,       COUNTER, "Transactions committed") \
    X(storage_errors_total,COUNTER, "Transactions that failed") \
    X(deliveries_total,    COUNTER, "Events put into output queues") \
    X(lagging,             GAUGE,   "Sessions fed from the log") \
    X(lagging_total,       COUNTER, "Times a session began to lag") \
    X(catchup_pages_total, COUNTER, "Pages read for lagging sessions") \
    X(history_pages_total, COUNTER, "History pages answered") \
    X(users,               GAUGE,   "Named users present") \
    X(rooms,               GAUGE,   "Rooms in memory") \
    X(uploads,             GAUGE,   "Files that are arriving") \
    X(files_total,         COUNTER, "Files shared") \
    X(file_bytes_total,    COUNTER, "Bytes of files shared") \
    X(flood_pauses_total,  COUNTER, "Times a sender was slowed down") \
    X(core_stalls_total,   COUNTER, "Times a worker waited for the core")

enum metric {
#define METRICS_ENUM(name, type, help) METRIC_##name,
    METRICS_TABLE(METRICS_ENUM)
#undef METRICS_ENUM
    METRIC_COUNT
};

/*  name, unit, help. The stations of a message come in the order in which it
 *  passes them. */
#define HISTOGRAMS_TABLE(X) \
    X(queue_us,  "us", "From a worker's turn to the core's batch") \
    X(apply_us,  "us", "A batch is decided and written") \
    X(commit_us, "us", "A batch is committed and synced") \
    X(mail_us,   "us", "From the core to a worker's turn") \
    X(turn_us,   "us", "A worker's turn with mail: encoded, queued, sent") \
    X(batch,     "",   "Commands in a batch")

enum histogram {
#define HISTOGRAMS_ENUM(name, unit, help) HISTOGRAM_##name,
    HISTOGRAMS_TABLE(HISTOGRAMS_ENUM)
#undef HISTOGRAMS_ENUM
    HISTOGRAM_COUNT
};

struct metrics_shard;
struct metrics;

struct metrics *metrics_new(void);                  /* returns owned */
void metrics_free(struct metrics **m);              /* and all its shards */
struct metrics_shard *metrics_shard_new(struct metrics *m);  /* borrows */

void metrics_add(struct metrics_shard *s, enum metric which, int64_t n);
int64_t metrics_sum(struct metrics *m, enum metric which);
const char *metrics_name(enum metric which);
const char *metrics_help(enum metric which);
enum metric_type metrics_type(enum metric which);

/* Histograms: buckets a quarter of a power of two wide. Negative values count
 * as 0. */
void metrics_observe(struct metrics_shard *s, enum histogram which,
                     int64_t value);

/* How many. */
int64_t metrics_observed(struct metrics *m, enum histogram which);

/* The value that the fraction q (0 .. 1) of all do not exceed, rounded up to
 * its bucket's end; 0 when there is none. */
int64_t metrics_quantile(struct metrics *m, enum histogram which, double q);
const char *metrics_histogram_name(enum histogram which);
const char *metrics_histogram_unit(enum histogram which);
const char *metrics_histogram_help(enum histogram which);

#endif
