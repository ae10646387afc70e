/* SPDX-License-Identifier: MIT
 *
 * A stream that speaks TLS, against a client over the other end of its
 * socket, whose records go through memory so that they can be cut anywhere. */
#include "net/stream_fixture.h"

#include "base/rand.h"
#include "net/tls_cert.h"
#include <errno.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#define BIG (3 * 1024 * 1024)

static char folder[64], crt[96], key[96];
static struct tls_server *server;
static SSL_CTX *context;
static SSL *client;
static BIO *to_client, *from_client;

/* --- The client --------------------------------------------------------- */

static void
client_new(int version)
{
    context = SSL_CTX_new(TLS_client_method());
    if (version != 0)
        assert_int_equal(SSL_CTX_set_max_proto_version(context, version), 1);
    client = SSL_new(context);
    to_client = BIO_new(BIO_s_mem());
    from_client = BIO_new(BIO_s_mem());
    SSL_set_bio(client, to_client, from_client);
    SSL_set_connect_state(client);
}

static void
client_free(void)
{
    SSL_free(client);
    SSL_CTX_free(context);
    client = NULL;
    context = NULL;
}

/* What the client wants said, in pieces of `piece` bytes, and what came. */
static void
carry(struct fixture *f, size_t piece)
{
    char bytes[16384];
    int n;

    while ((n = BIO_read(from_client, bytes, (int)piece)) > 0) {
        must(send(f->peer, bytes, (size_t)n, MSG_NOSIGNAL) == n);
        if (piece < 64)
            for (int i = 0; i < 3; i++)
                uv_run(&f->loop, UV_RUN_NOWAIT);
    }
    while ((n = (int)recv(f->peer, bytes, sizeof bytes, MSG_DONTWAIT)) > 0)
        must(BIO_write(to_client, bytes, n) == n);
}

static bool
shake(struct fixture *f, size_t piece)
{
    bool done = SSL_do_handshake(client) == 1;

    carry(f, piece);
    return done && !f->s.shaking;
}

static void
start(struct fixture *f)
{
    stream_want_read(&f->s, true);
    stream_start_tls(&f->s, tls_accept(server, f->s.fd));
}

/* A connection whose handshake is over. */
static void
meet(struct fixture *f, int version)
{
    client_new(version);
    start(f);
    TURN_UNTIL(f, shake(f, 16384));
}

static void
client_says(struct fixture *f, const char *text)
{
    must(SSL_write(client, text, (int)strlen(text)) == (int)strlen(text));
    carry(f, 16384);
}

/* Reads what came into `out`; returns how much. */
static size_t
client_hears(struct fixture *f, void *out, size_t n)
{
    size_t total = 0;
    int got;

    carry(f, 16384);
    while (total < n &&
           (got = SSL_read(client, (char *)out + total, (int)(n - total))) > 0)
        total += (size_t)got;
    return total;
}

/* --- Handshakes --------------------------------------------------------- */

static void
both_versions_carry_bytes_both_ways(void **state)
{
    struct fixture *f = *state;
    char got[16] = "";
    size_t n = 0;

    meet(f, TLS1_2_VERSION);
    assert_string_equal(tls_version(stream_tls(&f->s)), "TLSv1.2");
    client_says(f, "hello");
    TURN_UNTIL(f, f->in_n == 5);
    assert_string_equal(f->in, "hello");
    send_text(f, "and ");
    send_text(f, "back");
    assert_int_equal(stream_flush(&f->s), 8);
    TURN_UNTIL(f, (n += client_hears(f, got + n, 8 - n)) == 8);
    assert_string_equal(got, "and back");
}

static void
a_handshake_is_over_however_it_is_cut(void **state)
{
    struct fixture *f = *state;

    client_new(0);
    start(f);
    TURN_UNTIL(f, shake(f, 1));
    assert_int_equal(f->readable, 1);    /* it is told, once */
    client_says(f, "x");
    TURN_UNTIL(f, f->in_n == 1);
}

static void
what_is_sent_during_the_handshake_follows_it(void **state)
{
    struct fixture *f = *state;
    char got[8] = "";
    size_t n = 0;

    client_new(0);
    start(f);
    send_text(f, "early");
    assert_int_equal(stream_flush(&f->s), 0);
    turn_a_while(f);
    assert_int_equal(peer_takes(f), 0);
    TURN_UNTIL(f, shake(f, 16384));
    TURN_UNTIL(f, (n += client_hears(f, got + n, 5 - n)) == 5);
    assert_string_equal(got, "early");
}

