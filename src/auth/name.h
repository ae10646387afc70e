/* SPDX-License-Identifier: MIT
 *
 * What a legal name is, for users and for rooms, in one place. A name has a
 * key: two names with one key are the same name. */
#ifndef AUTH_NAME_H
#define AUTH_NAME_H

#include "base/limits.h"
#include "base/str.h"

enum name_charset { NAME_ASCII, NAME_UNICODE };

enum name_fault {
    NAME_OK,
    NAME_EMPTY,
    NAME_TOO_LONG,
    NAME_BAD_CHARACTER,   /* blank, punctuation with a meaning, symbol */
    NAME_HIDDEN_CHARACTER,/* control, bidi, zero-width, ignorable */
    NAME_MIXED_SCRIPTS,   /* or kinds of digits, or directions */
    NAME_RESERVED,        /* auth/name_reserved.h */
};

/* A checked name: its shown form and its key, both NUL-terminated. */
struct name {
    char text[LIMIT_ROOM_BYTES + 1];   /* as it is shown (NFC) */
    char key[LIMIT_ROOM_BYTES + 1];    /* folded, never shown */
};

/* User names: 1 to LIMIT_NAME_BYTES bytes. ASCII: a letter, a digit or '_'
 * first, then also "-.[]{}\\|^`'". Unicode: also letters, marks and digits of
 * one script besides the common ones (RFC 8264 IdentifierClass in spirit;
 * UsernameCaseMapped folding, RFC 8265 §3.3); names that look alike across
 * scripts share a key. Surrounding blanks are the caller's to trim. *out is
 * untouched unless NAME_OK. */
enum name_fault name_check_user(struct str s, enum name_charset charset,
                                struct name *out);

/* Room names: '#', then 1 to LIMIT_ROOM_BYTES - 1 bytes of letters, digits
 * and "_-."; a '.' not first. */
enum name_fault name_check_room(struct str s, enum name_charset charset,
                                struct name *out);

/* "ADDRESS:PORT", the name of someone who was not asked; nobody can choose it,
 * for ':' is in no legal name. An IPv6 address gets its brackets. */
void name_from_address(const char *address, unsigned port, struct name *out);

/* For a person, to follow the name: "is too long", "is reserved". */
const char *name_fault_text(enum name_fault fault);

#endif
