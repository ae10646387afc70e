/* SPDX-License-Identifier: MIT
 *
 * Passwords: what a legal one is, and Argon2id (RFC 9106) over libsodium. */
#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/str.h"
#include <stdbool.h>

#define PASSWORD_BYTES_MIN 8
#define PASSWORD_BYTES_MAX 255

enum password_fault {
    PASSWORD_OK,
    PASSWORD_TOO_SHORT,
    PASSWORD_TOO_LONG,
    PASSWORD_BAD_CHARACTER,   /* control, not UTF-8 */
    PASSWORD_IS_NAME,         /* or so near to it that everybody tries it */
    PASSWORD_COMMON,          /* one of those that everybody tries first */
};

/* RFC 8265 §4 (OpaqueString): NFC, every kind of blank is a blank. out gets
 * PASSWORD_BYTES_MAX + 1 bytes, untouched unless PASSWORD_OK. For a password
 * that is only to be tried, name is empty, and nothing but its form counts. */
enum password_fault password_prepare(struct str typed, struct str name,
                                     char *out);
const char *password_fault_text(enum password_fault fault);

/* The costs; memory in KiB. Of this process, set once, before any thread. */
void password_set_costs(unsigned passes, unsigned memory_kib);

/* The text form, at most PASSWORD_HASH_BYTES with its NUL. False: out of
 * memory. Takes tens of milliseconds: never on the core or a worker. */
bool password_hash(const char *password, char *out, size_t n);

/* hash "" is nobody's: it takes as long, and is false. */
bool password_verify(const char *hash, const char *password);

#endif
