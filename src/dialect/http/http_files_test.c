/* SPDX-License-Identifier: MIT */
#include "base/rand.h"
#include "dialect/http/check_test.h"
#include "hub/attachment.h"

enum {
    BIG_BYTES = 300 * 1000,
};

static int
set_up(void **state)
{
    struct play *p = must_alloc(sizeof *p);

    play_open(p);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    play_close(*state);
    free(*state);
    return 0;
}

#define PUT(fields, length, body) \
    "PUT /r/lobby/files/a.txt HTTP/1.1\r\nHost: here\r\n" fields \
    "Content-Length: " #length "\r\n\r\n" body

/* The URL that a field of the answer tells, behind its name and blank. */
static void
copy_field(const char *said, const char *field, char out[256])
{
    const char *at = strstr(said, field);
    size_t n;

    if (at == NULL)
        fail_msg("no %s in: %s", field, said);
    at += strlen(field);
    n = strcspn(at, "\r");
    assert_true(n < 256);
    memcpy(out, at, n);
    out[n] = '\0';
}

static const char *
get(struct play *p, const char *path, const char *fields)
{
    char text[1024];

    snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: here\r\n%s\r\n",
             path, fields);
    return play_say(p, text);
}

static void
file_path(const struct play_file *f, char out[256])
{
    char id[FILE_ID_CHARS + 1];

    file_id_write(&f->facts.id, id);
    snprintf(out, 256, "/f/%s/%s", id, f->name);
}

/* --- PUT ----------------------------------------------------------------- */

static void
what_is_put_can_be_got(void **state)
{
    struct play *p = *state;
    char path[256], link[300];
    const char *said = play_say(p, PUT("", 5, "hello"));

    assert_status(said, 201);
    copy_field(said, "\r\nLocation: ", path);
    snprintf(link, sizeof link, "http://here%s\n", path);
    assert_string_equal(body_of(said), link);
    assert_int_equal(p->files[0].facts.state, FILE_WHOLE);
    assert_false(p->files[0].facts.resumable);
    assert_int_equal(p->log[0]->message_kind, MESSAGE_FILE);

    said = get(p, path, "");
    assert_status(said, 200);
    assert_string_equal(body_of(said), "hello");
    assert_false(p->c->ended);
}

static void
files_of_any_length_may_be_put(void **state)
{
    struct play *p = *state;
    const char *said;

    assert_status(play_say(p, PUT("", 0, "")), 201);
    said = play_say(p, "PUT /r/lobby/files/a.txt HTTP/1.1\r\nHost: here\r\n"
                       "Accept: application/json\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n"
                       "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n");
    assert_status(said, 201);
    assert_has(said, "\"name\":\"a.txt\",\"size\":5,\"url\":\"/f/");
    assert_status(play_say(p, "PUT /r/lobby/files/a HTTP/1.1\r\n"
                              "Host: here\r\n\r\n"), 411);
}

static void
a_body_is_asked_for_once_there_is_room(void **state)
{
    struct play *p = *state;
    const char *said;

    p->pausing = true;           /* the mover does not open it */
    said = play_say(p, PUT("Expect: 100-continue\r\n", 5, ""));
    assert_string_equal(said, "");
    p->pausing = false;
    said = play_say(p, "");
    assert_string_equal(said, "HTTP/1.1 100 Continue\r\n\r\n");
    assert_status(play_say(p, "hello"), 201);
}

static void
a_refusal_comes_before_the_body(void **state)
{
    struct play *p = *state;
    const char *said;

    p->deny = DENY_NO_QUOTA;
    said = play_say(p, PUT("Expect: 100-continue\r\n", 5, ""));
    assert_status(said, 507);
    assert_has(said, "\r\nConnection: close\r\n");
    p->config.file_bytes = 4;
    play_connect(p);
    said = play_say(p, PUT("", 5, ""));
    assert_status(said, 413);
    assert_int_equal(p->files_n, 0);
}

