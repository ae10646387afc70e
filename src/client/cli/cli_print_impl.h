/* SPDX-License-Identifier: MIT
 *
 * Printing, as its two files share it. */
#ifndef CLIENT_CLI_CLI_PRINT_IMPL_H
#define CLIENT_CLI_CLI_PRINT_IMPL_H

#include "base/json.h"
#include "base/utf8.h"
#include "client/cli/cli_print.h"

#define PUT(out, ...) must(buf_printf((out), __VA_ARGS__) == 0)

void cli_json_clean(struct json *j, const char *key, const char *text,
                    enum utf8_lines lines);
void cli_json_time(struct json *j, const char *key, int64_t time_ms);
void cli_json_end(struct buf *out, struct json *j);

/* "[2026-11-21 02:31:29] " */
void cli_print_time(struct buf *out, const struct cli_style *style,
                    int64_t time_ms);

#endif
