/* SPDX-License-Identifier: MIT
 *
 * The floor's connections and its loop. */
#include "floor.h"

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define READ_BYTES    65536
#define LINE_BYTES    4096
#define PENDING_BYTES (64u * 1024 * 1024)
#define BACKLOG       4096

static uv_loop_t loop;
static int listen_fd;
static uint32_t overfull_count;
static bool flush_each;         /* --flush message */

static void on_poll(uv_poll_t *poll, int status, int events);

static bool
closing(const struct conn *c)
{
    return uv_is_closing((const uv_handle_t *)&c->poll);
}

static void
arm(struct conn *c)
{
    int events = c->paused ? 0 : UV_READABLE;

    if (bytes_size(&c->pending) > 0)
        events |= UV_WRITABLE;
    if (events == c->events)
        return;
    c->events = (uint8_t)events;
    if (events == 0)
        uv_poll_stop(&c->poll);
    else
        uv_poll_start(&c->poll, events, on_poll);
}

static void
resume(uv_handle_t *handle, void *arg)
{
    struct conn *c = handle->data;

    (void)arg;
    if (c == NULL || closing(c))
        return;
    c->paused = false;
    arm(c);
}

/* Nobody is read while one receiver is far behind: TCP's brake, passed on to
 * whoever speaks. */
static void
set_overfull(struct conn *c, bool overfull)
{
    if (c->overfull == overfull)
        return;
    c->overfull = overfull;
    overfull_count = overfull ? overfull_count + 1 : overfull_count - 1;
    if (overfull_count == 0)
        uv_walk(&loop, resume, NULL);
}

static void
on_closed(uv_handle_t *handle)
{
    struct conn *c = handle->data;

    free(c->name);
    bytes_free(&c->pending);
    bytes_free(&c->carry);
    free(c);
}

static void
conn_close(struct conn *c)
{
    if (closing(c))
        return;
    if (c->room != NULL)
        room_leave(c);
    uv_close((uv_handle_t *)&c->poll, on_closed);
    close(c->fd);
    set_overfull(c, false);
}

/* The bytes taken; 0 when the socket is full or has failed (and is closed). */
static size_t
send_some(struct conn *c, const char *p, size_t n)
{
    ssize_t took = send(c->fd, p, n, MSG_NOSIGNAL);

    if (took >= 0)
        return (size_t)took;
    if (errno != EAGAIN && errno != EINTR)
        conn_close(c);
    return 0;
}

void
conn_send(struct conn *c, const char *p, size_t n)
{
    size_t took = bytes_size(&c->pending) > 0 ? 0 : send_some(c, p, n);

    if (took == n || closing(c))
        return;
    bytes_append(&c->pending, p + took, n - took);
    if (bytes_size(&c->pending) > PENDING_BYTES)
        set_overfull(c, true);
    arm(c);
}

static void
conn_writable(struct conn *c)
{
    struct bytes *pending = &c->pending;

    pending->start +=
        send_some(c, pending->data + pending->start, bytes_size(pending));
    if (closing(c))
        return;
    if (bytes_size(pending) == 0)
        bytes_free(pending);
    if (bytes_size(pending) <= PENDING_BYTES / 2)
        set_overfull(c, false);
    arm(c);
}

/* `NAME #ROOM`; n counts the newline. */
static void
conn_enter(struct conn *c, const char *line, size_t n)
{
    const char *blank = memchr(line, ' ', n);
    char welcome[LINE_BYTES + READ_BYTES];

    if (blank == NULL) {
        conn_close(c);
        return;
    }
    int length = (int)(blank - line);
    c->name = grow(NULL, (size_t)length + 3);
    sprintf(c->name, "%.*s: ", length, line);
    room_join(room_get(blank + 1, n - (size_t)length - 2), c);
    length = sprintf(welcome, "Welcome, %.*s!\n", length, line);
    conn_send(c, welcome, (size_t)length);
}

static void
conn_lines(struct conn *c, const char *p, const char *end)
{
    const char *newline;

    while (p < end && (newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
        size_t n = (size_t)(newline + 1 - p);
        if (c->room == NULL)
            conn_enter(c, p, n);
        else
            room_say(c, p, n);
        if (flush_each || room_gathered() > TURN_BYTES)
            room_flush_all();
        if (closing(c))
            return;
        p = newline + 1;
    }
    if (end - p > LINE_BYTES)
        conn_close(c);
    else if (p < end)
        bytes_append(&c->carry, p, (size_t)(end - p));
}

static void
conn_readable(struct conn *c)
{
    static char buffer[LINE_BYTES + READ_BYTES];
    size_t carried = bytes_size(&c->carry);

    if (overfull_count > 0) {
        c->paused = true;
        arm(c);
        return;
    }
    ssize_t got = recv(c->fd, buffer + carried, READ_BYTES, 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        conn_close(c);
        return;
    }
    if (carried > 0)
        memcpy(buffer, c->carry.data, carried);
    c->carry.end = 0;
    conn_lines(c, buffer, buffer + carried + got);
}

static void
on_poll(uv_poll_t *poll, int status, int events)
{
    struct conn *c = poll->data;

    if (status < 0) {
        conn_close(c);
        return;
    }
    if (events & UV_WRITABLE)
        conn_writable(c);
    if ((events & UV_READABLE) && !closing(c))
        conn_readable(c);
}

static void
on_arrivals(uv_poll_t *poll, int status, int events)
{
    int fd, on = 1;

    (void)poll, (void)status, (void)events;
    while ((fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct conn *c = grow(NULL, sizeof(*c));
        *c = (struct conn){.fd = fd};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
        uv_poll_init(&loop, &c->poll, fd);
        c->poll.data = c;
        arm(c);
    }
}

static void
on_turn_end(uv_check_t *check)
{
    (void)check;
    room_flush_all();
}

/* Listens on 127.0.0.1; returns the real port, 0 on failure. */
static int
start_listening(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof(address);
    int on = 1;

    listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(listen_fd, (struct sockaddr *)&address, n) < 0 ||
        listen(listen_fd, BACKLOG) < 0 ||
        getsockname(listen_fd, (struct sockaddr *)&address, &n) < 0)
        return 0;
    return ntohs(address.sin_port);
}

static int
serve(int port)
{
    struct rlimit files;
    uv_poll_t arrivals = {0};
    uv_check_t turn_end = {0};

    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    port = start_listening(port);
    if (port == 0) {
        perror("loquat-floor");
        return 1;
    }
    uv_loop_init(&loop);
    uv_poll_init(&loop, &arrivals, listen_fd);
    uv_poll_start(&arrivals, UV_READABLE, on_arrivals);
    uv_check_init(&loop, &turn_end);
    uv_check_start(&turn_end, on_turn_end);
    printf("floor listening on 127.0.0.1:%d\n", port);
    fflush(stdout);
    return uv_run(&loop, UV_RUN_DEFAULT);
}

int
main(int argc, char **argv)
{
    static const struct option options[] = {
        {"port", required_argument, NULL, 'p'},
        {"flush", required_argument, NULL, 'f'},
        {0},
    };
    int option, port = 0;

    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'p') {
            port = atoi(optarg);
        } else if (option == 'f' && strcmp(optarg, "message") == 0) {
            flush_each = true;
        } else if (option != 'f' || strcmp(optarg, "turn") != 0) {
            fputs("usage: loquat-floor --port P [--flush turn|message]\n",
                  stderr);
            return 2;
        }
    }
    return serve(port);
}
