/* SPDX-License-Identifier: MIT
 *
 * One connection. OpenSSL keeps its last error in a queue of the thread's:
 * it is emptied before every call, so that what is found afterwards belongs to
 * that call. */
#include "net/tls_impl.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum state { SHAKING, OPEN, FAILED };

/* Of one call: a record takes two, a handshake a dozen. */
enum { SOCKET_READS = 32 };

struct tls {
    SSL *ssl;
    enum state state;
    bool wants_write;
    bool ended;                    /* behind bytes that were given: the next
                                      read tells */
    const char *why;               /* OpenSSL's own text: static */
};

/* --- The socket --------------------------------------------------------- */

/* OpenSSL reads on until there are bytes for us: over all records that bring
 * none (new keys, refused renegotiations, warnings), for as long as the peer
 * sends them. So the socket pretends to be empty after so many reads of one
 * call; the rest is left in it, and the poll tells. */
static _Thread_local unsigned reads_left;

static int
read_bounded(BIO *bio, char *p, int n)
{
    if (reads_left > 0) {
        reads_left--;
        return BIO_meth_get_read(BIO_s_socket())(bio, p, n);
    }
    BIO_clear_retry_flags(bio);
    BIO_set_retry_read(bio);
    return -1;
}

static int
write_quietly(BIO *bio, const char *p, int n)
{
    int fd = -1, r;

    BIO_get_fd(bio, &fd);
    r = (int)send(fd, p, (size_t)n, MSG_NOSIGNAL);
    BIO_clear_retry_flags(bio);
    if (r <= 0 && BIO_sock_should_retry(r))
        BIO_set_retry_write(bio);
    return r;
}

BIO_METHOD *
tls_socket_method(void)
{
    const BIO_METHOD *socket = BIO_s_socket();
    BIO_METHOD *m = BIO_meth_new(BIO_TYPE_SOCKET, "quiet socket");

    must(m != NULL);
    BIO_meth_set_create(m, BIO_meth_get_create(socket));
    BIO_meth_set_destroy(m, BIO_meth_get_destroy(socket));
    BIO_meth_set_ctrl(m, BIO_meth_get_ctrl(socket));
    BIO_meth_set_read(m, read_bounded);
    BIO_meth_set_write(m, write_quietly);
    return m;
}

/* --- Life --------------------------------------------------------------- */

struct tls *
tls_new(SSL *ssl, BIO_METHOD *method, int fd)
{
    BIO *bio = ssl != NULL ? BIO_new(method) : NULL;
    struct tls *t;

    if (bio == NULL) {
        SSL_free(ssl);
        return NULL;
    }
    BIO_set_fd(bio, fd, BIO_NOCLOSE);
    SSL_set_bio(ssl, bio, bio);
    t = must_alloc(sizeof *t);
    *t = (struct tls){.ssl = ssl, .wants_write = true, .why = ""};
    return t;
}

void
tls_free(struct tls **tls)
{
    struct tls *t = *tls;

    *tls = NULL;
    if (t == NULL)
        return;
    SSL_free(t->ssl);
    free(t);
}

/* --- What became of a call ---------------------------------------------- */

static int
fail(struct tls *t, int code)
{
    unsigned long error = ERR_peek_last_error();

    t->state = FAILED;
    if (error != 0 && ERR_reason_error_string(error) != NULL)
        t->why = ERR_reason_error_string(error);
    return code;
}

/* -EAGAIN, or the end. A peer that goes without having said so has perhaps
 * been cut off by somebody else. */
static int
result(struct tls *t, int r)
{
    int code = errno;

    switch (SSL_get_error(t->ssl, r)) {
    case SSL_ERROR_WANT_READ:
        t->wants_write = false;
        return -EAGAIN;
    case SSL_ERROR_WANT_WRITE:
        t->wants_write = true;
        return -EAGAIN;
    case SSL_ERROR_SYSCALL:
        return fail(t, code != 0 ? -code : -ECONNRESET);
    default:
        if (ERR_GET_REASON(ERR_peek_last_error()) ==
            SSL_R_UNEXPECTED_EOF_WHILE_READING)
            return fail(t, -ECONNRESET);
        return fail(t, -EPROTO);
    }
}

