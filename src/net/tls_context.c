/* SPDX-License-Identifier: MIT
 *
 * What connections share. A certificate is exchanged by exchanging the whole
 * SSL_CTX under a lock: each connection holds a reference to its own, so the
 * old one goes with the last connection that was made with it. */
#include "net/tls_impl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SESSION_S (4 * 3600)       /* how long a ticket is good */

enum { PROTOCOLS_MAX = 8 };

struct tls_server {
    BIO_METHOD *method;
    char *protocols[PROTOCOLS_MAX + 1];
    pthread_mutex_t lock;          /* of the next */
    SSL_CTX *context;
};

struct tls_client {
    BIO_METHOD *method;
    SSL_CTX *context;
};

int
tls_explain(struct err *e, int code, const char *what)
{
    unsigned long error = ERR_peek_last_error();
    const char *why = ERR_reason_error_string(error);

    if (ERR_SYSTEM_ERROR(error))
        why = strerror(ERR_GET_REASON(error));
    return err_set(e, code, "%s: %s", what, why != NULL ? why : "unknown");
}

/* What both ends want: small, since most connections only listen. */
static SSL_CTX *
context_new(const SSL_METHOD *method)
{
    SSL_CTX *x = SSL_CTX_new(method);

    must(x != NULL);
    must(SSL_CTX_set_min_proto_version(x, TLS1_2_VERSION) == 1);
    must(SSL_CTX_set_cipher_list(x, "ECDHE+AESGCM:ECDHE+CHACHA20") == 1);
    must(SSL_CTX_set1_groups_list(x, "X25519:P-256") == 1);
    SSL_CTX_set_options(x, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE |
                               SSL_OP_PRIORITIZE_CHACHA);
    SSL_CTX_set_mode(x, SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                            SSL_MODE_RELEASE_BUFFERS);
    return x;
}

/* --- A server's certificate --------------------------------------------- */

/* A key with a password would have the process wait for a terminal. */
static int
no_password(char *p, int n, int writing, void *arg)
{
    (void)p, (void)n, (void)writing, (void)arg;
    return -1;
}

static int
check_time(const X509 *certificate, const char *path, struct err *e)
{
    const ASN1_TIME *end = X509_get0_notAfter(certificate);
    struct tm tm;
    char text[32] = "?";

    if (X509_cmp_current_time(end) > 0)
        return 0;
    if (ASN1_TIME_to_tm(end, &tm) == 1)
        strftime(text, sizeof text, "%Y-%m-%d", &tm);
    return err_set(e, EINVAL, "the certificate %s was good until %s", path,
                   text);
}

static int
load(SSL_CTX *x, const struct tls_files *files, struct err *e)
{
    const char *key = *files->key ? files->key : files->certificate;
    char what[600];

    ERR_clear_error();
    snprintf(what, sizeof what, "cannot use the certificate %s",
             files->certificate);
    if (SSL_CTX_use_certificate_chain_file(x, files->certificate) != 1)
        return tls_explain(e, EINVAL, what);
    snprintf(what, sizeof what, "cannot use the key %s", key);
    if (SSL_CTX_use_PrivateKey_file(x, key, SSL_FILETYPE_PEM) != 1) {
        if (ERR_GET_REASON(ERR_peek_last_error()) ==
            X509_R_KEY_VALUES_MISMATCH)
            return err_set(e, EINVAL, "the key %s is not that of the "
                           "certificate %s", key, files->certificate);
        return tls_explain(e, EINVAL, what);
    }
    return check_time(SSL_CTX_get0_certificate(x), files->certificate, e);
}

/* --- ALPN --------------------------------------------------------------- */

static bool
offers(const unsigned char *in, unsigned n, const char *name)
{
    size_t length = strlen(name);

    for (unsigned at = 0; at < n && in[at] < n - at; at += in[at] + 1u)
        if (in[at] == length && memcmp(in + at + 1, name, length) == 0)
            return true;
    return false;
}

