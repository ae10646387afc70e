/* SPDX-License-Identifier: MIT
 *
 * Building the server up, and the polite stop: no new connections, everyone
 * is told, what was queued is written, the core finishes what it has, the
 * log is folded into the database. A second signal ends the process at once. */
#include "server/server.h"

#include "auth/password.h"
#include "base/clock.h"
#include "base/rand.h"
#include "dialect/http/http.h"
#include "dialect/line/line.h"
#include "dialect/native/native.h"
#include "edge/worker.h"
#include "server/admin.h"
#include "server/doors.h"
#include "server/operator.h"
#include "server/server_tls.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* Descriptors that are not connections: the database, its log, readers,
 * loops, the listener, standard streams. */
#define RESERVED_FDS 96

/* What a power cut may take from an upload at most. */
#define FILE_SYNC_BYTES (8 * 1024 * 1024)

/* Accounts and addresses whose wrong passwords are remembered. */
#define THROTTLE_KEYS 65536

/* One: passwords wait for each other rather than for memory. */
#define HASHERS 1

/* Asked in this order; the one without sniff comes last. */
static const struct dialect *const dialects[] = {
    &native_dialect, &http_dialect, &line_dialect, NULL,
};

enum { SIGNALS = 3 };

struct server {
    const struct config *config;
    uv_loop_t loop;
    server_load_fn *load;
    void *load_arg;
    bool had_terminal;
    uv_signal_t signals[SIGNALS];
    uv_async_t broken_async;
    bool loop_made, watching;
    int status;

    struct metrics *metrics;
    struct metrics_shard *shard;               /* the main thread's */
    struct store *store;
    struct hub *hub;
    struct gate *gate;
    struct cidr proxies[CONFIG_PROXIES];
    struct tls_server *tls;                    /* NULL: none */
    bool made_certificate;
    struct dialect_config dialect_config;
    unsigned workers_n;
    struct worker *workers[LIMIT_WORKERS];
    struct mailbox *mailboxes[LIMIT_WORKERS];   /* the operator's is last */
    struct operator *operator;
    struct admin *admin;
    struct readers *readers;
    struct blobs *blobs;
    struct movers *movers;
    struct hashers *hashers;
    struct core *core;
    struct doors *doors;
};

static unsigned
worker_count(const struct config *c)
{
    if (c->workers > 0)
        return (unsigned)c->workers;
    unsigned cores = uv_available_parallelism();   /* of this process */
    return cores < LIMIT_WORKERS ? cores : LIMIT_WORKERS - 1;
}

/* Raises the soft limit to the hard one; returns what connections may use. */
static unsigned
raise_fd_limit(void)
{
    struct rlimit r;
    if (getrlimit(RLIMIT_NOFILE, &r) != 0)
        return 1024 - RESERVED_FDS;
    r.rlim_cur = r.rlim_max;
    (void)setrlimit(RLIMIT_NOFILE, &r);
    (void)getrlimit(RLIMIT_NOFILE, &r);
    if (r.rlim_cur > 10000000)
        return 10000000;
    return r.rlim_cur > 2 * RESERVED_FDS ? (unsigned)r.rlim_cur - RESERVED_FDS
                                         : RESERVED_FDS;
}

static struct gate_options
gate_options(const struct config *c, unsigned fds)
{
    unsigned wanted = (unsigned)c->connections;
    return (struct gate_options){
        .connections = wanted && wanted < fds ? wanted : fds,
        .connections_per_address = (unsigned)c->connections_per_address,
        .arrivals_per_address = (unsigned)c->arrivals_per_address,
        .exempt_loopback = c->exempt == CONFIG_EXEMPT_LOOPBACK,
    };
}

static struct edge_limits
edge_limits(const struct config *c)
{
    return (struct edge_limits){
        .grace_ms = c->grace_ms,
        .first_ms = c->first_ms,
        .login_ms = c->login_ms,
        .stall_ms = c->stall_ms,
        .linger_ms = c->linger_ms,
        .dead_s = (unsigned)((c->dead_ms + 999) / 1000),
        .prelogin_bytes = (size_t)c->prelogin_bytes,
        .output_soft_bytes = (size_t)c->output_soft_bytes,
        .output_hard_bytes = (size_t)c->output_hard_bytes,
        .messages_per_second = (double)c->messages_per_second,
        .messages_burst = (unsigned)c->messages_burst,
        .flood_exempt_loopback = c->exempt == CONFIG_EXEMPT_LOOPBACK,
    };
}

