/* SPDX-License-Identifier: MIT
 *
 * A password that is typed: on the terminal without echo, or the first line
 * of standard input. Never an argument, which everybody on the machine can
 * see. */
#ifndef SERVER_ADMIN_SECRET_H
#define SERVER_ADMIN_SECRET_H

#include "base/err.h"
#include <stddef.h>

/* Asked twice on a terminal. 0, or -errno with *e. Wipe it with
 * sodium_memzero() after use. */
int admin_secret_ask(char *out, size_t n, struct err *e) MUST_USE;

#endif
