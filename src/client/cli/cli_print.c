/* SPDX-License-Identifier: MIT
 *
 * Rendering into a buffer. A buffer's maximum is many times what the largest
 * frame can become, so that appending cannot fail. */
#include "client/cli/cli_print_impl.h"

#include "client/cli/cli_progress.h"
#include "client/cli/cli_sum.h"
#include "client/cli/cli_url.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define DIM   "\x1b[2m"
#define BOLD  "\x1b[1m"
#define PLAIN "\x1b[0m"

enum { TEXT_MAX = 2 * 1024 * 1024 };

static const int64_t TIME_MAX_MS = INT64_C(253402300799999);   /* year 9999 */

/* ---- Strings ---- */

static void
put_text(struct buf *out, const char *text, enum utf8_lines lines)
{
    must(utf8_clean(out, str_of(text), lines) == 0);
}

void
cli_print_clean(struct buf *out, const char *text)
{
    put_text(out, text, UTF8_ONE_LINE);
}

void
cli_json_clean(struct json *j, const char *key, const char *text,
               enum utf8_lines lines)
{
    struct buf clean;

    if (utf8_is_clean(str_of(text), lines)) {
        json_text(j, key, str_of(text));
        return;
    }
    buf_init(&clean, TEXT_MAX);
    put_text(&clean, text, lines);
    json_text(j, key, buf_str(&clean));
    buf_done(&clean);
}

void
cli_json_end(struct buf *out, struct json *j)
{
    must(json_close(j) == 0);
    PUT(out, "\n");
}

/* ---- Times ---- */

static time_t
seconds(int64_t time_ms)
{
    if (time_ms < 0)
        return 0;
    return (time_t)((time_ms < TIME_MAX_MS ? time_ms : TIME_MAX_MS) / 1000);
}

void
cli_json_time(struct json *j, const char *key, int64_t time_ms)
{
    time_t s = seconds(time_ms);
    struct tm tm = {0};
    char date[32], text[40];

    gmtime_r(&s, &tm);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(text, sizeof text, "%s.%03dZ", date,
             time_ms < 0 ? 0 : (int)(time_ms % 1000));
    json_text(j, key, str_of(text));
}

void
cli_print_time(struct buf *out, const struct cli_style *style,
               int64_t time_ms)
{
    time_t s = seconds(time_ms);
    struct tm tm = {0};
    char text[32];

    localtime_r(&s, &tm);
    strftime(text, sizeof text,
             style->clock_only ? "%H:%M:%S" : "%Y-%m-%d %H:%M:%S", &tm);
    PUT(out, "%s[%s]%s ", style->color ? DIM : "", text,
        style->color ? PLAIN : "");
}

/* ---- Messages ---- */

static const char *
kind_word(Loquat__V1__MessageKind kind)
{
    if (kind == LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION)
        return "action";
    if (kind == LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TOPIC)
        return "topic";
    if (kind == LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_FILE)
        return "file";
    return "text";
}

/* ---- Files ---- */

static uint64_t
size_of(const Loquat__V1__FileInfo *file)
{
    return file->length_case == LOQUAT__V1__FILE_INFO__LENGTH_SIZE
               ? file->size : UINT64_MAX;
}

/* An id is opaque, but not to be anything at all. */
static const char *
id_of(const Loquat__V1__FileInfo *file)
{
    struct file_id id;

    return file_id_read(str_of(file->id), &id) ? file->id : "?";
}

static void
file_path(struct buf *out, const Loquat__V1__FileInfo *file)
{
    struct buf name;

    buf_init(&name, TEXT_MAX);
    cli_print_clean(&name, file->name);
    must(buf_append(&name, "", 1) == 0);
    cli_url_path(out, id_of(file), name.p);
    buf_done(&name);
}

static void
file_json(struct json *j, const Loquat__V1__FileInfo *file)
{
    char digits[2 * CLI_SUM_BYTES + 1];
    struct buf path;

    buf_init(&path, TEXT_MAX);
    file_path(&path, file);
    json_text(j, "file_id", str_of(id_of(file)));
    cli_json_clean(j, "file_name", file->name, UTF8_ONE_LINE);
    if (size_of(file) <= INT64_MAX)
        json_number(j, "file_size", (long long)file->size);
    if (file->sha256.len == CLI_SUM_BYTES) {
        cli_sum_write(file->sha256.data, digits);
        json_text(j, "file_sha256", str_of(digits));
    }
    json_text(j, "file_path", buf_str(&path));
    buf_done(&path);
}

