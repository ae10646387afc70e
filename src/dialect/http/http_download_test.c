/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"

/* --- Downloads ----------------------------------------------------------- */

/* PNG's first bytes are enough for its type. */
static struct play_file *
whole(struct play *p, const char *name, const char *bytes)
{
    struct play_file *f = play_arrive(p, name, strlen(bytes));

    play_grow(p, f, bytes);
    play_finish(p, f);
    return f;
}

static void
a_part_of_a_file_is_a_range(void **state)
{
    struct play *p = *state;
    char path[256], etag[64], fields[256];
    const char *said;

    file_path(whole(p, "a.txt", "0123456789"), path);
    said = get(p, path, "Range: bytes=2-4\r\n");
    assert_status(said, 206);
    assert_has(said, "\r\nContent-Range: bytes 2-4/10\r\n");
    assert_has(said, "\r\nContent-Length: 3\r\n");
    assert_string_equal(body_of(said), "234");
    assert_string_equal(body_of(get(p, path, "Range: bytes=-2\r\n")), "89");
    said = get(p, path, "Range: bytes=10-\r\n");
    assert_status(said, 416);
    assert_has(said, "\r\nContent-Range: bytes */10\r\n");
    assert_status(get(p, path, "Range: bytes=0-1,3-4\r\n"), 200);

    snprintf(etag, sizeof etag, "\"%.26s\"", path + 3);
    snprintf(fields, sizeof fields, "If-Range: %s\r\nRange: bytes=1-\r\n",
             etag);
    assert_status(get(p, path, fields), 206);
    assert_status(get(p, path, "If-Range: \"x\"\r\nRange: bytes=1-\r\n"), 200);
    snprintf(fields, sizeof fields, "If-None-Match: \"x\", %s\r\n", etag);
    said = get(p, path, fields);
    assert_status(said, 304);
    assert_has(said, etag);
    assert_string_equal(body_of(said), "");
    assert_status(get(p, path, "If-Match: \"x\"\r\n"), 412);
    assert_false(p->c->ended);
}

