/* SPDX-License-Identifier: MIT
 *
 * Listening sockets. */
#ifndef NET_LISTENER_H
#define NET_LISTENER_H

#include "base/err.h"
#include "net/address.h"
#include <uv.h>

struct listener;

/* A connection was accepted: fd is non-blocking and the callee's. May close
 * the listener. */
typedef void listener_fn(void *arg, int fd,
                         const struct sockaddr_storage *peer);

/* Binds and listens on address:port ("", "*" or "::" = every IPv4 and IPv6
 * address; port 0 = any free one). A port that is taken is one clear
 * sentence in e. Accepting backs off when the process is out of descriptors
 * (a spare one is given up so that the waiting peer is told no, not left
 * hanging). */
int listener_open(uv_loop_t *loop, const char *address, unsigned port,
                  listener_fn *fn, void *arg, struct listener **ret,
                  struct err *e) MUST_USE;

/* The same at a path of this machine: a Unix-domain socket, mode 0660. What a
 * process that ended left there is removed; what is alive, or no socket, is
 * left alone, and an error. It is removed again at listener_close(). */
int listener_open_local(uv_loop_t *loop, const char *path, listener_fn *fn,
                        void *arg, struct listener **ret,
                        struct err *e) MUST_USE;
unsigned listener_port(const struct listener *l);   /* local: 0 */
void listener_close(struct listener **l);   /* frees in the loop's next turn */

#endif