static struct dialect_config
dialect_config(const struct server *s)
{
    const struct config *c = s->config;
    return (struct dialect_config){
        .server_name = c->server_name,
        .epoch = store_epoch(s->store),
        .charset = (enum name_charset)c->charset,
        .message_bytes = (size_t)c->message_bytes,
        .newline = (enum line_newline)c->newline,
        .names = (enum line_names)c->names,
        .sharing = (enum line_sharing)c->sharing,
        .pause_ms = c->pause_ms,
        .heartbeat_ms = c->heartbeat_ms,
        .dead_ms = c->dead_ms,
        .guests = c->guests == 0,
        .plain_secrets = c->plain_secrets != 0,
        .registration = (enum hub_registration)c->registration,
        .file_bytes = c->file_bytes ? (uint64_t)c->file_bytes : UINT64_MAX,
        .file_expires_ms = c->file_expires_ms,
        .http_hosts = c->http_hosts,
        .http_origins = c->http_origins,
        .guest_name = c->guest_name,
        .http_head_ms = c->http_head_ms,
        .http_idle_ms = c->http_idle_ms,
        .http_body_rate = (unsigned)c->http_body_rate,
        .metrics = s->metrics,
    };
}

static void
request_stop(struct server *s)
{
    uv_stop(&s->loop);
}

static void
on_quit(void *arg)
{
    request_stop(arg);
}

static void
on_signal(uv_signal_t *handle, int signum)
{
    log_event(LOG_INFO, "server", "signal", LOG_N("number", signum));
    request_stop(handle->data);
}

static void
on_broken(uv_async_t *async)
{
    struct server *s = async->data;
    s->status = 1;
    request_stop(s);
}

/* The core's thread. */
static void
core_broken(void *arg)
{
    struct server *s = arg;
    uv_async_send(&s->broken_async);
}

/* The core's thread. The operator is never starved: it has no share. */
static void
core_starved(void *arg, unsigned worker)
{
    struct server *s = arg;
    if (worker < s->workers_n)
        worker_unstarve(s->workers[worker]);
}

/* What can change while it runs is read anew, all of it or nothing. */
static int
reload(void *arg, struct err *e)
{
    struct server *s = arg;
    struct config fresh;
    int r = s->load(s->load_arg, &fresh, e);

    if (r < 0) {
        log_event(LOG_ERROR, "server", "configuration kept",
                  LOG_S("why", e->text));
        return r;
    }
    log_set_level((enum log_level)fresh.log_level);
    server_tls_reload(s->tls, &fresh);
    return 0;
}

/* A foreground server's terminal is gone: the end, as ever. */
static void
on_hangup(uv_signal_t *handle, int signum)
{
    struct server *s = handle->data;
    struct err e;

    log_event(LOG_INFO, "server", "signal", LOG_N("number", signum));
    if (s->had_terminal && !isatty(STDIN_FILENO))
        request_stop(s);
    else
        (void)reload(s, &e);
}

static int
make_loop(struct server *s, struct err *e)
{
    if (uv_loop_init(&s->loop) != 0)
        return err_set(e, ENOMEM, "cannot make an event loop");
    s->loop_made = true;
    s->broken_async.data = s;
    must(uv_async_init(&s->loop, &s->broken_async, on_broken) == 0);
    static const int numbers[SIGNALS] = {SIGINT, SIGTERM, SIGHUP};
    for (size_t i = 0; i < SIGNALS; i++) {
        uv_signal_cb fn = numbers[i] == SIGHUP ? on_hangup : on_signal;
        s->signals[i].data = s;
        must(uv_signal_init(&s->loop, &s->signals[i]) == 0);
        must(uv_signal_start(&s->signals[i], fn, numbers[i]) == 0);
    }
    s->watching = true;
    return 0;
}

static int
make_state(struct server *s, struct err *e)
{
    const struct config *c = s->config;
    s->metrics = metrics_new();
    s->shard = metrics_shard_new(s->metrics);
    int r = store_open(c->data, (enum store_sync)c->synchronous, &s->store, e);
    if (r < 0)
        return r;
    struct hub_options o = {
        .workers = s->workers_n + 1,
        .message_bytes = (size_t)c->message_bytes,
        .gather_above = (unsigned)c->gather_above,
        .gather_ms = 1000,
        .charset = (enum name_charset)c->charset,
        .any_name = c->names == LINE_NAMES_ADDRESS,
        .hold_name_ms = c->hold_name_ms,
        .no_guests = c->guests != 0,
        .registration = (enum hub_registration)c->registration,
        .plain_secrets = c->plain_secrets != 0,
        .rooms_by_accounts = c->room_makers != 0,
        .closed_keep_ms = c->closed_keep_ms,
        .audit_keep_ms = c->audit_keep_ms,
        .throttle = {
            .account = {(unsigned)c->tries, c->try_interval_ms},
            .address = {(unsigned)c->tries_per_address, c->try_interval_ms},
            .keys_max = THROTTLE_KEYS,
        },
        .file_bytes = (uint64_t)c->file_bytes,
        .file_owner_bytes = (uint64_t)c->file_quota_user,
        .file_room_bytes = (uint64_t)c->file_quota_room,
        .file_total_bytes = (uint64_t)c->file_quota_total,
        .file_expires_ms = c->file_expires_ms,
    };
    return hub_new(s->store, &o, metrics_shard_new(s->metrics), &s->hub, e);
}

