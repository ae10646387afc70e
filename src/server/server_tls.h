/* SPDX-License-Identifier: MIT
 *
 * The server's certificate: found, or made; loaded, and loaded again. */
#ifndef SERVER_SERVER_TLS_H
#define SERVER_SERVER_TLS_H

#include "dialect/dialect.h"
#include "net/tls.h"
#include "server/config.h"

/* *ret is NULL when the configuration says so. *made: it is a new certificate
 * of our own, which people should hear of. */
int server_tls_start(const struct config *c,
                     const struct dialect *const *dialects,
                     struct tls_server **ret, bool *made,
                     struct err *e) MUST_USE;

/* One line on standard error: the fingerprint. */
void server_tls_tell(struct tls_server *tls);

/* Logs what came of it. tls may be NULL. */
void server_tls_reload(struct tls_server *tls, const struct config *c);

/* Of the certificate that the server has or will find. */
int server_tls_fingerprint(const struct config *c,
                           char out[TLS_FINGERPRINT_BYTES],
                           struct err *e) MUST_USE;

#endif
