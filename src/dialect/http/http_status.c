/* SPDX-License-Identifier: MIT
 *
 * GET /healthz: the core answers. GET /metrics: what is counted, in
 * Prometheus' text format 0.0.4, for peers on this machine. */
#include "base/metrics.h"
#include "dialect/http/http_handlers.h"
#include "dialect/http/http_out.h"
#include "dialect/http/http_request.h"

/* --- Health -------------------------------------------------------------- */

/* A PING goes through the core's queue: it is alive if anything comes back,
 * and whoever watches it need be nobody. */
static void
health_begin(struct conn *c)
{
    struct str none = {NULL, 0};

    http_ask(c, command_new(COMMAND_PING, none, none, none));
}

static void
health_answer(struct conn *c, const struct event *e, struct subscription *sub)
{
    struct http_out o;

    (void)sub;
    if (e->kind == ANSWER_DENIED && e->deny == DENY_STOPPING) {
        http_deny_event(c, e);
        return;
    }
    http_out_begin(&o, c, 200);
    http_out_field(&o, "Cache-Control", "no-store");
    http_out_whole(&o, http_type_name(HTTP_TYPE_TEXT), str_of("ok\n"));
}

const struct http_handler http_health_handler = {
    .need = NEED_NOBODY,
    .begin = health_begin,
    .answer = health_answer,
};

/* --- Metrics ------------------------------------------------------------- */

static void
put_metric(struct buf *b, struct metrics *m, enum metric which)
{
    const char *name = metrics_name(which);

    http_putf(b, "# HELP loquat_%s %s\n# TYPE loquat_%s %s\nloquat_%s %lld\n",
              name, metrics_help(which), name,
              metrics_type(which) == METRIC_GAUGE ? "gauge" : "counter", name,
              (long long)metrics_sum(m, which));
}

static void
put_histogram(struct buf *b, struct metrics *m, enum histogram which)
{
    static const char *const quantiles[] = {"0.5", "0.9", "0.99", "0.999"};
    static const double values[] = {0.5, 0.9, 0.99, 0.999};
    const char *name = metrics_histogram_name(which);

    http_putf(b, "# HELP loquat_%s %s\n# TYPE loquat_%s summary\n", name,
              metrics_histogram_help(which), name);
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        http_putf(b, "loquat_%s{quantile=\"%s\"} %lld\n", name, quantiles[i],
                  (long long)metrics_quantile(m, which, values[i]));
    http_putf(b, "loquat_%s_count %lld\n", name,
              (long long)metrics_observed(m, which));
}

/* Not by the local socket: often it is a web server's, for all the world. */
static bool
is_here(const struct conn *c)
{
    return conn_is_here(c) &&
           !str_starts_nocase(str_of(conn_address(c)), "local:");
}

static void
metrics_begin(struct conn *c)
{
    struct metrics *m = conn_config(c)->metrics;
    struct http_out o;
    struct buf b;

    if (!is_here(c) || m == NULL) {
        http_fail(c, 403, "forbidden", "The figures are for this machine's "
                                       "own programs: ask from loopback");
        return;
    }
    buf_init(&b, HTTP_BODY_MAX);
    for (enum metric i = 0; i < METRIC_COUNT; i++)
        put_metric(&b, m, i);
    for (enum histogram i = 0; i < HISTOGRAM_COUNT; i++)
        put_histogram(&b, m, i);
    http_out_begin(&o, c, 200);
    http_out_field(&o, "Cache-Control", "no-store");
    http_out_whole(&o, "text/plain; version=0.0.4; charset=utf-8",
                   buf_str(&b));
    buf_done(&b);
}

const struct http_handler http_metrics_handler = {
    .need = NEED_NOBODY,
    .begin = metrics_begin,
};
