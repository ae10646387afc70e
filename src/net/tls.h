/* SPDX-License-Identifier: MIT
 *
 * TLS 1.2 and 1.3 (RFC 5246, RFC 8446) over a socket that somebody else polls:
 * nothing here waits. What a server shares among its threads (certificate,
 * settings) is a struct tls_server, a client's is a struct tls_client; each
 * connection has a struct tls of its own, which must go before them.
 *
 * No renegotiation, no compression, no early data; 1.2 with ECDHE and AEAD
 * only. Why so, and what a connection costs: docs/design/012-tls.md. */
#ifndef NET_TLS_H
#define NET_TLS_H

#include "base/err.h"
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#define TLS_RECORD_BYTES      16384    /* the largest piece of one record */
#define TLS_FINGERPRINT_BYTES 96       /* "AB:CD:...", SHA-256, and its end */

struct tls;
struct tls_server;
struct tls_client;

/* --- A server ----------------------------------------------------------- */

struct tls_files {
    const char *certificate;       /* PEM, the chain behind it */
    const char *key;               /* PEM; "" = in the certificate's file */
};

/* protocols: ALPN names (RFC 7301), the best first, NULL-terminated; copied.
 * Who offers only others is refused, who offers none has none. A certificate
 * that is over, or a key that is not its, is an error. */
int tls_server_new(const struct tls_files *files, const char *const *protocols,
                   struct tls_server **ret, struct err *e) MUST_USE;

/* Any thread. New connections get the new certificate, those that are there
 * keep theirs; sessions of the old one are not resumed. After an error the old
 * one stays. */
int tls_server_reload(struct tls_server *s, const struct tls_files *files,
                      struct err *e) MUST_USE;
void tls_server_fingerprint(struct tls_server *s,
                            char out[TLS_FINGERPRINT_BYTES]);
void tls_server_free(struct tls_server **s);

/* --- A client ----------------------------------------------------------- */

struct tls_client *tls_client_new(void);
void tls_client_free(struct tls_client **c);

/* --- A connection ------------------------------------------------------- */

/* fd is non-blocking and stays the caller's. NULL: out of memory. */
struct tls *tls_accept(struct tls_server *s, int fd);

/* host: a name or an address, which the certificate must have to be trusted;
 * protocol: the ALPN name to offer. The handshake succeeds with any
 * certificate: ask tls_is_trusted(), or compare tls_fingerprint(), before a
 * byte of consequence is said. */
struct tls *tls_connect(struct tls_client *c, int fd, const char *host,
                        const char *protocol);
void tls_free(struct tls **t);

/* 1: done; 0: it goes on when the socket is readable or writable
 * (tls_wants_write(), which it is at first); -EPROTO (tls_why()) or -errno. */
int tls_handshake(struct tls *t) MUST_USE;
bool tls_wants_write(const struct tls *t);

/* n > 0 bytes; 0 = the peer has ended it as it should; -EAGAIN: it goes on when
 * the socket is readable or writable (tls_wants_write()); -EPROTO;
 * -ECONNRESET: cut, with or without a word of the network's. */
ssize_t tls_read(struct tls *t, void *p, size_t n) MUST_USE;

/* Decrypted bytes wait that no poll will tell of, or the end does. */
bool tls_has_rest(const struct tls *t);

/* The bytes taken, n at most and one record at most; 0: the socket is full,
 * and the same bytes must come first the next time; -errno. */
ssize_t tls_write(struct tls *t, const void *p, size_t n) MUST_USE;

/* Tells the peer that nothing more comes, if the socket takes it. */
void tls_shut(struct tls *t);

/* What went wrong, in OpenSSL's words; "" if nothing did. */
const char *tls_why(const struct tls *t);

/* A server's: the protocol that was agreed on, "" = none; and "TLSv1.3". */
const char *tls_protocol(const struct tls *t);
const char *tls_version(const struct tls *t);
bool tls_is_resumed(const struct tls *t);

/* A client's: the system trusts the certificate for that host; if not, why.
 * And the peer's certificate. */
bool tls_is_trusted(const struct tls *t, const char **why);
bool tls_fingerprint(const struct tls *t, char out[TLS_FINGERPRINT_BYTES]);

#endif
