/* SPDX-License-Identifier: MIT
 *
 * The data folder: made when it is missing, locked while a server uses it, and
 * synced after something in it got a new name. Internal to store/. */
#ifndef STORE_FOLDER_H
#define STORE_FOLDER_H

#include "base/err.h"

/* Makes the folder (mode 0700) if need be and takes FOLDER/loquat.lock.
 * Returns its descriptor (returns owned: closing it gives the lock up) or
 * -errno. */
int folder_lock(const char *folder, struct err *e) MUST_USE;

/* Makes the name of `path` durable: fsyncs the folder that holds it. */
int folder_sync(const char *path, struct err *e) MUST_USE;

#endif
