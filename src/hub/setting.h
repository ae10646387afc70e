/* SPDX-License-Identifier: MIT
 *
 * A room's settings as people write them: the words of the dialects, read and
 * written in one place. Pure.
 *
 *   privacy      public, private, hidden
 *   history      all, joined
 *   slow         "10s", "2m", "1h"; off
 *   keep         "30d", "12h"; a number of messages; forever
 *   name         "#room"
 *   description  any text of one line; may be empty */
#ifndef HUB_SETTING_H
#define HUB_SETTING_H

#include "hub/command.h"

/* A value's longest text but a description's, which is itself. */
#define SETTING_TEXT_BYTES 40

/* "privacy"; and the way back, in any case. False: no setting. */
const char *setting_word(enum setting s);
bool setting_find(struct str word, enum setting *ret);

/* Changes in *ret what s says; a description is borrowed from the text. False
 * when the text is no value of it. SETTING_NAME changes nothing: a room's name
 * is no part of its settings, and auth/name.h says what is one. */
bool setting_read(enum setting s, struct str text, struct room_settings *ret);

/* The value in its one form: "60s" is written "1m"; returns borrowed: `out`,
 * or the description. */
struct str setting_write(enum setting s, const struct room_settings *from,
                         char out[SETTING_TEXT_BYTES]);

#endif
