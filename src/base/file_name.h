/* SPDX-License-Identifier: MIT
 *
 * What others call their files, made into something that may be a file's name
 * here: by the server for what is uploaded, by the client for what a server
 * tells it. */
#ifndef BASE_FILE_NAME_H
#define BASE_FILE_NAME_H

#include "base/buf.h"

/* Appends to out (LIMIT_FILE_NAME_BYTES must fit) a name that anybody's file
 * system takes: the last part behind '/', '\' and ':' (a path is nobody's
 * business); valid UTF-8 in NFC; without controls, terminal sequences, bidi
 * controls and invisible characters; neither blanks nor dots at its ends; '_'
 * in place of what Windows forbids, of a '-' or '~' in front (an option, a
 * home), and before a device of DOS; at most LIMIT_FILE_NAME_BYTES, its
 * extension kept; "file" when nothing is left. Doing it again changes
 * nothing. */
void file_name_safe(struct buf *out, struct str name);

#endif