/* "x.png (1.2 MB): /f/ID/x.png  (loquat get ID)" */
static void
put_file(struct buf *out, const Loquat__V1__FileInfo *file)
{
    char size[32];

    cli_size_text(size_of(file), size);
    cli_print_clean(out, file->name);
    PUT(out, " (%s): ", size);
    file_path(out, file);
    PUT(out, "  (loquat get %s)\n", id_of(file));
}

static void
message_json(struct buf *out, const char *room, const Loquat__V1__Message *m)
{
    struct json j;

    json_open(&j, out);
    cli_json_clean(&j, "room", room ? room : "", UTF8_ONE_LINE);
    json_number(&j, "seq", (long long)m->seq);
    cli_json_clean(&j, "msgid", m->msgid, UTF8_ONE_LINE);
    cli_json_time(&j, "time", m->time_ms);
    cli_json_clean(&j, "sender", m->sender, UTF8_ONE_LINE);
    json_text(&j, "kind", str_of(kind_word(m->kind)));
    cli_json_clean(&j, "text", m->text, UTF8_KEEP_LF);
    if (m->file != NULL)
        file_json(&j, m->file);
    cli_json_end(out, &j);
}

/* A text with its later lines indented. */
static void
put_lines(struct buf *out, const char *text)
{
    struct buf clean;
    struct str rest;

    buf_init(&clean, TEXT_MAX);
    put_text(&clean, text, UTF8_KEEP_LF);
    rest = buf_str(&clean);
    while (rest.n > 0) {
        const char *lf = memchr(rest.p, '\n', rest.n);
        size_t n = lf ? (size_t)(lf - rest.p) : rest.n;

        must(buf_append(out, rest.p, n) == 0);
        if (lf)
            PUT(out, "\n    ");
        n += lf != NULL;
        rest = (struct str){rest.p + n, rest.n - n};
    }
    PUT(out, "\n");
    buf_done(&clean);
}

static void
put_sender(struct buf *out, const struct cli_style *style, const char *before,
           const char *name, const char *after)
{
    PUT(out, "%s%s", before, style->color ? BOLD : "");
    cli_print_clean(out, name);
    PUT(out, "%s%s", style->color ? PLAIN : "", after);
}

static void
put_room(struct buf *out, const char *room)
{
    if (room == NULL)
        return;
    PUT(out, "[");
    cli_print_clean(out, room);
    PUT(out, "] ");
}

void
cli_print_message(struct buf *out, const struct cli_style *style,
                  const char *room, const Loquat__V1__Message *m)
{
    if (style->json) {
        message_json(out, room, m);
        return;
    }
    cli_print_time(out, style, m->time_ms);
    put_room(out, room);
    if (m->file != NULL) {
        put_sender(out, style, "", m->sender, " shared ");
        put_file(out, m->file);
        return;
    }
    if (m->kind == LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_ACTION)
        put_sender(out, style, "* ", m->sender, " ");
    else if (m->kind == LOQUAT__V1__MESSAGE_KIND__MESSAGE_KIND_TOPIC)
        put_sender(out, style, "", m->sender, " has set the topic: ");
    else
        put_sender(out, style, "", m->sender, ": ");
    put_lines(out, m->text);
}

/* ---- Lists ---- */

void
cli_print_file(struct buf *out, const struct cli_style *style,
               const Loquat__V1__SharedFile *shared)
{
    struct json j;

    if (shared->file == NULL)
        return;
    if (!style->json) {
        cli_print_time(out, style, shared->time_ms);
        put_sender(out, style, "", shared->sender, " shared ");
        put_file(out, shared->file);
        return;
    }
    json_open(&j, out);
    json_number(&j, "seq", (long long)shared->seq);
    cli_json_time(&j, "time", shared->time_ms);
    cli_json_clean(&j, "sender", shared->sender, UTF8_ONE_LINE);
    file_json(&j, shared->file);
    cli_json_end(out, &j);
}

void
cli_print_uploading(struct buf *out, const struct cli_style *style,
                    const char *room, const Loquat__V1__Uploading *u)
{
    if (u->file == NULL || style->json)
        return;
    put_room(out, room);
    put_sender(out, style, "", u->sender, " is sending ");
    put_file(out, u->file);
}

