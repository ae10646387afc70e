/* SPDX-License-Identifier: MIT
 *
 * Accepts in bounded bursts, so that a flood of connections does not starve
 * those that are there already.
 *
 * Out of descriptors (or memory), accept4() fails while the peers wait in the
 * backlog, and the level-triggered poll would spin. So one descriptor is held
 * in reserve: it is given up, the waiting peers are accepted with it and
 * closed at once (they see an end instead of silence), it is taken back, and
 * accepting pauses for a moment.
 *
 * Life: the memory goes when the loop has closed both handles. */
#include "net/listener.h"
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG          4096
#define BURST            64
#define PAUSE_MS         100
#define LOG_INTERVAL_MS  1000

struct listener {
    uv_poll_t poll;
    uv_timer_t pause;
    int handles;            /* of the two, not closed yet */
    int fd;
    int spare;              /* -1 when even that one is gone */
    uint64_t logged_ms;     /* when exhaustion was last logged, 0 = never */
    listener_fn *fn;
    void *arg;
    char *path;             /* to be removed at the end, or NULL */
    struct stat made;       /* if it is still this one */
};

/* A listening socket on one address, or -errno. Dual-stack when it is IPv6:
 * only a wildcard is affected by that. */
static int
listen_on(const struct sockaddr *address, socklen_t n)
{
    const int on = 1, off = 0;
    int fd = socket(address->sa_family,
                    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -errno;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
        (address->sa_family != AF_INET6 ||
         setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off)) == 0) &&
        bind(fd, address, n) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int r = -errno;
    close(fd);
    return r;
}

static bool
is_wildcard(const char *address)
{
    return address[0] == '\0' || strcmp(address, "*") == 0 ||
           strcmp(address, "::") == 0;
}

static int
listen_everywhere(unsigned port)
{
    struct sockaddr_in6 in6 = {.sin6_family = AF_INET6,
                               .sin6_port = htons((uint16_t)port),
                               .sin6_addr = IN6ADDR_ANY_INIT};
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port)};
    int fd = listen_on((struct sockaddr *)&in6, sizeof(in6));

    /* No IPv6 in the kernel, or switched off on this machine. */
    if (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL)
        fd = listen_on((struct sockaddr *)&in, sizeof(in));
    return fd;
}

static int
explain(const char *address, unsigned port, int code, struct err *e)
{
    switch (code) {
    case EADDRINUSE:
        return err_set(e, code, "port %u is already in use", port);
    case EACCES:
        return err_set(e, code,
                       "port %u needs more rights than this process has", port);
    case EADDRNOTAVAIL:
        return err_set(e, code, "this machine has no address \"%s\"", address);
    default:
        return err_set(e, code, "cannot open port %u: %s", port,
                       strerror(code));
    }
}

static int
listen_at(const char *address, unsigned port, struct err *e)
{
    const struct addrinfo hints = {
        .ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV | AI_PASSIVE};
    struct addrinfo *list;
    char service[16];

    snprintf(service, sizeof(service), "%u", port);
    int code = getaddrinfo(address, service, &hints, &list);
    if (code != 0)
        return err_set(e, EADDRNOTAVAIL, "cannot listen on \"%s\": %s",
                       address, gai_strerror(code));
    int fd = listen_on(list->ai_addr, list->ai_addrlen);
    freeaddrinfo(list);
    return fd < 0 ? explain(address, port, -fd, e) : fd;
}

static bool
is_closing(const struct listener *l)
{
    return uv_is_closing((const uv_handle_t *)&l->poll);
}

static int
spare_open(void)
{
    return open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void
log_exhausted(struct listener *l, int code, int refused)
{
    uint64_t now = uv_now(l->poll.loop);

    if (l->logged_ms != 0 && now - l->logged_ms < LOG_INTERVAL_MS)
        return;
    l->logged_ms = now;
    log_event(LOG_ERROR, "net", "accept-failed",
              LOG_N("port", listener_port(l)), LOG_N("refused", refused),
              LOG_S("error", strerror(code)));
}

static void on_readable(uv_poll_t *poll, int status, int events);

static void
watch(struct listener *l)
{
    must(uv_poll_start(&l->poll, UV_READABLE, on_readable) == 0);
}

static void
on_pause_over(uv_timer_t *pause)
{
    struct listener *l = pause->data;

    if (l->spare < 0)
        l->spare = spare_open();
    watch(l);
}

/* Tells the waiting peers no, with the spare descriptor, and pauses. */
static void
back_off(struct listener *l, int code)
{
    int refused = 0;

    if (l->spare >= 0) {
        close(l->spare);
        while (refused < BURST) {
            int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
            if (fd < 0)
                break;
            close(fd);
            refused++;
        }
        l->spare = spare_open();
    }
    log_exhausted(l, code, refused);
    must(uv_poll_stop(&l->poll) == 0);
    must(uv_timer_start(&l->pause, on_pause_over, PAUSE_MS, 0) == 0);
}

/* Errors of one connection that died while it waited, in the words of
 * accept(2). Every other one is ours and would come again at once. */
static bool
is_about_the_peer(int code)
{
    static const int codes[] = {
        ECONNABORTED, EHOSTDOWN,  EHOSTUNREACH, EINTR, ENETDOWN, ENETUNREACH,
        ENONET,       ENOPROTOOPT, EOPNOTSUPP,  EPERM, EPROTO,
    };

    for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++)
        if (code == codes[i])
            return true;
    return false;
}

