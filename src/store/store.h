/* SPDX-License-Identifier: MIT
 *
 * The writer: the one SQLite connection of the process that writes and
 * checkpoints (docs/design: SQLite before 3.51.3 can corrupt its log when two
 * do). Used by the core's thread alone. Everything that is kept goes through
 * store_begin() .. store_commit(); after a failure the caller rolls back.
 *
 * Failures of the machine come back as -ENOSPC (disk full: reading goes on,
 * writing may work again later) or -EIO (anything else: do not write again). */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/err.h"
#include "store/record.h"

enum store_sync { STORE_SYNC_OFF, STORE_SYNC_NORMAL, STORE_SYNC_FULL };

struct store;

/* Opens or creates FOLDER/loquat.db (the folder too, mode 0700), brings an
 * older schema up to date (each step one transaction, after a copy made with
 * VACUUM INTO), refuses a newer one, and takes an exclusive lock file
 * FOLDER/loquat.lock so that two servers never share a folder. */
int store_open(const char *folder, enum store_sync sync, struct store **ret,
               struct err *e) MUST_USE;
void store_close(struct store **s);        /* truncates the log; NULL is fine */

/* 64 random bits made when the database was created; part of every msgid. */
uint64_t store_epoch(const struct store *s);

/* The database file, for readers. Borrowed. */
const char *store_path(const struct store *s);

int store_begin(struct store *s) MUST_USE;
int store_commit(struct store *s) MUST_USE;
void store_rollback(struct store *s);

/* Rooms. */
uint64_t store_next_room_id(struct store *s);   /* max id + 1 */
int store_put_room(struct store *s, const struct room_row *row) MUST_USE;
int store_set_topic(struct store *s, uint64_t room, struct str topic) MUST_USE;

/* -ENOENT when there is none. Strings in *ret are borrowed until the next
 * call on s; last_seq and the newest message's time (0 = none) are read from
 * the log. */
int store_find_room(struct store *s, struct str key, struct room_row *ret,
                    int64_t *ret_last_ms) MUST_USE;
int store_find_room_id(struct store *s, uint64_t id, struct room_row *ret,
                       int64_t *ret_last_ms) MUST_USE;

typedef void store_room_fn(void *arg, const struct room_row *row,
                           int64_t last_ms);
int store_each_channel(struct store *s, store_room_fn *fn, void *arg) MUST_USE;

/* Messages. The caller has given the message its seq: last_seq + 1. */
int store_put_message(struct store *s, const struct message *m) MUST_USE;

/* The message that this sender posted under this client id; -ENOENT when
 * there is none. Strings borrowed until the next call on s. */
int store_find_post(struct store *s, uint64_t sender_id,
                    const struct client_id *cid, struct message *ret) MUST_USE;

/* Files. Reserved bytes count, from the put to the drop, in the usage of their
 * owner, of their room and of everything. The room must have its row. */
enum usage_scope { USAGE_TOTAL, USAGE_OWNER, USAGE_ROOM };

/* Bytes; id is 0, a sender id or a room. */
int store_usage(struct store *s, enum usage_scope scope, uint64_t id,
                uint64_t *ret) MUST_USE;

int store_put_file(struct store *s, const struct file_row *f) MUST_USE;

/* The row of this id becomes f in what may change: size, reserved, sha256,
 * state, seq, created and expires. */
int store_set_file(struct store *s, const struct file_row *f) MUST_USE;
int store_drop_file(struct store *s, const struct file_id *id) MUST_USE;

/* -ENOENT when there is none. Strings borrowed until the next call on s. */
int store_find_file(struct store *s, const struct file_id *id,
                    struct file_row *ret) MUST_USE;

/* The arriving ones, those that expire first before the others. fn must not
 * call the store. */
typedef void store_file_fn(void *arg, const struct file_row *row);
int store_each_arriving(struct store *s, store_file_fn *fn,
                        void *arg) MUST_USE;

/* The write-ahead log's length in pages after the last commit, and a
 * checkpoint that moves it into the database: passive, never waits for
 * readers; what they hold back is then the length. Call it when idle, or when
 * the log has grown beyond bounds. */
int store_wal_pages(const struct store *s);
int store_checkpoint(struct store *s) MUST_USE;

/* Keeps the log's file longer than the log, which makes commits cheaper.
 * Call it between commits, when nobody waits for one. */
void store_reserve(struct store *s);

#endif
