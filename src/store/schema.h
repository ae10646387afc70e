/* SPDX-License-Identifier: MIT
 *
 * Which tables there are, and how a database of an older loquatd becomes one
 * of this. Internal to store/.
 *
 * The version is PRAGMA user_version; PRAGMA application_id tells a loquat
 * database from any other. Steps only go forward, and a step that was once
 * released is never edited: what changes is a new step. */
#ifndef STORE_SCHEMA_H
#define STORE_SCHEMA_H

#include "base/err.h"
#include <sqlite3.h>

#define SCHEMA_APPLICATION_ID 0x6c6f7174   /* "loqt" */

/* schema_steps[v] brings version v to v + 1; version 0 is an empty file. */
#define SCHEMA_VERSION 4
extern const char *const schema_steps[SCHEMA_VERSION];

/* The database's version, found without writing a byte. Refuses another
 * program's file and a version beyond `known`. */
int schema_identify(sqlite3 *db, int known, int *ret, struct err *e) MUST_USE;

/* A connection that only reads, to a database of this version: for the readers
 * and for those who look at all of it (backup, fsck). Returns owned. */
int schema_open_current(const char *path, sqlite3 **ret,
                        struct err *e) MUST_USE;

/* Brings db from version `from` to version `to`, each step in one transaction.
 * When there was something before, it is first copied to
 * DATABASE.schemaFROM. After a failure the database stands at the last version
 * that was reached, whole. The tests pass steps of their own. */
int schema_upgrade(sqlite3 *db, const char *const *steps, int from, int to,
                   struct err *e) MUST_USE;

#endif
