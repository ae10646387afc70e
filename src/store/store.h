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

/* Accounts (store_accounts.c). -ENOENT, strings: as above. Dropping, here and
 * below, what is not there is no failure. */
uint64_t store_next_account_id(struct store *s);
int store_put_account(struct store *s, const struct account_row *a) MUST_USE;

/* name, key, pwhash and state of this id become those of a. */
int store_set_account(struct store *s, const struct account_row *a) MUST_USE;
int store_find_account(struct store *s, struct str key,
                       struct account_row *ret) MUST_USE;
int store_find_account_id(struct store *s, uint64_t id,
                          struct account_row *ret) MUST_USE;

/* Devices and tokens. */
uint64_t store_next_device_id(struct store *s);
int store_put_device(struct store *s, const struct device_row *d) MUST_USE;
int store_drop_device(struct store *s, uint64_t id) MUST_USE;
int store_see_device(struct store *s, uint64_t id, int64_t seen_ms) MUST_USE;
int store_find_device(struct store *s, const uint8_t token_hash[32],
                      struct device_row *ret) MUST_USE;
int store_find_device_id(struct store *s, uint64_t id,
                         struct device_row *ret) MUST_USE;

/* Newest first. fn must not call the store; so below. */
typedef void store_device_fn(void *arg, const struct device_row *row);
int store_each_device(struct store *s, uint64_t account, store_device_fn *fn,
                      void *arg) MUST_USE;

/* Invitations to register. */
uint64_t store_next_invitation_id(struct store *s);
int store_put_invitation(struct store *s,
                         const struct invitation_row *i) MUST_USE;
int store_find_invitation(struct store *s, const uint8_t code_hash[32],
                          struct invitation_row *ret) MUST_USE;

/* One use less (-ENOENT: none was left); and gone (-ENOENT: it was). */
int store_use_invitation(struct store *s, uint64_t id) MUST_USE;
int store_drop_invitation(struct store *s, uint64_t id) MUST_USE;

/* Rooms and who is what in them (store_rights.c). */

/* The name and key, and the settings but for first_seq, of this room become
 * those of row. A closed room is told by no store_each_channel(), but has its
 * row for ever: with the row, give it a key that no other room can have (of its
 * id, say), so that its name is free. */
int store_set_room(struct store *s, const struct room_row *row) MUST_USE;

/* By (room, sender id); role NONE with no invitation: no row. read_seq only
 * rises. An account has a row, as a MEMBER, in its direct rooms too. */
int store_put_member(struct store *s, const struct member_row *m) MUST_USE;
int store_drop_member(struct store *s, uint64_t room,
                      uint64_t sender_id) MUST_USE;
int store_drop_memberships(struct store *s, uint64_t sender_id) MUST_USE;
typedef void store_member_fn(void *arg, const struct member_row *row);
int store_each_member(struct store *s, store_member_fn *fn,
                      void *arg) MUST_USE;    /* of every room */

/* They have read so far; nothing, when they have no row or had read more. */
int store_set_read(struct store *s, uint64_t room, uint64_t sender_id,
                   uint64_t seq) MUST_USE;

/* The direct rooms of an account in which something was said, in no order; and
 * how many messages of others than that sender a room has behind a seq: no
 * more are counted than DIRECT_UNREAD_MAX. */
typedef void store_direct_fn(void *arg, const struct direct_row *row);
int store_each_direct(struct store *s, uint64_t sender_id, store_direct_fn *fn,
                      void *arg) MUST_USE;
int store_count_unread(struct store *s, uint64_t room, uint64_t after,
                       uint64_t sender_id, uint32_t *ret) MUST_USE;

uint64_t store_next_restriction_id(struct store *s);
int store_put_restriction(struct store *s,
                          const struct restriction_row *r) MUST_USE;
int store_drop_restriction(struct store *s, uint64_t id) MUST_USE;
typedef void store_restriction_fn(void *arg, const struct restriction_row *r);
int store_each_restriction(struct store *s, store_restriction_fn *fn,
                           void *arg) MUST_USE;

int store_audit(struct store *s, int64_t time_ms, struct str actor,
                struct str action, struct str target,
                struct str detail) MUST_USE;

/* Retention (store_keep.c): up to `max` messages of a room, the oldest ones,
 * that are below `seq` or older than before_ms; *ret_n is how many went, and
 * *ret_first the first seq that stays: the next one to be given, when none
 * does. Files of theirs are dropped, with their usage, and told to fn (which
 * must not call the store): their bodies are to be removed after the commit.
 * -ENOENT: the room has no row. */
typedef void store_dropped_file_fn(void *arg, const struct file_id *id);
int store_drop_old(struct store *s, uint64_t room, uint64_t seq,
                   int64_t before_ms, unsigned max, store_dropped_file_fn *fn,
                   void *arg, unsigned *ret_n, uint64_t *ret_first) MUST_USE;

/* The next room by number, behind `after`, that was closed before that and of
 * which something is left to drop; -ENOENT: none. */
int store_next_closed(struct store *s, uint64_t after, int64_t before_ms,
                      uint64_t *ret) MUST_USE;

/* Of the `max` oldest rows of the audit, those older than before_ms. */
int store_drop_audit(struct store *s, int64_t before_ms, unsigned max,
                     unsigned *ret_n) MUST_USE;

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
