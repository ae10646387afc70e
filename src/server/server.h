/* SPDX-License-Identifier: MIT
 *
 * The whole server: the only place that knows every part. It is put together
 * from the bottom up and taken apart from the top down; nothing is served
 * before everything stands.
 *
 *   store -> hub -> workers (mailboxes) -> readers -> core -> worker threads
 *   -> listener -> the ready line -> the main loop (signals, operator)     */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/config.h"

/* Reads the whole configuration once more, from wherever it came; *ret is
 * untouched on failure. */
typedef int server_load_fn(void *arg, struct config *ret, struct err *e);

/* Runs until it is told to stop. The process's exit status: 0 after a polite
 * stop; 1 when it could not start (one sentence on standard error) or when
 * the storage failed for good. */
int server_run(const struct config *config, server_load_fn *load, void *arg);

#endif