static bool
keeps_file(void *arg, const struct file_id *id, bool whole, uint64_t bytes)
{
    return hub_keeps_file(arg, id, whole, bytes);
}

/* Behind the store: its lock on the data folder is this folder's too. */
static int
open_files(struct server *s, struct err *e)
{
    const struct config *c = s->config;
    struct blobs_options o = {
        .floor_bytes = (uint64_t)c->file_floor_bytes,
        .floor_percent = (unsigned)c->file_floor_percent,
        .sync_bytes = FILE_SYNC_BYTES,
    };
    char folder[CONFIG_TEXT_BYTES + sizeof "/files"];
    snprintf(folder, sizeof folder, "%s/files", c->data);
    int r = blobs_open(folder, &o, &s->blobs, e);
    return r < 0 ? r : blobs_sweep(s->blobs, keeps_file, s->hub, e);
}

/* As many bytes as were to come are there, but the file was not shared before
 * the process ended: nobody asks for it. */
static void
finish_file(void *arg, const struct file_id *id, uint64_t size)
{
    struct server *s = arg;
    struct move_job *job = move_job_new(MOVE_FINISH, NULL);
    job->id = *id;
    job->size = size;
    movers_submit(s->movers, job);
}

static int
make_workers(struct server *s, unsigned fds, struct err *e)
{
    struct gate_options gate = gate_options(s->config, fds);
    int found = config_proxies(s->config, s->proxies, CONFIG_PROXIES, e);
    if (found < 0)
        return found;
    gate.proxies = s->proxies;
    gate.proxies_n = (unsigned)found;
    s->gate = gate_new(&gate);
    s->dialect_config = dialect_config(s);
    for (unsigned i = 0; i < s->workers_n; i++) {
        struct worker_options o = {
            .index = i,
            .dialects = dialects,
            .config = &s->dialect_config,
            .limits = edge_limits(s->config),
            .gate = s->gate,
            .tls = s->tls,
            .tls_required = s->config->tls == CONFIG_TLS_REQUIRED,
            .shard = metrics_shard_new(s->metrics),
        };
        int r = worker_new(&o, &s->workers[i], e);
        if (r < 0)
            return r;
        s->mailboxes[i] = worker_mailbox(s->workers[i]);
    }
    s->operator = operator_new(&s->loop, s->workers_n, s->metrics, on_quit, s);
    s->mailboxes[s->workers_n] = operator_mailbox(s->operator);
    return 0;
}

static int
start_threads(struct server *s, struct err *e)
{
    password_set_costs((unsigned)s->config->hash_passes,
                       (unsigned)(s->config->hash_memory / 1024));
    int r = readers_start(store_path(s->store), (unsigned)s->config->readers,
                          s->mailboxes, &s->readers, e);
    if (r == 0)
        r = movers_start(s->blobs, (unsigned)s->config->movers, s->mailboxes,
                         &s->movers, e);
    if (r == 0)
        r = hashers_start(HASHERS, &s->hashers, e);
    if (r < 0)
        return r;
    struct core_options o = {
        .hub = s->hub,
        .store = s->store,
        .readers = s->readers,
        .movers = s->movers,
        .hashers = s->hashers,
        .shard = metrics_shard_new(s->metrics),
        .workers = s->workers_n + 1,
        .mailboxes = s->mailboxes,
        .queue_max = (unsigned)s->config->queue,
        .gather_us = s->config->gather_ms * 1000,
        .starved = core_starved,
        .broken = core_broken,
        .arg = s,
    };
    hub_unfinished(s->hub, finish_file, s);
    r = core_start(&o, &s->core, e);
    if (r == 0) {
        movers_set_core(s->movers, s->core);
        hashers_set_core(s->hashers, s->core);
    }
    for (unsigned i = 0; r == 0 && i < s->workers_n; i++)
        r = worker_start(s->workers[i], s->core, s->readers, s->movers, e);
    return r;
}

