/* SPDX-License-Identifier: MIT
 *
 * What comes before a connection's first byte, and who counts as secure. The
 * clients are on this machine, which may speak in clear where TLS is required:
 * so they come behind a proxy where that is asked. */
#include "edge/rig_test.h"
#include "net/proxy_wire.h"
#include "net/tls_cert.h"

#include <openssl/ssl.h>
#include <pthread.h>

#define TLS_ONLY \
    "This server is spoken to over TLS only. " \
    "Try: openssl s_client -quiet -connect HOST:PORT\n"
#define NO_PROXY \
    "This address is not one of the proxies whose headers are believed.\n"
#define BAD_HEADER "From this address a PROXY header, version 2, comes first.\n"
#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define SSL_TLV "\x20\x00\x05\x01\x00\x00\x00\x00"
#define TCP4_TO "\xc0\x00\x02\x01\x12\x67\x0f\xa0"    /* and the ports */
#define AFAR "\xc6\x33\x64\x07" TCP4_TO

static char folder[64], crt[96], key[96];
static struct tls_server *server;
static struct cidr this_machine;

static void
behind_a_proxy(struct rig *t)
{
    t->gate_options.proxies = &this_machine;
    t->gate_options.proxies_n = 1;
    t->tls = server;
    t->tls_required = true;
    t->limits.grace_ms = 50;
    rig_start(t);
}

struct header {
    char p[64];
    size_t n;
};

static struct header
header(uint8_t command, uint8_t family, const char *body, size_t n)
{
    struct header h = {.n = PROXY_SIGNATURE_BYTES + 4 + n};

    must(h.n <= sizeof h.p);
    memcpy(h.p, SIGNATURE, PROXY_SIGNATURE_BYTES);
    h.p[12] = (char)command;
    h.p[13] = (char)family;
    h.p[15] = (char)n;
    memcpy(h.p + 16, body, n);
    return h;
}

#define HEADER(command, family, body) \
    header(command, family, body, sizeof body - 1)

/* --- A client over TLS -------------------------------------------------- */

static SSL_CTX *context;

/* NULL: there was no handshake. */
static SSL *
secure(int fd)
{
    SSL *ssl = SSL_new(context);

    SSL_set_fd(ssl, fd);
    if (SSL_connect(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    return NULL;
}

static void
secure_expect(SSL *ssl, const char *want)
{
    size_t n = 0, length = strlen(want);
    char got[256] = "";
    int some;

    while (n < length &&
           (some = SSL_read(ssl, got + n, (int)(length - n))) > 0)
        n += (size_t)some;
    assert_string_equal(got, want);
}

static void
secure_talk(SSL *ssl, const char *say, const char *want)
{
    assert_int_equal(SSL_write(ssl, say, (int)strlen(say)), strlen(say));
    secure_expect(ssl, want);
}

/* --- Handshakes --------------------------------------------------------- */

static void
a_handshake_and_then_as_ever(void **state)
{
    struct rig *t = *state;
    SSL *ssl;
    int fd;

    t->tls = server;
    rig_start(t);
    fd = client_new(t);
    ssl = secure(fd);
    assert_non_null(ssl);
    secure_talk(ssl, "LOUD\nNAME bob\n", "LOUD!\nwelcome bob\n");
    SSL_free(ssl);
    close(fd);
}

static void
silence_within_a_handshake_is_ended_without_a_word(void **state)
{
    struct rig *t = *state;
    int fd;

    t->tls = server;
    t->limits.grace_ms = 20;
    t->limits.first_ms = 100;
    rig_start(t);
    fd = client_new(t);
    client_send(fd, "\x16\x03\x01", 3);
    client_expect_end(fd);
}

/* Nothing of the connection is read before the handshake, nor between. */
static void
a_goodbye_over_tls_ends_it_though_the_socket_stays_open(void **state)
{
    struct rig *t = *state;
    SSL *ssl;
    int fd;

    t->tls = server;
    rig_start(t);
    fd = client_new(t);
    ssl = secure(fd);
    assert_non_null(ssl);
    secure_talk(ssl, "NAME bob\n", "Hello!\nwelcome bob\n");
    SSL_shutdown(ssl);
    rig_await_connections(t, 0);
    SSL_free(ssl);
    close(fd);
}

/* --- Reloads ------------------------------------------------------------ */

enum { THREADS = 3, ROUNDS = 40 };

static void *
shake_again_and_again(void *arg)
{
    struct rig *t = arg;

    for (int i = 0; i < ROUNDS; i++) {
        int fd = socket(AF_INET, SOCK_STREAM, 0);
        struct sockaddr_in at = t->address;
        SSL *ssl;

        must(connect(fd, (void *)&at, sizeof at) == 0);
        ssl = secure(fd);
        must(ssl != NULL);
        SSL_free(ssl);
        close(fd);
    }
    return NULL;
}

static void
take_all(struct rig *t)
{
    for (int i = 0; i < THREADS * ROUNDS; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t n = sizeof peer;
        int fd = accept(t->listener, (void *)&peer, &n);

        assert_true(fd >= 0);
        assert_null(gate_admit(t->gate, &peer, clock_mono_ms()));
        worker_adopt(t->worker, fd, &peer);
        if (i % 4 == 0) {
            struct tls_files files = {crt, key};
            struct err e;

            assert_int_equal(tls_server_reload(server, &files, &e), 0);
        }
    }
}

static void
certificates_change_while_handshakes_run(void **state)
{
    struct rig *t = *state;
    pthread_t threads[THREADS];

    t->tls = server;
    rig_start(t);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL,
                                        shake_again_and_again, t), 0);
    take_all(t);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    rig_await_connections(t, 0);
}