static void
a_waiting_handshake_does_not_spin(void **state)
{
    struct fixture *f = *state;

    start(f);
    turn_a_while(f);
    assert_int_equal(f->s.events, POLLER_READABLE);
    peer_says(f, "\x16\x03\x01");
    turn_a_while(f);
    assert_int_equal(f->s.events, POLLER_READABLE);
    assert_int_equal(f->readable, 0);
}

static void
garbage_is_an_error_that_is_told_once(void **state)
{
    struct fixture *f = *state;

    start(f);
    peer_says(f, "\x16 this is no handshake at all");
    TURN_UNTIL(f, !f->s.shaking);
    turn_a_while(f);
    assert_int_equal(f->last, -EPROTO);
    assert_int_equal(f->readable, 1);
    assert_true(*tls_why(stream_tls(&f->s)) != '\0');
    send_text(f, "never said");
    assert_true(stream_flush(&f->s) < 0);
}

static void
a_peer_that_leaves_within_it_is_an_error(void **state)
{
    struct fixture *f = *state;

    start(f);
    peer_says(f, "\x16\x03\x01\x02");
    peer_leaves(f, false);
    TURN_UNTIL(f, !f->s.shaking);
    assert_true(f->last < 0);
}

/* --- Ends --------------------------------------------------------------- */

static void
a_goodbye_is_an_end(void **state)
{
    struct fixture *f = *state;

    meet(f, 0);
    SSL_shutdown(client);
    carry(f, 16384);
    TURN_UNTIL(f, f->last == 0);
}

static void
a_cut_is_an_error(void **state)
{
    struct fixture *f = *state;

    meet(f, 0);
    client_says(f, "half");
    TURN_UNTIL(f, f->in_n == 4);
    peer_leaves(f, false);
    TURN_UNTIL(f, f->last == -ECONNRESET);
}

static void
the_end_is_said_to_the_peer(void **state)
{
    struct fixture *f = *state;
    char got[8] = "";

    meet(f, 0);
    send_text(f, "bye");
    assert_int_equal(stream_flush(&f->s), 3);
    stream_close(&f->s, false);
    TURN_UNTIL(f, f->closed == 1);
    assert_int_equal(client_hears(f, got, 8), 3);
    assert_int_equal(SSL_get_shutdown(client), SSL_RECEIVED_SHUTDOWN);
}

static void
nobody_negotiates_anew(void **state)
{
    struct fixture *f = *state;

    meet(f, TLS1_2_VERSION);
    SSL_renegotiate(client);
    (void)SSL_do_handshake(client);
    for (int i = 0; i < 20; i++) {
        carry(f, 16384);
        uv_run(&f->loop, UV_RUN_NOWAIT);
        (void)SSL_do_handshake(client);
    }
    assert_int_equal(SSL_num_renegotiations(client), 1);    /* it asked */
    assert_false(SSL_is_init_finished(client));             /* in vain */
}

/* --- Much at once ------------------------------------------------------- */

static void
what_was_decrypted_is_told_without_a_poll(void **state)
{
    struct fixture *f = *state;

    meet(f, 0);
    f->read_once = true;
    client_says(f, "one record, many reads");
    TURN_UNTIL(f, f->in_n == 22);
    assert_string_equal(f->in, "one record, many reads");
}

/* Reads as a worker does, once and into much room. */
static void
read_much(struct fixture *f)
{
    static char much[65536];

    f->last = stream_read(&f->s, much, sizeof much);
    f->in_n += f->last > 0 ? (size_t)f->last : 0;
}

static void
meet_a_worker(struct fixture *f)
{
    meet(f, 0);
    f->act = read_much;
    f->act_readable = f->ignore_readable = true;
}

/* And nothing else: the peer's side of the socket stays open. */
static void
an_end_that_was_read_with_the_last_bytes_is_told(void **state)
{
    struct fixture *f = *state;
    char bytes[9000] = "";

    meet_a_worker(f);
    must(SSL_write(client, bytes, sizeof bytes) == sizeof bytes);
    SSL_shutdown(client);
    carry(f, 16384);
    TURN_UNTIL(f, f->in_n == sizeof bytes && f->last == 0);
}

static int
unread(struct fixture *f)
{
    int n = 0;

    must(ioctl(f->s.fd, FIONREAD, &n) == 0);
    return n;
}