static void
a_digest_must_be_that_of_the_bytes(void **state)
{
    struct play *p = *state;
    const char *said;

    said = play_say(p, PUT("Repr-Digest: sha-512=:eA==:, sha-256=:LPJNul+wow4m6"
                           "DsqxbninhsWHlwfp0JecwQzYpOLmCQ=:\r\n", 5,
                           "hello"));
    assert_status(said, 201);
    said = play_say(p, PUT("Content-Digest: sha-256=:LPJNul+wow4m6DsqxbninhsWHl"
                           "wfp0JecwQzYpOLmCQ=:\r\n", 5, "hallo"));
    assert_status(said, 400);
    assert_has(said, deny_text(DENY_BAD_CHECKSUM));
    play_run(p);
    assert_false(file_id_given(&p->files[1].facts.id));
    play_connect(p);
    assert_status(play_say(p, PUT("Content-Digest: sha-256=:LPJ=:\r\n", 5,
                                  "hello")), 400);
}

/* While the disk is busy nothing is read; then all of it arrives. */
static void
a_body_waits_for_the_disk(void **state)
{
    struct play *p = *state;
    char *big = must_alloc(BIG_BYTES), path[256];
    const char *said;
    size_t sent = 0;

    for (size_t i = 0; i < BIG_BYTES; i++)
        big[i] = (char)('a' + i % 23);
    said = play_say(p, "PUT /r/lobby/files/a.txt HTTP/1.1\r\nHost: here\r\n"
                       "Transfer-Encoding: chunked\r\n\r\n493e0\r\n");
    assert_string_equal(said, "");
    p->pausing = true;
    for (; !p->c->held; sent += 10000)
        play_send(p, big + sent, 10000);
    assert_true(sent <= 3 * LIMIT_PIECE_BYTES);
    p->pausing = false;
    play_run(p);
    assert_false(p->c->held);
    play_send(p, big + sent, BIG_BYTES - sent);
    said = play_say(p, "\r\n0\r\n\r\n");
    assert_status(said, 201);

    copy_field(said, "\r\nLocation: ", path);
    said = get(p, path, "");
    assert_has(said, "\r\nContent-Length: 300000\r\n");
    assert_memory_equal(body_of(said), big, BIG_BYTES);
    free(big);
}

static void
an_upload_that_is_cut_leaves_nothing(void **state)
{
    struct play *p = *state;

    play_say(p, PUT("", 50, "hello"));
    assert_int_equal(p->files_n, 1);
    fake_conn_eof(p->c);
    assert_true(p->c->ended && !p->c->clean);
    assert_int_equal(p->log_n, 0);
}

static void
a_slow_upload_is_given_up_and_one_that_waits_for_us_is_not(void **state)
{
    struct play *p = *state;

    play_say(p, PUT("", 50, "hello"));
    fake_conn_run_timer(p->c);
    assert_status(play_say(p, ""), 408);
    play_connect(p);
    p->config.http_body_rate = 1024;
    play_say(p, PUT("", 1000000, ""));
    p->pausing = true;
    while (!p->c->held) {
        static const char zeros[10000];

        play_send(p, zeros, sizeof zeros);
    }
    fake_conn_run_timer(p->c);
    fake_conn_run_timer(p->c);
    assert_string_equal(play_say(p, ""), "");
    assert_false(p->c->ended);
    p->pausing = false;
}

static void
a_plain_post_says_the_name_in_a_field(void **state)
{
    struct play *p = *state;

    assert_status(play_say(p, "POST /r/lobby/files HTTP/1.1\r\nHost: here\r\n"
                              "Content-Disposition: attachment; "
                              "filename=\"x.bin\"\r\nContent-Length: 2\r\n"
                              "\r\nhi"), 201);
    assert_string_equal(p->files[0].name, "x.bin");
    assert_status(play_say(p, "POST /r/lobby/files HTTP/1.1\r\nHost: here\r\n"
                              "Content-Length: 2\r\n\r\nhi"), 201);
    assert_string_equal(p->files[1].name, "file");
}