void
cli_print_room(struct buf *out, const struct cli_style *style,
               const Loquat__V1__Room *room)
{
    struct json j;

    if (style->json) {
        json_open(&j, out);
        cli_json_clean(&j, "room", room->target, UTF8_ONE_LINE);
        json_number(&j, "present", room->present);
        json_number(&j, "last_seq", (long long)room->last_seq);
        cli_json_clean(&j, "topic", room->topic, UTF8_ONE_LINE);
        json_text(&j, "privacy", str_of(cli_privacy_word(room->privacy)));
        json_text(&j, "role", str_of(cli_role_word(room->role)));
        cli_json_end(out, &j);
        return;
    }
    cli_print_clean(out, room->target);
    PUT(out, " (%u)", room->present);
    if (room->privacy != LOQUAT__V1__PRIVACY__PRIVACY_PUBLIC)
        PUT(out, " (%s)", cli_privacy_word(room->privacy));
    PUT(out, "%s", *room->topic ? " " : "");
    cli_print_clean(out, room->topic);
    PUT(out, "\n");
}

void
cli_print_person(struct buf *out, const struct cli_style *style,
                 const Loquat__V1__Person *person)
{
    struct json j;

    if (style->json) {
        json_open(&j, out);
        cli_json_clean(&j, "name", person->name, UTF8_ONE_LINE);
        json_bool(&j, "away", person->away);
        cli_json_clean(&j, "away_text", person->away_text, UTF8_ONE_LINE);
        cli_json_time(&j, "active", person->active_ms);
        json_bool(&j, "account", person->account);
        json_text(&j, "role", str_of(cli_role_word(person->role)));
        json_bool(&j, "muted", person->muted);
        cli_json_end(out, &j);
        return;
    }
    cli_print_clean(out, person->name);
    if (person->away) {
        PUT(out, " (away%s", *person->away_text ? ": " : "");
        cli_print_clean(out, person->away_text);
        PUT(out, ")");
    }
    cli_print_standing(out, person->role, person->muted);
    PUT(out, "\n");
}

/* ---- Comings and goings ---- */

static void
put_names(struct buf *out, const Loquat__V1__Presence *p)
{
    for (size_t i = 0; i < p->n_names; i++) {
        bool last = i + 1 == p->n_names && p->others == 0;

        if (i > 0)
            PUT(out, "%s", last ? " and " : ", ");
        cli_print_clean(out, p->names[i]);
    }
    if (p->others > 0)
        PUT(out, "%s%u other%s", p->n_names > 0 ? " and " : "", p->others,
            p->others > 1 ? "s" : "");
}

static void
put_came(struct buf *out, const Loquat__V1__Presence *p, const char *what)
{
    put_names(out, p);
    PUT(out, " %s %s the chat.\n",
        p->n_names + p->others > 1 ? "have" : "has", what);
}

static void
put_about(struct buf *out, const Loquat__V1__Presence *p, const char *what,
          const char *more)
{
    cli_print_clean(out, p->names[0]);
    PUT(out, " is %s%s", what, *more ? " " : "");
    cli_print_clean(out, more);
    PUT(out, ".\n");
}

void
cli_print_presence(struct buf *out, const char *room,
                   const Loquat__V1__Presence *p)
{
    Loquat__V1__PresenceKind kind = p->kind;
    size_t needed =
        kind == LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_RENAMED ? 2 : 1;

    if (p->n_names < needed ||
        kind == LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_UNKNOWN ||
        kind > LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_BACK)
        return;
    put_room(out, room);
    if (kind == LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_JOINED)
        put_came(out, p, "joined");
    else if (kind == LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_LEFT)
        put_came(out, p, "left");
    else if (kind == LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_RENAMED)
        put_about(out, p, "now known as", p->names[1]);
    else if (kind == LOQUAT__V1__PRESENCE_KIND__PRESENCE_KIND_AWAY)
        put_about(out, p, *p->text ? "away:" : "away", p->text);
    else
        put_about(out, p, "back", "");
}

void
cli_print_notice(struct buf *out, const struct cli_style *style,
                 const char *text)
{
    PUT(out, "%s-- ", style->color ? DIM : "");
    cli_print_clean(out, text);
    PUT(out, "%s\n", style->color ? PLAIN : "");
}

/* ---- Writing ---- */

int
cli_print_flush(struct buf *out, int fd)
{
    size_t at = 0;

    while (at < out->n) {
        ssize_t n = write(fd, out->p + at, out->n - at);

        if (n >= 0) {
            at += (size_t)n;
        } else if (errno == EAGAIN) {
            /* Whoever shares the descriptor has made it non-blocking. */
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            (void)poll(&p, 1, -1);
        } else if (errno != EINTR) {
            buf_clear(out);
            return -errno;
        }
    }
    buf_clear(out);
    return 0;
}