/* However many there are: others want to be served, too. */
static void
records_without_bytes_do_not_hold_the_loop(void **state)
{
    struct fixture *f = *state;

    meet_a_worker(f);
    for (int i = 0; i < 500; i++) {
        must(SSL_key_update(client, SSL_KEY_UPDATE_NOT_REQUESTED) == 1);
        must(SSL_do_handshake(client) == 1);
    }
    carry(f, 16384);
    uv_run(&f->loop, UV_RUN_NOWAIT);
    assert_true(unread(f) > 0);
    client_says(f, "x");
    TURN_UNTIL(f, f->in_n == 1);
}

/* It wants an answer to each, and reads none. */
static void
ask_for_new_keys(struct fixture *f)
{
    char bytes[16384];
    int n;

    for (int i = 0; i < 500; i++) {
        must(SSL_key_update(client, SSL_KEY_UPDATE_REQUESTED) == 1);
        must(SSL_do_handshake(client) == 1);
    }
    while ((n = BIO_read(from_client, bytes, sizeof bytes)) > 0)
        must(send(f->peer, bytes, (size_t)n, MSG_NOSIGNAL) == n);
    turn_a_while(f);
}

static void
answers_that_are_not_taken_do_not_make_it_spin(void **state)
{
    struct fixture *f = *state;
    int small = 4096, before;

    must(setsockopt(f->s.fd, SOL_SOCKET, SO_SNDBUF, &small,
                    sizeof small) == 0);
    meet_a_worker(f);
    ask_for_new_keys(f);
    assert_true(unread(f) > 0);
    before = f->readable;
    turn_a_while(f);
    assert_int_equal(f->readable, before);
    assert_int_equal(f->s.events, POLLER_WRITABLE);
    TURN_UNTIL(f, (carry(f, 16384), unread(f) == 0));
    client_says(f, "x");
    TURN_UNTIL(f, f->in_n == 1);
}

static void
a_paused_stream_keeps_its_rest_for_later(void **state)
{
    struct fixture *f = *state;
    size_t n;

    meet(f, 0);
    f->read_once = true;
    client_says(f, "one record");
    TURN_UNTIL(f, f->in_n > 0);
    stream_want_read(&f->s, false);
    n = f->in_n;
    turn_a_while(f);
    assert_int_equal(f->in_n, n);
    stream_want_read(&f->s, true);
    TURN_UNTIL(f, f->in_n == 10);
}

static uint8_t *
pattern(size_t n)
{
    uint8_t *p = must_alloc(n);

    for (size_t i = 0; i < n; i++)
        p[i] = (uint8_t)(i * 7 % 251);
    return p;
}

/* Of both sizes: pieces that are gathered and pieces that are cut. */
static void
a_long_queue_arrives_intact_through_short_writes(void **state)
{
    struct fixture *f = *state;
    uint8_t *want = pattern(BIG), *got = must_alloc(BIG);
    size_t n = 0, at = 0;

    meet(f, 0);
    for (size_t i = 0; at < BIG; i++) {
        size_t some = i % 3 == 0 ? 40000 : i % 3 == 1 ? 10 : 1000;
        some = some < BIG - at ? some : BIG - at;
        struct slab *s = slab_copy((struct str){(char *)want + at, some});
        stream_send(&f->s, s);
        slab_unref(&s);
        at += some;
    }
    assert_true(stream_flush(&f->s) < BIG);
    TURN_UNTIL(f, (n += client_hears(f, got + n, BIG - n)) == BIG);
    assert_memory_equal(got, want, BIG);
    assert_int_equal(f->s.written, BIG);
    free(want);
    free(got);
}

static int file;
static size_t sent;

static void
send_on(struct fixture *f)
{
    ssize_t took = 1;

    while (took > 0 && sent < BIG) {
        took = stream_send_file(&f->s, file, sent, BIG - sent);
        assert_true(took >= 0);
        sent += (size_t)took;
    }
}

static void
a_file_arrives_whole_and_words_fit_between(void **state)
{
    struct fixture *f = *state;
    uint8_t *want = pattern(BIG), *got = must_alloc(BIG + 4);
    size_t n = 0;

    meet(f, 0);
    file = memfd_create("tls", MFD_CLOEXEC);
    must(write(file, want, BIG) == BIG);
    sent = 0;
    f->act = send_on;
    f->act_drained = true;
    send_on(f);
    assert_true(sent < BIG && f->s.out.bytes <= TLS_FILE_BYTES);
    TURN_UNTIL(f, (n += client_hears(f, got + n, BIG - n)) == BIG);
    assert_memory_equal(got, want, BIG);
    send_text(f, "then");
    assert_int_equal(stream_flush(&f->s), 4);
    TURN_UNTIL(f, (n += client_hears(f, got + n, 4)) == BIG + 4);
    assert_memory_equal(got + BIG, "then", 4);
    assert_int_equal(stream_send_file(&f->s, file, BIG, 1), -EIO);
    close(file);
    free(want);
    free(got);
}