static int
choose(SSL *ssl, const unsigned char **out, unsigned char *out_n,
       const unsigned char *in, unsigned n, void *arg)
{
    struct tls_server *s = arg;

    for (char **name = s->protocols; *name != NULL; name++) {
        if (!offers(in, n, *name))
            continue;
        *out = (const unsigned char *)*name;
        *out_n = (unsigned char)strlen(*name);
        SSL_set_app_data(ssl, *name);
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* --- A server ----------------------------------------------------------- */

/* Tickets hold the session (RFC 5077, RFC 8446 §4.6.1), so that resuming costs
 * this side no memory. Their keys are the context's own and never leave it. */
static int
server_context(struct tls_server *s, const struct tls_files *files,
               SSL_CTX **ret, struct err *e)
{
    static const unsigned char id[] = "loquat";
    SSL_CTX *x = context_new(TLS_server_method());
    int r;

    SSL_CTX_set_default_passwd_cb(x, no_password);
    SSL_CTX_set_session_cache_mode(x, SSL_SESS_CACHE_OFF);
    must(SSL_CTX_set_session_id_context(x, id, sizeof id - 1) == 1);
    SSL_CTX_set_timeout(x, SESSION_S);
    must(SSL_CTX_set_num_tickets(x, 1) == 1);
    SSL_CTX_set_alpn_select_cb(x, choose, s);
    r = load(x, files, e);
    if (r < 0) {
        SSL_CTX_free(x);
        return r;
    }
    *ret = x;
    return 0;
}

int
tls_server_new(const struct tls_files *files, const char *const *protocols,
               struct tls_server **ret, struct err *e)
{
    struct tls_server *s = must_alloc(sizeof *s);
    int n = 0;

    s->method = tls_socket_method();
    must(pthread_mutex_init(&s->lock, NULL) == 0);
    for (; protocols[n] != NULL; n++) {
        must(n < PROTOCOLS_MAX && strlen(protocols[n]) < 256);
        s->protocols[n] = must_strdup(protocols[n]);
    }
    int r = server_context(s, files, &s->context, e);
    if (r < 0) {
        tls_server_free(&s);
        return r;
    }
    *ret = s;
    return 0;
}

int
tls_server_reload(struct tls_server *s, const struct tls_files *files,
                  struct err *e)
{
    SSL_CTX *x, *old;
    int r = server_context(s, files, &x, e);

    if (r < 0)
        return r;
    pthread_mutex_lock(&s->lock);
    old = s->context;
    s->context = x;
    pthread_mutex_unlock(&s->lock);
    SSL_CTX_free(old);
    return 0;
}

struct tls *
tls_accept(struct tls_server *s, int fd)
{
    SSL *ssl;

    pthread_mutex_lock(&s->lock);
    ssl = SSL_new(s->context);
    pthread_mutex_unlock(&s->lock);
    if (ssl != NULL)
        SSL_set_accept_state(ssl);
    return tls_new(ssl, s->method, fd);
}

void
tls_server_fingerprint(struct tls_server *s, char out[TLS_FINGERPRINT_BYTES])
{
    pthread_mutex_lock(&s->lock);
    tls_fingerprint_of(SSL_CTX_get0_certificate(s->context), out);
    pthread_mutex_unlock(&s->lock);
}

void
tls_server_free(struct tls_server **server)
{
    struct tls_server *s = *server;

    *server = NULL;
    if (s == NULL)
        return;
    SSL_CTX_free(s->context);
    for (int i = 0; i < PROTOCOLS_MAX; i++)
        free(s->protocols[i]);
    BIO_meth_free(s->method);
    must(pthread_mutex_destroy(&s->lock) == 0);
    free(s);
}

/* --- A client ----------------------------------------------------------- */

struct tls_client *
tls_client_new(void)
{
    struct tls_client *c = must_alloc(sizeof *c);

    c->method = tls_socket_method();
    c->context = context_new(TLS_client_method());
    /* Asked, but not obeyed by the handshake: see tls_connect(). A machine
     * without any authority trusts nobody, which is an answer. */
    SSL_CTX_set_verify(c->context, SSL_VERIFY_NONE, NULL);
    (void)SSL_CTX_set_default_verify_paths(c->context);
    ERR_clear_error();
    return c;
}

void
tls_client_free(struct tls_client **client)
{
    struct tls_client *c = *client;

    *client = NULL;
    if (c == NULL)
        return;
    SSL_CTX_free(c->context);
    BIO_meth_free(c->method);
    free(c);
}

static bool
is_address(const char *host)
{
    unsigned char ip[16];

    return inet_pton(AF_INET, host, ip) == 1 ||
           inet_pton(AF_INET6, host, ip) == 1;
}

/* Names go into the handshake, addresses may not (RFC 6066 §3). */
static bool
expect_host(SSL *ssl, const char *host)
{
    if (is_address(host))
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set_tlsext_host_name(ssl, host) == 1 &&
           SSL_set1_host(ssl, host) == 1;
}

static bool
offer_protocol(SSL *ssl, const char *name)
{
    unsigned char wire[256];
    size_t n = strlen(name);

    must(n > 0 && n < sizeof wire);
    wire[0] = (unsigned char)n;
    memcpy(wire + 1, name, n);
    return SSL_set_alpn_protos(ssl, wire, (unsigned)n + 1) == 0;
}

struct tls *
tls_connect(struct tls_client *c, int fd, const char *host,
            const char *protocol)
{
    SSL *ssl = SSL_new(c->context);

    if (ssl != NULL &&
        (!expect_host(ssl, host) || !offer_protocol(ssl, protocol))) {
        SSL_free(ssl);
        ssl = NULL;
    }
    if (ssl != NULL)
        SSL_set_connect_state(ssl);
    return tls_new(ssl, c->method, fd);
}