/* --- Forms --------------------------------------------------------------- */

static const char form[] =
    "--b\r\nContent-Disposition: form-data; name=\"name\"\r\n\r\nzoe\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"one.txt\"\r\n\r\nfirst\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"\"\r\n\r\n\r\n"
    "--b\r\nContent-Disposition: form-data; name=\"file\"; "
    "filename=\"two.txt\"\r\n\r\n--b and\r\n-- more\r\n"
    "--b--\r\n";

static void
write_form(char *out, size_t n, const char *accept, const char *body)
{
    snprintf(out, n, "POST /r/lobby/files HTTP/1.1\r\nHost: here\r\n"
             "Accept: %s\r\nContent-Type: multipart/form-data; boundary=b\r\n"
             "Content-Length: %zu\r\n\r\n%s", accept, strlen(body), body);
}

static void
a_form_may_have_several_files(void **state)
{
    struct play *p = *state;
    char text[2048], path[256];
    const char *said;

    write_form(text, sizeof text, "text/html", form);
    said = play_say(p, text);
    assert_status(said, 303);
    assert_has(said, "\r\nLocation: /r/lobby\r\n");
    assert_string_equal(p->name, "zoe");
    assert_int_equal(p->files_n, 2);
    assert_string_equal(p->files[0].name, "one.txt");
    file_path(&p->files[0], path);
    assert_string_equal(body_of(get(p, path, "")), "first");
    file_path(&p->files[1], path);
    assert_string_equal(body_of(get(p, path, "")), "--b and\r\n-- more");
}

static void
a_form_may_come_byte_by_byte(void **state)
{
    struct play *p = *state;
    char text[2048];
    const char *said = "";

    write_form(text, sizeof text, "application/json", form);
    for (size_t i = 0; text[i]; i++) {
        assert_string_equal(said, "");
        said = play_send(p, text + i, 1);
    }
    assert_status(said, 201);
    assert_has(said, "{\"files\":[{\"id\":");
    assert_has(said, "\"name\":\"two.txt\",\"size\":16,");
    assert_int_equal(p->files_n, 2);
}

#define CUT_FORM \
    "--b\r\nContent-Disposition: form-data; name=\"file\"; " \
    "filename=\"x\"\r\n\r\nhello"

static void
a_form_without_a_file_or_an_end_is_refused(void **state)
{
    static const char *const bad[] = {
        "--b--\r\n", "", CUT_FORM,
        "--b\r\nno field\r\n\r\n",
    };
    struct play *p = *state;
    char text[2048];

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        play_connect(p);
        write_form(text, sizeof text, "*/*", bad[i]);
        assert_status(play_say(p, text), 400);
    }
    assert_int_equal(p->log_n, 0);
}

/* --- tus ----------------------------------------------------------------- */

#define TUS "Host: here\r\nTus-Resumable: 1.0.0\r\n"
#define OFFSET_TYPE "Content-Type: application/offset+octet-stream\r\n"

/* filename "a.txt", room "lobby" */
#define METADATA "Upload-Metadata: filename YS50eHQ=,room bG9iYnk=\r\n"

static const char *
patch(struct play *p, const char *path, const char *fields, const char *body)
{
    char text[1024];

    snprintf(text, sizeof text, "PATCH %s HTTP/1.1\r\n" TUS "%s"
             "Content-Length: %zu\r\n\r\n%s", path, fields, strlen(body),
             body);
    return play_say(p, text);
}

static const char *
ask(struct play *p, const char *method, const char *path)
{
    char text[512];

    snprintf(text, sizeof text, "%s %s HTTP/1.1\r\n" TUS "\r\n", method, path);
    return play_say(p, text);
}

