/* SPDX-License-Identifier: MIT
 *
 * The servers whose certificates nobody vouches for, as they were when they
 * were first met: lines of "HOST:PORT SHA256" in
 * $XDG_STATE_HOME/loquat/known_servers (~/.local/state by default). */
#ifndef CLIENT_CLI_CLI_KNOWN_H
#define CLIENT_CLI_CLI_KNOWN_H

#include "base/err.h"
#include <stdbool.h>

#define CLI_FINGERPRINT_BYTES 96   /* "AB:CD:...", SHA-256, and its end */

/* Returns owned; NULL: there is no such place. Its folders are made. */
char *cli_known_path(const char *state_home, const char *home);

/* "host:4000", "[::1]:4000"; a name in lower case. Returns owned. */
char *cli_known_server(const char *host, unsigned port);

/* 1: it has been met; 0: it has not; -errno: nobody knows, since the file
 * cannot be read, or (-EBADMSG) what it says of that server. */
int cli_known_find(const char *path, const char *server,
                   char out[CLI_FINGERPRINT_BYTES], struct err *e) MUST_USE;

/* Remembers one that has not been met: 0. 1: it has (by another client, since
 * it was looked for), and nothing is changed. */
int cli_known_add(const char *path, const char *server,
                  const char *fingerprint, char was[CLI_FINGERPRINT_BYTES],
                  struct err *e) MUST_USE;

/* Puts it in the place of what was known; fingerprint NULL: forgets it.
 * -ENOENT: there was nothing to forget. */
int cli_known_set(const char *path, const char *server,
                  const char *fingerprint, struct err *e) MUST_USE;

/* Both as they are written anywhere: with or without colons, in any case,
 * "SHA256:" before it. False: it is no SHA-256. */
bool cli_known_read(const char *text, char out[CLI_FINGERPRINT_BYTES]);

#endif