static void
before(void)
{
    ERR_clear_error();
    errno = 0;
    reads_left = SOCKET_READS;
}

/* --- Handshake, bytes, end ---------------------------------------------- */

int
tls_handshake(struct tls *t)
{
    int r;

    if (t->state != SHAKING)
        return t->state == OPEN ? 1 : -EPROTO;
    before();
    r = SSL_do_handshake(t->ssl);
    if (r == 1) {
        t->state = OPEN;
        t->wants_write = false;
        return 1;
    }
    r = result(t, r);
    return r == -EAGAIN ? 0 : r;
}

bool
tls_wants_write(const struct tls *t)
{
    return t->wants_write;
}

/* As many records as there is room for: one that was not full has probably no
 * successor, and asking for it would cost a call into the kernel. What was
 * found instead of one is not in the socket any more. */
ssize_t
tls_read(struct tls *t, void *p, size_t n)
{
    size_t total = 0, got;
    int r;

    if (t->state != OPEN)
        return t->state == SHAKING ? -EAGAIN : -EPROTO;
    do {
        before();
        got = 0;
        r = SSL_read_ex(t->ssl, (char *)p + total, n - total, &got);
        total += got;
    } while (r == 1 && total < n &&
             (got > TLS_RECORD_BYTES / 2 || SSL_pending(t->ssl) > 0));
    t->ended = total > 0 && r != 1 &&
        SSL_get_error(t->ssl, r) != SSL_ERROR_WANT_READ;
    if (total > 0)
        return (ssize_t)total;
    if (SSL_get_error(t->ssl, r) == SSL_ERROR_ZERO_RETURN)
        return 0;
    return result(t, r);
}

bool
tls_has_rest(const struct tls *t)
{
    return t->state == OPEN && (t->ended || SSL_pending(t->ssl) > 0);
}

/* Wanting to read in order to write would be a renegotiation: there is none. */
ssize_t
tls_write(struct tls *t, const void *p, size_t n)
{
    size_t took = 0;
    int r;

    must(n > 0);
    if (t->state != OPEN)
        return t->state == SHAKING ? 0 : -EPROTO;
    before();
    r = SSL_write_ex(t->ssl, p, n < TLS_RECORD_BYTES ? n : TLS_RECORD_BYTES,
                     &took);
    if (r == 1)
        return (ssize_t)took;
    r = result(t, r);
    if (r == -EAGAIN && !t->wants_write)
        return fail(t, -EPROTO);
    return r == -EAGAIN ? 0 : r;
}

void
tls_shut(struct tls *t)
{
    if (t->state != OPEN)
        return;
    before();
    (void)SSL_shutdown(t->ssl);
    ERR_clear_error();
}

/* --- What there is to know ---------------------------------------------- */

const char *
tls_why(const struct tls *t)
{
    return t->why;
}

/* ALPN's names are bytes with a length; ours have an end behind them. */
const char *
tls_protocol(const struct tls *t)
{
    const char *name = SSL_get_app_data(t->ssl);

    return name != NULL ? name : "";
}

const char *
tls_version(const struct tls *t)
{
    return SSL_get_version(t->ssl);
}

bool
tls_is_resumed(const struct tls *t)
{
    return SSL_session_reused(t->ssl) == 1;
}

bool
tls_is_trusted(const struct tls *t, const char **why)
{
    long r = SSL_get_verify_result(t->ssl);

    *why = X509_verify_cert_error_string(r);
    return r == X509_V_OK && SSL_get0_peer_certificate(t->ssl) != NULL;
}

bool
tls_fingerprint(const struct tls *t, char out[TLS_FINGERPRINT_BYTES])
{
    const X509 *certificate = SSL_get0_peer_certificate(t->ssl);

    if (certificate == NULL)
        return false;
    tls_fingerprint_of(certificate, out);
    return true;
}
