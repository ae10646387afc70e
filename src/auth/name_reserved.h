/* SPDX-License-Identifier: MIT
 *
 * Names that nobody may have: they would be taken for the server's own voice,
 * for whoever runs it, or for a crowd. */
#ifndef AUTH_NAME_RESERVED_H
#define AUTH_NAME_RESERVED_H

#include <stdbool.h>

/* Takes a key (auth/name.h). Also what only looks like a reserved one: with
 * digits for letters ("adm1n"), "rn" for m, or punctuation around it. */
bool name_is_reserved(const char *key);

#endif