/* --- Who is secure ------------------------------------------------------ */

static void
only_what_a_proxy_vouches_for_is_secure(void **state)
{
    struct rig *t = *state;
    const struct {
        struct header h;
        bool secure;
    } cases[] = {
        {HEADER(0x20, 0x00, ""), true},             /* the proxy itself */
        {HEADER(0x20, 0x11, AFAR), true},
        {HEADER(0x21, 0x11, AFAR), false},
        {HEADER(0x21, 0x11, AFAR SSL_TLV), true},
        {HEADER(0x21, 0x11, "\x7f\0\0\x01" TCP4_TO), false},
        {HEADER(0x21, 0x00, ""), false},            /* somebody */
        {HEADER(0x21, 0x00, SSL_TLV), true},
    };

    behind_a_proxy(t);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int fd = client_new(t);

        client_send(fd, cases[i].h.p, cases[i].h.n);
        client_say(fd, "PING 1\n");
        client_expect(fd, cases[i].secure ? "Hello!\n" : TLS_ONLY);
        close(fd);
    }
}

static void
tls_may_follow_a_header_wherever_that_is_cut(void **state)
{
    struct rig *t = *state;
    struct header h = HEADER(0x21, 0x11, AFAR);

    behind_a_proxy(t);
    for (size_t at = 1; at < h.n; at++) {
        int fd = client_new(t);
        SSL *ssl;

        client_send(fd, h.p, at);
        poll(NULL, 0, 2);
        client_send(fd, h.p + at, h.n - at);
        ssl = secure(fd);
        assert_non_null(ssl);
        secure_talk(ssl, "PING 1\n", "Hello!\n");
        SSL_free(ssl);
        close(fd);
    }
}

static void
from_a_proxy_nothing_else_comes_first(void **state)
{
    struct rig *t = *state;
    int fd;

    behind_a_proxy(t);
    fd = client_new(t);
    client_talk(fd, "LOUD\nNAME bob\n", BAD_HEADER);
    client_expect_end(fd);
}

/* --- A proxy of somebody else's ----------------------------------------- */

