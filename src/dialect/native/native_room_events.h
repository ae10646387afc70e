/* SPDX-License-Identifier: MIT
 *
 * What is said of rooms and of who is what in them: each fills in the envelope
 * of a draft. */
#ifndef DIALECT_NATIVE_NATIVE_ROOM_EVENTS_H
#define DIALECT_NATIVE_NATIVE_ROOM_EVENTS_H

#include "dialect/native/native_events.h"

void native_say_room(struct draft *d, const struct event *e);
void native_say_group(struct draft *d, const struct event *e);
void native_say_removed(struct draft *d, const struct event *e);
void native_say_invited(struct draft *d, const struct event *e);
void native_say_standing(struct draft *d, const struct event *e);
void native_say_setting(struct draft *d, const struct event *e);

/* "slow"; what SetRoom and RoomChanged call a setting. */
const char *native_setting_word(enum setting setting);
bool native_read_setting(const char *word, enum setting *ret);

#endif