static void
create(struct play *p, char path[256])
{
    const char *said = play_say(p, "POST /files HTTP/1.1\r\n" TUS METADATA
                                   "Upload-Length: 10\r\n\r\n");

    assert_status(said, 201);
    copy_field(said, "\r\nLocation: ", path);
    assert_has(said, "\r\nTus-Resumable: 1.0.0\r\n");
    assert_has(said, "\r\nUpload-Offset: 0\r\n");
    assert_has(said, "\r\nUpload-Expires: ");
}

static void
an_upload_goes_on_where_it_was(void **state)
{
    struct play *p = *state;
    char path[256], file[256];
    const char *said;

    create(p, path);
    assert_true(p->files[0].facts.resumable);
    assert_string_equal(p->files[0].name, "a.txt");
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 0\r\n", "hello");
    assert_status(said, 204);
    assert_has(said, "\r\nUpload-Offset: 5\r\n");
    play_connect(p);
    said = ask(p, "HEAD", path);
    assert_status(said, 200);
    assert_has(said, "\r\nUpload-Offset: 5\r\n");
    assert_has(said, "\r\nUpload-Length: 10\r\n");
    assert_has(said, "\r\nCache-Control: no-store\r\n");
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 4\r\n", "oworld");
    assert_status(said, 409);
    play_connect(p);
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 5\r\n", "world");
    assert_status(said, 204);
    assert_has(said, "\r\nUpload-Offset: 10\r\n");
    copy_field(said, "\r\nContent-Location: ", file);
    assert_string_equal(body_of(get(p, file, "")), "helloworld");
}

static void
an_upload_may_begin_with_its_creation(void **state)
{
    struct play *p = *state;
    const char *said;

    said = play_say(p, "POST /r/lobby/files HTTP/1.1\r\n" TUS OFFSET_TYPE
                       "Upload-Length: 5\r\nContent-Length: 5\r\n\r\nhello");
    assert_status(said, 201);
    assert_has(said, "\r\nUpload-Offset: 5\r\n");
    assert_has(said, "\r\nContent-Location: /f/");
    said = play_say(p, "POST /files HTTP/1.1\r\n" TUS METADATA OFFSET_TYPE
                       "Upload-Length: 9\r\nContent-Length: 2\r\n\r\nhi");
    assert_status(said, 201);
    assert_has(said, "\r\nUpload-Offset: 2\r\n");
    said = play_say(p, "POST /files HTTP/1.1\r\n" TUS METADATA
                       "Upload-Length: 0\r\n\r\n");
    assert_status(said, 201);
    assert_int_equal(p->files[2].facts.state, FILE_WHOLE);
}

static void
an_upload_that_is_cut_can_be_resumed(void **state)
{
    struct play *p = *state;
    char path[256];

    create(p, path);
    patch(p, path, OFFSET_TYPE "Upload-Offset: 0\r\n", "");
    play_say(p, "PATCH ");
    play_say(p, path);
    play_say(p, " HTTP/1.1\r\n" TUS OFFSET_TYPE "Upload-Offset: 0\r\n"
                "Content-Length: 10\r\n\r\nhel");
    fake_conn_eof(p->c);
    play_connect(p);
    assert_has(ask(p, "HEAD", path), "\r\nUpload-Offset: 3\r\n");
}

static void
tus_is_read_strictly(void **state)
{
    struct play *p = *state;
    char path[256];
    const char *said;

    create(p, path);
    said = play_say(p, "POST /files HTTP/1.1\r\nHost: here\r\n"
                       "Tus-Resumable: 0.2.2\r\nUpload-Length: 1\r\n\r\n");
    assert_status(said, 412);
    assert_has(said, "\r\nTus-Version: 1.0.0\r\n");
    assert_status(play_say(p, "POST /files HTTP/1.1\r\n" TUS METADATA "\r\n"),
                  400);
    assert_status(play_say(p, "POST /files HTTP/1.1\r\n" TUS
                              "Upload-Length: 1\r\n\r\n"), 400);
    assert_status(play_say(p, "POST /files HTTP/1.1\r\n" TUS "Upload-Length: 1"
                              "\r\nUpload-Metadata: filename ?\r\n\r\n"), 400);
    assert_status(patch(p, path, OFFSET_TYPE, ""), 400);
    assert_status(patch(p, path, "Upload-Offset: 0\r\n", ""), 415);
    assert_status(patch(p, "/files/x", OFFSET_TYPE "Upload-Offset: 0\r\n", ""),
                  404);
    assert_status(patch(p, path, OFFSET_TYPE "Upload-Offset: 0\r\n",
                        "hello world"), 413);
    path[strlen(path) - 1] ^= 1;
    play_connect(p);
    assert_status(ask(p, "HEAD", path), 404);
}

