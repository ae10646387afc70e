/* SPDX-License-Identifier: MIT */
#include "server/admin_print.h"
#include "base/buf.h"
#include "base/utf8.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <utf8proc.h>

enum { CELL_BYTES = 2048, COLUMNS_MAX = 24 };

static bool
ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);

    return n >= m && strcmp(s + n - m, end) == 0;
}

static void
write_time(int64_t ms, char *out, size_t n)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;

    if (ms == 0 || gmtime_r(&seconds, &tm) == NULL)
        snprintf(out, n, "-");
    else
        strftime(out, n, "%Y-%m-%d %H:%M:%SZ", &tm);
}

static void
write_bytes(int64_t bytes, char *out, size_t n)
{
    static const char units[] = "KMGTP";
    double value = (double)bytes;
    int unit = -1;

    while (value >= 1024 && unit < 4) {
        value /= 1024;
        unit++;
    }
    if (unit < 0)
        snprintf(out, n, "%" PRId64, bytes);
    else
        snprintf(out, n, "%.1f%c", value, units[unit]);
}

/* The server has cleaned it, but this is a terminal. */
static void
write_text(const json_t *value, char *out, size_t n)
{
    struct str s = {json_string_value(value), json_string_length(value)};
    struct buf clean;

    buf_init(&clean, 3 * CELL_BYTES);
    if (s.n > CELL_BYTES || utf8_clean(&clean, s, UTF8_ONE_LINE) < 0)
        buf_clear(&clean);
    str_to_z(buf_str(&clean), out, n);
    buf_done(&clean);
}

static void
write_cell(const char *key, const json_t *value, char *out, size_t n)
{
    if (json_is_string(value))
        write_text(value, out, n);
    else if (json_is_boolean(value))
        snprintf(out, n, "%s", json_is_true(value) ? "yes" : "no");
    else if (ends_with(key, "_ms"))
        write_time(json_integer_value(value), out, n);
    else if (ends_with(key, "_bytes"))
        write_bytes(json_integer_value(value), out, n);
    else
        snprintf(out, n, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* "created_ms" -> "CREATED", "one_room" -> "ONE ROOM". */
static void
write_head(const char *key, bool upper, char *out, size_t n)
{
    size_t length = strlen(key);

    if (ends_with(key, "_ms"))
        length -= 3;
    str_to_z((struct str){key, length}, out, n);
    if (ends_with(out, "_bytes"))
        out[length - 6] = '\0';
    if (ends_with(key, "_bytes"))
        snprintf(out + length - 6, n - length + 6, " size");
    for (char *c = out; *c != '\0'; c++) {
        if (*c == '_')
            *c = ' ';
        if (upper)
            *c = (char)toupper((unsigned char)*c);
    }
}

/* Cells of a terminal. */
static int
width_of(const char *text)
{
    int width = 0;

    for (const char *p = text; *p != '\0';) {
        utf8proc_int32_t cp;
        utf8proc_ssize_t n =
            utf8proc_iterate((const utf8proc_uint8_t *)p, -1, &cp);

        if (n <= 0)
            break;
        width += utf8proc_charwidth(cp);
        p += n;
    }
    return width;
}

static void
print_cell(const struct admin_print *p, const char *text, int width, bool last)
{
    fprintf(p->to, "%s%*s", text, last ? 0 : width - width_of(text) + 2, "");
}

/* ---- tables ---- */

static unsigned
find_widths(const json_t *rows, int widths[COLUMNS_MAX])
{
    char cell[CELL_BYTES + 1];
    unsigned n = 0;
    const json_t *row, *value;
    const char *key;
    size_t i;

    json_array_foreach(rows, i, row) {
        unsigned column = 0;

        json_object_foreach((json_t *)(uintptr_t)row, key, value) {
            int width;

            if (column == COLUMNS_MAX)
                break;
            write_head(key, true, cell, sizeof cell);
            width = width_of(cell);
            if (i == 0 || width > widths[column])
                widths[column] = width;
            write_cell(key, value, cell, sizeof cell);
            width = width_of(cell);
            if (width > widths[column])
                widths[column] = width;
            column++;
        }
        n = column;
    }
    return n;
}

static void
print_row(const struct admin_print *p, const json_t *row, const int *widths,
          unsigned n, bool head)
{
    char cell[CELL_BYTES + 1];
    const json_t *value;
    const char *key;
    unsigned column = 0;

    json_object_foreach((json_t *)(uintptr_t)row, key, value) {
        if (column == n)
            break;
        if (head)
            write_head(key, true, cell, sizeof cell);
        else
            write_cell(key, value, cell, sizeof cell);
        print_cell(p, cell, widths[column], column + 1 == n);
        column++;
    }
    fputc('\n', p->to);
}

static void
print_table(const struct admin_print *p)
{
    int widths[COLUMNS_MAX] = {0};
    unsigned n = find_widths(p->rows, widths);
    const json_t *row;
    size_t i;

    print_row(p, json_array_get(p->rows, 0), widths, n, true);
    json_array_foreach(p->rows, i, row)
        print_row(p, row, widths, n, false);
}

/* One thing, a member on a line. */
static void
print_thing(const struct admin_print *p, const json_t *thing)
{
    char head[CELL_BYTES + 1], cell[CELL_BYTES + 1];
    const json_t *value;
    const char *key;

    json_object_foreach((json_t *)(uintptr_t)thing, key, value) {
        write_head(key, false, head, sizeof head);
        write_cell(key, value, cell, sizeof cell);
        fprintf(p->to, "%-14s  %s\n", head, cell);
    }
}

static bool
same_members(const json_t *a, const json_t *b)
{
    const json_t *value;
    const char *key;

    if (json_object_size(a) != json_object_size(b))
        return false;
    json_object_foreach((json_t *)(uintptr_t)a, key, value) {
        if (json_object_get(b, key) == NULL)
            return false;
    }
    return true;
}

void
admin_print_end(struct admin_print *p)
{
    if (p->rows == NULL)
        return;
    if (p->tables++ > 0)
        fputc('\n', p->to);
    if (p->show && p->tables == 1)
        print_thing(p, json_array_get(p->rows, 0));
    else
        print_table(p);
    json_decref(p->rows);
    p->rows = NULL;
}

void
admin_print_line(struct admin_print *p, struct str line, const json_t *parsed)
{
    const json_t *text = json_object_get(parsed, "text");
    char cell[CELL_BYTES + 1];

    if (p->json) {
        fprintf(p->to, "%.*s\n", STR_FMT(line));
        return;
    }
    if (p->rows != NULL
        && !same_members(json_array_get(p->rows, 0), parsed))
        admin_print_end(p);
    if (text != NULL && json_object_size(parsed) == 1) {
        write_text(text, cell, sizeof cell);
        fprintf(p->to, "%s\n", cell);
        return;
    }
    if (p->rows == NULL)
        p->rows = json_array();
    json_array_append(p->rows, (json_t *)(uintptr_t)parsed);
}