static void
head_tells_all_but_the_bytes(void **state)
{
    struct play *p = *state;
    char path[256], text[512];
    const char *said;

    file_path(whole(p, "a.txt", "hello"), path);
    snprintf(text, sizeof text, "HEAD %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
    said = play_say(p, text);
    assert_status(said, 200);
    assert_has(said, "\r\nContent-Length: 5\r\n");
    assert_has(said, "\r\nAccept-Ranges: bytes\r\n");
    assert_has(said, "\r\nRepr-Digest: sha-256=:LPJNul+wow4m6DsqxbninhsWHlwfp0"
                     "JecwQzYpOLmCQ=:\r\n");
    assert_string_equal(body_of(said), "");
    assert_status(get(p, "/healthz", ""), 200);
}

static void
a_file_is_shown_by_its_bytes_and_never_run(void **state)
{
    struct play *p = *state;
    char path[256];
    const char *said;

    file_path(whole(p, "x.html", "\x89PNG\r\n\x1a\n....IHDR"), path);
    said = get(p, path, "");
    assert_has(said, "\r\nContent-Type: image/png\r\n");
    assert_has(said, "\r\nContent-Disposition: inline; filename=");
    assert_has(said, "\r\nX-Content-Type-Options: nosniff\r\n");
    assert_has(said, "\r\nCross-Origin-Resource-Policy: same-origin\r\n");
    assert_has(said, "\r\nReferrer-Policy: no-referrer\r\n");
    assert_has(said, "\r\nContent-Security-Policy: default-src 'none'; "
                     "img-src 'self'; ");

    file_path(whole(p, "x.png", "\x01\x02<script>alert(1)</script>"), path);
    said = get(p, path, "");
    assert_has(said, "\r\nContent-Type: application/octet-stream\r\n");
    assert_has(said, "\r\nContent-Disposition: attachment; filename=");
    assert_has(said, "\r\nContent-Security-Policy: sandbox; "
                     "default-src 'none'; frame-ancestors 'none'\r\n");
    assert_has(said, "\r\nCache-Control: private, max-age=31536000, "
                     "immutable\r\n");
}

static void
a_download_follows_an_upload(void **state)
{
    struct play *p = *state;
    struct play_file *f = play_arrive(p, "a.txt", 10);
    char path[256];
    const char *said;

    play_grow(p, f, "hel");
    file_path(f, path);
    said = get(p, path, "");
    assert_status(said, 200);
    assert_has(said, "\r\nContent-Length: 10\r\n");
    assert_has(said, "\r\nCache-Control: no-store\r\n");
    assert_lacks(said, "Repr-Digest");
    assert_string_equal(body_of(said), "hel");
    play_grow(p, f, "lowor");
    assert_string_equal(play_say(p, ""), "lowor");
    assert_string_equal(play_say(p, ""), "");
    play_grow(p, f, "ld");
    play_finish(p, f);
    assert_string_equal(play_say(p, ""), "ld");
    assert_status(get(p, "/healthz", ""), 200);
}

static void
one_of_unknown_size_comes_in_chunks(void **state)
{
    struct play *p = *state;
    struct play_file *f = play_arrive(p, "a.txt", FILE_SIZE_UNKNOWN);
    char path[256];
    const char *said;

    play_grow(p, f, "hel");
    file_path(f, path);
    said = get(p, path, "");
    assert_has(said, "\r\nTransfer-Encoding: chunked\r\n");
    assert_string_equal(body_of(said), "3\r\nhel\r\n");
    play_grow(p, f, "lo");
    assert_string_equal(play_say(p, ""), "2\r\nlo\r\n");
    play_finish(p, f);
    assert_string_equal(play_say(p, ""), "0\r\n\r\n");
    assert_false(p->c->ended);
}

static void
an_upload_that_is_given_up_resets_its_readers(void **state)
{
    struct play *p = *state;
    struct play_file *f = play_arrive(p, "a.txt", 10);
    char path[256];

    play_grow(p, f, "hel");
    file_path(f, path);
    get(p, path, "");
    must(blob_remove(p->blobs, &f->facts.id) == 0);
    play_run(p);
    assert_true(p->c->was_reset);
}

static void
the_stop_within_a_file_is_a_reset(void **state)
{
    static const struct str none = {NULL, 0};
    struct play *p = *state;
    char path[256];

    file_path(play_arrive(p, "a.txt", 10), path);
    play_grow(p, &p->files[0], "hel");
    get(p, path, "");
    fake_conn_answer(p->c, event_new(EVENT_STOPPING, none, none, none, none));
    assert_true(p->c->was_reset);
}

static void
a_slow_reader_gets_everything(void **state)
{
    struct play *p = *state;
    char path[256];
    const char *said;

    file_path(whole(p, "a.txt", "0123456789"), path);
    p->c->file_window = 1;
    p->c->file_room = 0;
    said = get(p, path, "");
    for (int i = 0; i < 12; i++)
        fake_conn_drain(p->c);
    said = body_of(said);
    play_run(p);
    assert_int_equal(p->c->sent.n - p->told + strlen(said), 10);
}

/* --- Lists --------------------------------------------------------------- */

static void
a_rooms_files_are_listed(void **state)
{
    struct play *p = *state;
    char path[256], line[512];
    const char *said;

    file_path(whole(p, "pic.png", "hello"), path);
    said = get(p, "/r/lobby/files", "");
    snprintf(line, sizeof line, "2025-11-24T16:00:00Z bob: pic.png (5 bytes) "
             "%s\n", path);
    assert_string_equal(body_of(said), line);
    said = get(p, "/r/lobby/files", "Accept: application/json\r\n");
    assert_has(said, "{\"room\":\"#lobby\",\"files\":[{\"seq\":0,");
    assert_has(said, "\"sha256\":\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa"
                     "7425e73043362938b9824\"");
    said = get(p, "/r/lobby/files", "Accept: text/html\r\n");
    snprintf(line, sizeof line, "<img loading=\"lazy\" src=\"%s\" "
             "alt=\"pic.png\">", path);
    assert_has(said, line);
}

static void
a_message_of_a_file_leads_to_it(void **state)
{
    struct play *p = *state;
    char path[256], line[512];
    const char *said;

    said = play_say(p, PUT("", 5, "hello"));
    copy_field(said, "\r\nLocation: ", path);
    snprintf(line, sizeof line, " bob shared a.txt (5 bytes): %s\n", path);
    assert_has(get(p, "/r/lobby", ""), line);
    said = get(p, "/r/lobby", "Accept: application/json\r\n");
    snprintf(line, sizeof line, "\"url\":\"%s\"}}]", path);
    assert_has(said, "\"kind\":\"file\",\"text\":\"a.txt\",\"file\":{\"id\":");
    assert_has(said, line);
    said = get(p, "/r/lobby", "Accept: text/html\r\n");
    snprintf(line, sizeof line, "shared <a href=\"%s\">a.txt</a>", path);
    assert_has(said, line);
}

static void
an_upload_that_begins_is_told_live(void **state)
{
    struct play *p = *state;
    struct play_file *f = play_arrive(p, "a.txt", 10);
    struct event *e = event_new_file(EVENT_UPLOADING, str_of("#lobby"),
                                     str_of("bob"), str_of("a.txt"),
                                     &f->facts);
    char path[256], line[512];

    file_path(f, path);
    get(p, "/r/lobby?follow", "Accept: application/x-ndjson\r\n");
    e->room = PLAY_ROOM;
    fake_conn_answer(p->c, e);
    snprintf(line, sizeof line, "{\"type\":\"uploading\",\"sender\":\"bob\","
             "\"file\":{\"id\":\"%.26s\",\"name\":\"a.txt\",\"size\":10,"
             "\"url\":\"%s\"}}\n", path + 3, path);
    assert_has(play_say(p, ""), line);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_part_of_a_file_is_a_range),
        TEST(head_tells_all_but_the_bytes),
        TEST(a_file_is_shown_by_its_bytes_and_never_run),
        TEST(a_download_follows_an_upload),
        TEST(one_of_unknown_size_comes_in_chunks),
        TEST(an_upload_that_is_given_up_resets_its_readers),
        TEST(the_stop_within_a_file_is_a_reset),
        TEST(a_slow_reader_gets_everything),
        TEST(a_rooms_files_are_listed),
        TEST(a_message_of_a_file_leads_to_it),
        TEST(an_upload_that_begins_is_told_live),
    };

    rand_init();
    return cmocka_run_group_tests_name("http_download", tests, NULL, NULL);
}
