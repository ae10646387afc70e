/* SPDX-License-Identifier: MIT
 *
 * Answers that are lists: each fills in the envelope of a draft. */
#ifndef DIALECT_NATIVE_NATIVE_LIST_EVENTS_H
#define DIALECT_NATIVE_NATIVE_LIST_EVENTS_H

#include "dialect/native/native_events.h"

void native_say_people(struct draft *d, const struct event *e);
void native_say_rooms(struct draft *d, const struct event *e);
void native_say_files(struct draft *d, const struct event *e);
void native_say_devices(struct draft *d, const struct event *e);
void native_say_bans(struct draft *d, const struct event *e);
void native_say_members(struct draft *d, const struct event *e);

#endif
