/* SPDX-License-Identifier: MIT */
#include "server/doors.h"

#include "base/clock.h"
#include "base/log.h"
#include "net/address.h"
#include "net/listener.h"

#include <stdlib.h>
#include <unistd.h>

struct doors {
    struct doors_options o;
    struct listener *port, *local;
    uint16_t locals;               /* given out; tells them apart */
};

static void
refuse(struct doors *d, int fd, const struct sockaddr_storage *peer,
       const char *why)
{
    char text[INET6_ADDRSTRLEN];

    address_text(peer, text);
    log_event(LOG_WARN, "server", "refused", LOG_S("address", text),
              LOG_S("why", why));
    metrics_add(d->o.shard, METRIC_refused_total, 1);
    if (write(fd, why, strlen(why)) > 0)
        (void)!write(fd, "\n", 1);
    close(fd);
}

/* To the worker with the fewest connections. */
static void
on_accept(void *arg, int fd, const struct sockaddr_storage *peer)
{
    struct doors *d = arg;
    struct worker **workers = d->o.workers, *best = workers[0];
    const char *why = gate_admit(d->o.gate, peer, clock_mono_ms());

    if (why != NULL) {
        refuse(d, fd, peer, why);
        return;
    }
    for (unsigned i = 1; i < d->o.workers_n; i++)
        if (worker_connections(workers[i]) < worker_connections(best))
            best = workers[i];
    worker_adopt(best, fd, peer);
}

static void
on_accept_local(void *arg, int fd, const struct sockaddr_storage *peer)
{
    struct doors *d = arg;
    struct sockaddr_storage numbered;

    (void)peer;
    address_set_local(&numbered, ++d->locals);
    on_accept(d, fd, &numbered);
}

int
doors_open(const struct doors_options *o, struct doors **ret, struct err *e)
{
    const struct config *c = o->config;
    struct doors *d = must_alloc(sizeof *d);
    int r;

    *d = (struct doors){.o = *o};
    r = listener_open(o->loop, c->address, (unsigned)c->port, on_accept, d,
                      &d->port, e);
    if (r == 0 && c->local[0] != '\0')
        r = listener_open_local(o->loop, c->local, on_accept_local, d,
                                &d->local, e);
    if (r < 0) {
        doors_close(&d);
        return r;
    }
    *ret = d;
    return 0;
}

unsigned
doors_port(const struct doors *d)
{
    return listener_port(d->port);
}

void
doors_close(struct doors **doors)
{
    struct doors *d = *doors;

    *doors = NULL;
    if (d == NULL)
        return;
    listener_close(&d->port);
    listener_close(&d->local);
    free(d);
}