/* Before the ready line: whoever waits for it may use the socket. */
static int
start_admin(struct server *s, struct err *e)
{
    struct admin_options o = {
        .loop = &s->loop,
        .folder = s->config->data,
        .charset = (enum name_charset)s->config->charset,
        .core = s->core,
        .worker = s->workers_n,
        .reload = reload,
        .arg = s,
    };
    int r = admin_open(&o, &s->admin, e);

    operator_pass_on(s->operator, admin_answer, s->admin);
    return r;
}

static int
start_listening(struct server *s, struct err *e)
{
    const char *address = s->config->address;
    struct doors_options o = {
        .loop = &s->loop,
        .config = s->config,
        .gate = s->gate,
        .shard = s->shard,
        .workers = s->workers,
        .workers_n = s->workers_n,
    };
    int r = doors_open(&o, &s->doors, e);
    if (r < 0)
        return r;
    if (s->made_certificate)
        server_tls_tell(s->tls);
    bool colon = strchr(address, ':') != NULL;
    printf("loquatd listening on %s%s%s:%u\n", colon ? "[" : "",
           *address ? address : "*", colon ? "]" : "",
           doors_port(s->doors));
    fflush(stdout);
    log_event(LOG_INFO, "server", "ready",
              LOG_N("port", doors_port(s->doors)),
              LOG_N("workers", s->workers_n), LOG_S("data", s->config->data));
    return 0;
}

/* From the first signal on, the next one ends the process by itself. */
static void
unwatch_signals(struct server *s)
{
    if (!s->watching)
        return;
    s->watching = false;
    for (size_t i = 0; i < SIGNALS; i++)
        uv_close((uv_handle_t *)&s->signals[i], NULL);
    uv_close((uv_handle_t *)&s->broken_async, NULL);
    uv_run(&s->loop, UV_RUN_NOWAIT);
}

/* The movers before the core, so that a file that is just being finished is
 * still shared; their memory after it, because it may give them work until its
 * end. The hashers before it, which gives them none once it is stopping. */
static void
stop_threads(struct server *s)
{
    doors_close(&s->doors);
    admin_close(s->admin);
    unwatch_signals(s);
    if (s->core) {
        struct command *stop = command_new(COMMAND_STOP, (struct str){0},
                                           (struct str){0}, (struct str){0});
        stop->now_ms = clock_wall_ms();
        core_operate(s->core, stop);
    }
    for (unsigned i = 0; i < s->workers_n; i++)
        if (s->workers[i])
            worker_join(s->workers[i]);
    movers_finish(s->movers);
    hashers_stop(&s->hashers);
    core_stop(&s->core);
    readers_stop(&s->readers);
    movers_stop(&s->movers);
}

/* Accepts any half-built server. */
static void
take_apart(struct server *s)
{
    stop_threads(s);
    for (unsigned i = 0; i < s->workers_n; i++)
        worker_free(&s->workers[i]);
    if (s->operator)
        operator_close(s->operator);
    if (s->loop_made) {
        uv_run(&s->loop, UV_RUN_DEFAULT);
        must(uv_loop_close(&s->loop) == 0);
    }
    operator_free(&s->operator);
    admin_free(&s->admin);
    blobs_close(&s->blobs);       /* whatever was in a mailbox is gone now */
    gate_free(&s->gate);
    tls_server_free(&s->tls);
    hub_free(&s->hub);
    store_close(&s->store);
    metrics_free(&s->metrics);
}

int
server_run(const struct config *config, server_load_fn *load, void *arg)
{
    struct server s = {.config = config, .workers_n = worker_count(config),
                       .load = load, .load_arg = arg,
                       .had_terminal = isatty(STDIN_FILENO)};
    struct err e;
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);     /* a full disk is an answer, not an end */
    signal(SIGTTIN, SIG_IGN);     /* started with & from a terminal */
    rand_init();

    int r = make_loop(&s, &e);
    unsigned fds = raise_fd_limit();
    if (r == 0)
        r = make_state(&s, &e);
    if (r == 0)
        r = open_files(&s, &e);
    if (r == 0)
        r = server_tls_start(config, dialects, &s.tls, &s.made_certificate,
                             &e);
    if (r == 0)
        r = make_workers(&s, fds, &e);
    if (r == 0)
        r = start_threads(&s, &e);
    if (r == 0)
        r = start_admin(&s, &e);
    if (r == 0)
        r = start_listening(&s, &e);
    if (r == 0) {
        operator_start(s.operator, s.core);
        uv_run(&s.loop, UV_RUN_DEFAULT);
        log_event(LOG_INFO, "server", "stopping");
    } else {
        fprintf(stderr, "loquatd: %s.\n", e.text);
        s.status = 1;
    }
    take_apart(&s);
    if (r == 0)
        log_event(LOG_INFO, "server", "stopped", LOG_N("status", s.status));
    return s.status;
}