static void
a_checksum_is_looked_at_before_a_byte_counts(void **state)
{
    struct play *p = *state;
    char path[256];
    const char *said;

    create(p, path);
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 0\r\nUpload-Checksum: "
                 "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n", "hallo");
    assert_status(said, 460);
    assert_has(ask(p, "HEAD", path), "\r\nUpload-Offset: 0\r\n");
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 0\r\nUpload-Checksum: "
                 "sha1 qvTGHdzF6KLavt4PO0gs2a6pQ00=\r\n", "hello");
    assert_status(said, 204);
    assert_has(said, "\r\nUpload-Offset: 5\r\n");
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 5\r\nUpload-Checksum: "
                 "crc32 AAAA\r\n", "world");
    assert_status(said, 400);
    play_connect(p);
    said = patch(p, path, OFFSET_TYPE "Upload-Offset: 5\r\nUpload-Checksum: "
                 "sha256 SG6kYiTRu0+2gPNPfJrZao8k7Ii+c+qOWmxlJg6cuKc=\r\n",
                 "world");
    assert_status(said, 204);
    assert_int_equal(p->files[0].facts.state, FILE_WHOLE);
}

static void
an_upload_can_be_given_up(void **state)
{
    struct play *p = *state;
    char path[256];

    create(p, path);
    assert_status(ask(p, "DELETE", path), 204);
    assert_status(ask(p, "HEAD", path), 404);
    assert_status(ask(p, "DELETE", path), 404);
}

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

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_put_can_be_got),
        TEST(files_of_any_length_may_be_put),
        TEST(a_body_is_asked_for_once_there_is_room),
        TEST(a_refusal_comes_before_the_body),
        TEST(a_digest_must_be_that_of_the_bytes),
        TEST(a_body_waits_for_the_disk),
        TEST(an_upload_that_is_cut_leaves_nothing),
        TEST(a_slow_upload_is_given_up_and_one_that_waits_for_us_is_not),
        TEST(a_plain_post_says_the_name_in_a_field),
        TEST(a_form_may_have_several_files),
        TEST(a_form_may_come_byte_by_byte),
        TEST(a_form_without_a_file_or_an_end_is_refused),
        TEST(an_upload_goes_on_where_it_was),
        TEST(an_upload_may_begin_with_its_creation),
        TEST(an_upload_that_is_cut_can_be_resumed),
        TEST(tus_is_read_strictly),
        TEST(a_checksum_is_looked_at_before_a_byte_counts),
        TEST(an_upload_can_be_given_up),
        TEST(a_part_of_a_file_is_a_range),
        TEST(head_tells_all_but_the_bytes),
        TEST(a_file_is_shown_by_its_bytes_and_never_run),
        TEST(a_download_follows_an_upload),
        TEST(one_of_unknown_size_comes_in_chunks),
        TEST(an_upload_that_is_given_up_resets_its_readers),
        TEST(a_slow_reader_gets_everything),
        TEST(a_rooms_files_are_listed),
        TEST(a_message_of_a_file_leads_to_it),
        TEST(an_upload_that_begins_is_told_live),
    };

    rand_init();
    return cmocka_run_group_tests_name("http_files", tests, NULL, NULL);
}