/* --- Certificates ------------------------------------------------------- */

static void
a_certificate_is_made_once_and_never_over_another(void **state)
{
    char before[TLS_FINGERPRINT_BYTES], after[TLS_FINGERPRINT_BYTES];
    struct stat st;
    struct err e;
    bool made;

    (void)state;
    assert_int_equal(tls_cert_fingerprint(crt, before, &e), 0);
    assert_int_equal(strlen(before), 95);
    assert_int_equal(tls_cert_make(crt, key, &made, &e), 0);
    assert_false(made);
    assert_int_equal(tls_cert_fingerprint(crt, after, &e), 0);
    assert_string_equal(before, after);
    assert_int_equal(stat(key, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(tls_cert_make(crt, "/nowhere/key", &made, &e), -ENOENT);
}

static void
a_reload_that_fails_keeps_what_was_there(void **state)
{
    char before[TLS_FINGERPRINT_BYTES], after[TLS_FINGERPRINT_BYTES];
    struct fixture *f = *state;
    struct tls_files bad = {crt, crt}, good = {crt, key};
    struct err e;

    meet(f, 0);
    tls_server_fingerprint(server, before);
    assert_true(tls_server_reload(server, &bad, &e) < 0);
    tls_server_fingerprint(server, after);
    assert_string_equal(before, after);
    assert_int_equal(tls_server_reload(server, &good, &e), 0);
    client_says(f, "still here");
    TURN_UNTIL(f, f->in_n == 10);
}

/* --- All of them -------------------------------------------------------- */

static int
setup_all(void **state)
{
    static const char *const protocols[] = {"http/1.1", NULL};
    struct tls_files files = {crt, key};
    struct err e;
    bool made;

    (void)state;
    rand_init();
    snprintf(folder, sizeof folder, "/tmp/tls-test-XXXXXX");
    must(mkdtemp(folder) != NULL);
    snprintf(crt, sizeof crt, "%s/tls.crt", folder);
    snprintf(key, sizeof key, "%s/tls.key", folder);
    must(tls_cert_make(crt, key, &made, &e) == 0 && made);
    must(tls_server_new(&files, protocols, &server, &e) == 0);
    return 0;
}

static int
teardown_all(void **state)
{
    (void)state;
    tls_server_free(&server);
    unlink(crt);
    unlink(key);
    return rmdir(folder);
}

static int
teardown(void **state)
{
    client_free();
    return fixture_teardown(state);
}

/* A socket that holds more. */
static int
setup_pair(void **state)
{
    int fd[2];

    must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) == 0);
    *state = fixture_new(fd[0], fd[1]);
    return 0;
}

#define TLS_TEST(name) \
    cmocka_unit_test_setup_teardown(name, fixture_setup, teardown)
#define PAIR_TEST(name) \
    cmocka_unit_test_setup_teardown(name, setup_pair, teardown)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TLS_TEST(both_versions_carry_bytes_both_ways),
        TLS_TEST(a_handshake_is_over_however_it_is_cut),
        TLS_TEST(what_is_sent_during_the_handshake_follows_it),
        TLS_TEST(a_waiting_handshake_does_not_spin),
        TLS_TEST(garbage_is_an_error_that_is_told_once),
        TLS_TEST(a_peer_that_leaves_within_it_is_an_error),
        TLS_TEST(a_goodbye_is_an_end),
        TLS_TEST(a_cut_is_an_error),
        TLS_TEST(the_end_is_said_to_the_peer),
        TLS_TEST(nobody_negotiates_anew),
        TLS_TEST(what_was_decrypted_is_told_without_a_poll),
        PAIR_TEST(an_end_that_was_read_with_the_last_bytes_is_told),
        PAIR_TEST(records_without_bytes_do_not_hold_the_loop),
        PAIR_TEST(answers_that_are_not_taken_do_not_make_it_spin),
        TLS_TEST(a_paused_stream_keeps_its_rest_for_later),
        TLS_TEST(a_long_queue_arrives_intact_through_short_writes),
        TLS_TEST(a_file_arrives_whole_and_words_fit_between),
        cmocka_unit_test(a_certificate_is_made_once_and_never_over_another),
        TLS_TEST(a_reload_that_fails_keeps_what_was_there),
    };

    return cmocka_run_group_tests(tests, setup_all, teardown_all);
}