static void
refuses_in_pieces(struct rig *t, bool greeted)
{
    struct header h = HEADER(0x21, 0x11, AFAR);

    for (size_t at = 1; at < PROXY_SIGNATURE_BYTES; at++) {
        int64_t before = rig_count(t, METRIC_bytes_in_total);
        int fd = client_new(t);

        if (greeted)
            client_expect(fd, "Hello!\n");
        client_send(fd, h.p, at);
        rig_await(t, METRIC_bytes_in_total, before + (int64_t)at);
        poll(NULL, 0, 5);
        client_send(fd, h.p + at, h.n - at);
        client_expect(fd, NO_PROXY);
        client_expect_end(fd);
    }
    rig_await_connections(t, 0);
}

static void
a_foreign_header_is_refused_however_it_is_cut(void **state)
{
    struct rig *t = *state;

    t->config.newline = LINE_NEWLINE_OPTIONAL;
    t->config.pause_ms = 1;
    rig_start(t);
    refuses_in_pieces(t, false);
    assert_int_equal(rig_count(t, METRIC_commands_total), 0);
}

static void
a_foreign_header_is_refused_after_the_greeting_too(void **state)
{
    struct rig *t = *state;

    t->limits.grace_ms = 20;
    rig_start(t);
    refuses_in_pieces(t, true);
    assert_int_equal(rig_count(t, METRIC_commands_total), 0);
}

static void
half_a_foreign_header_and_the_end_are_no_person(void **state)
{
    struct rig *t = *state;
    int fd;

    rig_start(t);
    fd = client_new(t);
    client_send(fd, SIGNATURE, PROXY_SIGNATURE_BYTES - 1);
    shutdown(fd, SHUT_WR);
    client_expect(fd, NO_PROXY);
    client_expect_end(fd);
}

static void
ends_of_lines_are_a_persons_in_the_end(void **state)
{
    struct rig *t = *state;
    int fd;

    t->limits.first_ms = 100;
    rig_start(t);
    fd = client_new(t);
    client_talk(fd, "\r\nNAME bob\n", "Hello!\nwhat? \r\nwelcome bob\n");
    close(fd);
    fd = client_new(t);
    client_talk(fd, "\r\n\r\n", "Hello!\nwhat? \r\nwhat? \r\n");
    client_talk(fd, "NAME eve\n", "welcome eve\n");
    close(fd);
}

/* --- All of them -------------------------------------------------------- */

static int
setup_all(void **state)
{
    static const char *const protocols[] = {"http/1.1", NULL};
    struct tls_files files = {crt, key};
    struct err e;
    bool made;

    rig_main_setup(state);
    snprintf(folder, sizeof folder, "/tmp/loquat-secure-XXXXXX");
    must(mkdtemp(folder) != NULL);
    snprintf(crt, sizeof crt, "%s/tls.crt", folder);
    snprintf(key, sizeof key, "%s/tls.key", folder);
    must(tls_cert_make(crt, key, &made, &e) == 0 && made);
    must(tls_server_new(&files, protocols, &server, &e) == 0);
    must(cidr_parse(str_of("127.0.0.0/8"), &this_machine));
    context = SSL_CTX_new(TLS_client_method());
    return 0;
}

static int
teardown_all(void **state)
{
    (void)state;
    SSL_CTX_free(context);
    tls_server_free(&server);
    unlink(crt);
    unlink(key);
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        rig_unit_test(a_handshake_and_then_as_ever),
        rig_unit_test(silence_within_a_handshake_is_ended_without_a_word),
        rig_unit_test(a_goodbye_over_tls_ends_it_though_the_socket_stays_open),
        rig_unit_test(certificates_change_while_handshakes_run),
        rig_unit_test(only_what_a_proxy_vouches_for_is_secure),
        rig_unit_test(tls_may_follow_a_header_wherever_that_is_cut),
        rig_unit_test(from_a_proxy_nothing_else_comes_first),
        rig_unit_test(a_foreign_header_is_refused_however_it_is_cut),
        rig_unit_test(a_foreign_header_is_refused_after_the_greeting_too),
        rig_unit_test(half_a_foreign_header_and_the_end_are_no_person),
        rig_unit_test(ends_of_lines_are_a_persons_in_the_end),
    };
    return cmocka_run_group_tests_name("conn_secure", tests, setup_all,
                                       teardown_all);
}
