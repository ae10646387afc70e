/* SPDX-License-Identifier: MIT
 *
 * How a file is named on a command line: by its id, or by the address that
 * others were told, http://HOST:PORT/f/ID/NAME or https://... */
#ifndef CLIENT_CLI_CLI_URL_H
#define CLIENT_CLI_CLI_URL_H

#include "base/file_id.h"
#include "client/cli/cli_options.h"

struct cli_url {
    char server[300];          /* "http://HOST:PORT", as cli_parse_server()
                                  takes it; "" in a bare id or a path */
    char id[FILE_ID_CHARS + 1];
};

/* False: it is neither. Also takes "/f/ID" and "/f/ID/NAME". */
bool cli_url_read(struct cli_url *u, const char *word);

/* The address of a file on the server of o. */
void cli_url_write(struct buf *out, const struct cli_options *o,
                   const char *id, const char *name);

/* "/f/ID/NAME", the name encoded (RFC 3986 §2). */
void cli_url_path(struct buf *out, const char *id, const char *name);

#endif
