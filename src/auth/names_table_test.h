/* SPDX-License-Identifier: MIT
 *
 * Reads tests/data/names.tsv, whose head says what is in it. A fault of the
 * file ends the program. */
#ifndef AUTH_NAMES_TABLE_TEST_H
#define AUTH_NAMES_TABLE_TEST_H

#include "base/must.h"
#include "base/str.h"
#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>

struct names_row {
    unsigned line;
    struct str name, shown, same;      /* same: empty = nobody's */
    bool ascii, unicode;
    const char *verdict, *why;
};

struct names_table {
    char *text;                        /* the strings lie in it */
    struct names_row *rows;
    size_t n;
};

enum { NAMES_FIELDS = 6, NAMES_BYTES_MAX = 1 << 20 };

/* Undoes the escapes in place: what comes out is never longer. */
static inline struct str
names_unescape(char *s)
{
    char *to = s, *from = s;

    if (strcmp(s, "\"\"") == 0)
        return (struct str){s, 0};
    while (*from != '\0') {
        if (*from != '\\') {
            *to++ = *from++;
            continue;
        }
        bool byte = from[1] == 'x';

        must((byte || from[1] == 'u') && from[2] == '{');
        uint32_t value = (uint32_t)strtoul(from + 3, &from, 16);
        must(*from++ == '}');
        if (byte)
            *to++ = (char)value;
        else
            to += utf8_encode(value, to);
    }
    return (struct str){s, (size_t)(to - s)};
}

static inline void
names_read_row(char *line, unsigned number, struct names_row *row)
{
    char *field[NAMES_FIELDS];

    for (int i = 0; i < NAMES_FIELDS; i++) {
        field[i] = strsep(&line, "\t");
        must(field[i] != NULL);
    }
    must(line == NULL);
    row->line = number;
    row->name = names_unescape(field[0]);
    row->ascii = strcmp(field[1], "unicode") != 0;
    row->unicode = strcmp(field[1], "ascii") != 0;
    row->verdict = field[2];
    row->shown = strcmp(field[3], "=") == 0 ? row->name
                                            : names_unescape(field[3]);
    row->same = strcmp(field[4], "-") == 0 ? (struct str){0}
                                           : names_unescape(field[4]);
    row->why = field[5];
}

static inline void
names_table_read(const char *path, struct names_table *table)
{
    FILE *file = fopen(path, "re");
    unsigned number = 0;
    char *at, *line;
    size_t n;

    must(file != NULL);
    at = table->text = must_alloc(NAMES_BYTES_MAX + 1);
    n = fread(table->text, 1, NAMES_BYTES_MAX, file);
    must(n > 0 && n < NAMES_BYTES_MAX && fclose(file) == 0);
    table->rows = must_alloc((n / NAMES_FIELDS + 1) * sizeof *table->rows);
    while ((line = strsep(&at, "\n")) != NULL) {
        number++;
        if (line[0] != '\0' && strncmp(line, "# ", 2) != 0)
            names_read_row(line, number, &table->rows[table->n++]);
    }
}

static inline void
names_table_done(struct names_table *table)
{
    free(table->rows);
    free(table->text);
}

#endif
