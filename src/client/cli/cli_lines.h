/* SPDX-License-Identifier: MIT
 *
 * Bytes in any pieces in, lines out. One that is too long is told by its
 * length alone, and the next one is right again. */
#ifndef CLIENT_CLI_CLI_LINES_H
#define CLIENT_CLI_CLI_LINES_H

#include "base/buf.h"

struct cli_lines {
    struct buf in;
    size_t at;               /* of in: given out already */
    size_t max;              /* of a line */
    size_t skipped;          /* of one that is too long */
    bool ended;
};

void cli_lines_init(struct cli_lines *l, size_t max);
void cli_lines_done(struct cli_lines *l);

/* At most CLI_LINES_PIECE bytes; only when cli_lines_next() has said that
 * there is nothing more. */
#define CLI_LINES_PIECE (64 * 1024)
void cli_lines_feed(struct cli_lines *l, const void *p, size_t n);

/* What is left is the last line, though no line feed ends it. */
void cli_lines_end(struct cli_lines *l);

/* The next line without its LF or CR LF, borrowed until the next feed. One
 * that is too long: {NULL, its bytes}. False: no whole line is there. */
bool cli_lines_next(struct cli_lines *l, struct str *line);

#endif
