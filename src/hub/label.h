/* SPDX-License-Identifier: MIT
 *
 * A name and its key as a user keeps them: in place while they are short,
 * since nearly all are, and the key only where it differs from the name. */
#ifndef HUB_LABEL_H
#define HUB_LABEL_H

#include "auth/name.h"
#include <stdint.h>

#define LABEL_NEAR_BYTES 15

struct label {
    char near[LABEL_NEAR_BYTES];  /* the text, or where it is */
    uint8_t flags;                /* enum label_flag */
};

/* All zero, a label is empty. Setting it again forgets what it was. */
void label_set(struct label *l, const struct name *n);
void label_done(struct label *l);

/* Borrowed until the label is set again or moved. */
const char *label_name(const struct label *l);
const char *label_key(const struct label *l);

#endif