static void
on_readable(uv_poll_t *poll, int status, int events)
{
    struct listener *l = poll->data;

    (void)events;
    if (status < 0) {    /* uv watches no more; the pause's end resumes it */
        back_off(l, -status);
        return;
    }
    for (int i = 0; i < BURST && !is_closing(l); i++) {
        struct sockaddr_storage peer = {0};
        socklen_t n = sizeof(peer);
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &n,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            l->fn(l->arg, fd, &peer);
        } else if (errno == EAGAIN) {
            return;
        } else if (!is_about_the_peer(errno)) {
            back_off(l, errno);
            return;
        }
    }
}

/* Takes fd, which listens; 0 or -errno. */
static int
listener_new(uv_loop_t *loop, int fd, listener_fn *fn, void *arg,
             struct listener **ret)
{
    struct listener *l = must_alloc(sizeof(*l));
    int r = uv_poll_init(loop, &l->poll, fd);

    if (r < 0) {
        close(fd);
        free(l);
        return r;
    }
    must(uv_timer_init(loop, &l->pause) == 0);
    l->poll.data = l->pause.data = l;
    l->handles = 2;
    l->fd = fd;
    l->spare = spare_open();
    l->fn = fn;
    l->arg = arg;
    watch(l);
    *ret = l;
    return 0;
}

int
listener_open(uv_loop_t *loop, const char *address, unsigned port,
              listener_fn *fn, void *arg, struct listener **ret, struct err *e)
{
    if (port > 65535)
        return err_set(e, EINVAL, "%u is not a port (0 to 65535)", port);
    int fd = is_wildcard(address) ? listen_everywhere(port)
                                  : listen_at(address, port, e);
    if (fd < 0)
        return is_wildcard(address) ? explain(address, port, -fd, e) : fd;

    int r = listener_new(loop, fd, fn, arg, ret);
    return r < 0 ? explain(address, port, -r, e) : 0;
}

/* --- On this machine ----------------------------------------------------- */

/* Removes a socket that nobody listens at any more; -errno when something else
 * is in the way. */
static int
clear_path(const struct sockaddr_un *at)
{
    struct stat st;
    int fd, r;

    if (lstat(at->sun_path, &st) < 0)
        return errno == ENOENT ? 0 : -errno;
    if (!S_ISSOCK(st.st_mode))
        return -EEXIST;
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return -errno;
    r = connect(fd, (const struct sockaddr *)at, sizeof *at) == 0 ? 0 : errno;
    close(fd);
    if (r != ECONNREFUSED)
        return r == EACCES ? -EACCES : -EADDRINUSE;
    return unlink(at->sun_path) < 0 ? -errno : 0;
}

/* The mode is set before there is a name for others to find. */
static int
listen_local(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    int r;

    if (fd < 0)
        return -errno;
    if (fchmod(fd, 0660) == 0 &&
        bind(fd, (const struct sockaddr *)at, sizeof *at) == 0 &&
        chmod(at->sun_path, 0660) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    r = -errno;
    close(fd);
    return r;
}

static int
explain_local(const char *path, int code, struct err *e)
{
    if (code == EADDRINUSE)
        return err_set(e, code, "somebody else listens at %s", path);
    if (code == EEXIST)
        return err_set(e, code, "%s is there and is no socket", path);
    return err_set(e, code, "cannot listen at %s: %s", path, strerror(code));
}

int
listener_open_local(uv_loop_t *loop, const char *path, listener_fn *fn,
                    void *arg, struct listener **ret, struct err *e)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int r;

    if (strlen(path) >= sizeof at.sun_path)
        return explain_local(path, ENAMETOOLONG, e);
    memcpy(at.sun_path, path, strlen(path) + 1);
    r = clear_path(&at);
    if (r == 0)
        r = listen_local(&at);
    if (r >= 0)
        r = listener_new(loop, r, fn, arg, ret);
    if (r < 0)
        return explain_local(path, -r, e);
    (*ret)->path = must_strdup(path);
    if (lstat(path, &(*ret)->made) < 0)
        (*ret)->made = (struct stat){0};
    return 0;
}

unsigned
listener_port(const struct listener *l)
{
    struct sockaddr_storage own = {0};
    socklen_t n = sizeof(own);
    char text[INET6_ADDRSTRLEN];

    must(getsockname(l->fd, (struct sockaddr *)&own, &n) == 0);
    return address_text(&own, text);
}

static void
on_closed(uv_handle_t *handle)
{
    struct listener *l = handle->data;

    if (--l->handles == 0)
        free(l);
}

static void
remove_path(const struct listener *l)
{
    struct stat st;

    if (l->path != NULL && lstat(l->path, &st) == 0 &&
        st.st_dev == l->made.st_dev && st.st_ino == l->made.st_ino)
        (void)!unlink(l->path);
}

void
listener_close(struct listener **l)
{
    struct listener *old = *l;

    *l = NULL;
    if (!old)
        return;
    uv_close((uv_handle_t *)&old->poll, on_closed);
    uv_close((uv_handle_t *)&old->pause, on_closed);
    remove_path(old);
    free(old->path);
    close(old->fd);
    if (old->spare >= 0)
        close(old->spare);
}
