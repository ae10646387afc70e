/* SPDX-License-Identifier: MIT
 *
 * The words of the JSON API for what are numbers inside. */
#ifndef DIALECT_HTTP_HTTP_WORDS_H
#define DIALECT_HTTP_HTTP_WORDS_H

#include "hub/command.h"

const char *http_role_word(enum room_role role);
const char *http_privacy_word(enum room_privacy privacy);
const char *http_setting_word(enum setting setting);

/* False: there is no such word. */
bool http_role_read(struct str word, enum room_role *ret);
bool http_scope_read(struct str word, uint8_t *ret);

#endif
