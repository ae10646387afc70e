/* SPDX-License-Identifier: MIT
 *
 * Tokens: 256 random bits as text that is shown once ("lq_" and 52 characters
 * of Crockford's base32), and their SHA-256, which is all that is kept. A
 * token has so many bits that it needs no slow hash. Codes of invitations are
 * the same with "inv_". */
#ifndef AUTH_TOKEN_H
#define AUTH_TOKEN_H

#include "base/str.h"
#include <stdbool.h>
#include <stdint.h>

#define TOKEN_BYTES 56          /* the longer text; not counting its NUL */

enum token_kind { TOKEN_DEVICE, TOKEN_INVITATION };

/* Makes one: its text and its hash. */
void token_make(enum token_kind kind, char out[TOKEN_BYTES + 1],
                uint8_t hash[32]);

/* The hash of what somebody presents. False: it has not the form of one. */
bool token_read(enum token_kind kind, struct str text, uint8_t hash[32]);

#endif
