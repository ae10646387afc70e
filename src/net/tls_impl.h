/* SPDX-License-Identifier: MIT
 *
 * What tls.c (a connection) and tls_context.c (what connections share) know of
 * each other. */
#ifndef NET_TLS_IMPL_H
#define NET_TLS_IMPL_H

#include "net/tls.h"
#include <openssl/ssl.h>

/* OpenSSL's socket, but that a write to one who is gone raises no signal. */
BIO_METHOD *tls_socket_method(void);

/* Takes ssl, which may be NULL: then NULL. */
struct tls *tls_new(SSL *ssl, BIO_METHOD *method, int fd);

void tls_fingerprint_of(const X509 *certificate,
                        char out[TLS_FINGERPRINT_BYTES]);

/* Fills e with `what` and the newest thing that OpenSSL has to say. */
int tls_explain(struct err *e, int code, const char *what);

#endif
