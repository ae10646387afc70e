/* SPDX-License-Identifier: MIT
 *
 * What the writer and the readers share, and nobody outside this folder sees:
 * opening a connection, tables of prepared statements, and SQLite's results
 * turned into errno values. */
#ifndef STORE_DB_H
#define STORE_DB_H

#include "base/err.h"
#include "store/record.h"
#include <sqlite3.h>

/* A connection for one thread, with SQLite's flags READONLY or
 * READWRITE | CREATE; closing it never checkpoints. Returns owned. */
int db_open(const char *path, int flags, sqlite3 **ret,
            struct err *e) MUST_USE;

/* For opening and migrating: failures explained to a person. db_int() wants
 * one row with one number. */
int db_exec(sqlite3 *db, const char *sql, struct err *e) MUST_USE;
int db_int(sqlite3 *db, const char *sql, int64_t *ret,
           struct err *e) MUST_USE;

/* A copy without free pages, of one moment, under a name that has no file yet
 * or an empty one. Reads for as long as it takes. */
int db_vacuum_into(sqlite3 *db, const char *path, struct err *e) MUST_USE;

/* Fills e with what went wrong last on db and returns -e->code. */
int db_explain(sqlite3 *db, struct err *e) MUST_USE;

/* A table of statements, prepared once and kept. */
int db_prepare(sqlite3 *db, const char *const *sql, sqlite3_stmt **stmts,
               int n, struct err *e) MUST_USE;
void db_finalize(sqlite3_stmt **stmts, int n);

/* Binding borrows the bytes until the statement is reset. */
void db_bind_int(sqlite3_stmt *st, int at, int64_t value);
void db_bind_reference(sqlite3_stmt *st, int at, uint64_t id);   /* 0: NULL */
void db_bind_str(sqlite3_stmt *st, int at, struct str s);
void db_bind_cid(sqlite3_stmt *st, int at, const struct client_id *cid);
void db_bind_blob(sqlite3_stmt *st, int at, const void *p, size_t n);

/* One step: 1 = a row, 0 = no more, -ENOSPC, -EIO (logged here, where SQLite's
 * own words are still known). */
int db_step(sqlite3_stmt *st) MUST_USE;

/* For statements without rows: the whole run, 0 or -errno, and the reset. */
int db_run(sqlite3_stmt *st) MUST_USE;

/* Moves what it can of the log into the database, without waiting; *ret_left
 * is how many pages readers still hold back. */
int db_checkpoint(sqlite3 *db, int *ret_left) MUST_USE;

/* Columns; strings are borrowed until the next step or reset. */
struct str db_column_str(sqlite3_stmt *st, int at);

/* Exactly n bytes; anything else leaves `to` as it is. */
void db_column_bytes(sqlite3_stmt *st, int at, void *to, int n);

#define DB_MESSAGE_COLUMNS \
    "room_id, seq, ts, sender_id, sender, kind, cid, body"

void db_column_message(sqlite3_stmt *st, struct message *ret);

/* A room and the newest message's time. Both subqueries look at one end of the
 * index on (room_id, seq). */
#define DB_SELECT_ROOM \
    "SELECT id, kind, name, key, topic, created," \
    " max(last_seq, ifnull((SELECT max(seq) FROM messages" \
    "                       WHERE room_id = rooms.id), 0))," \
    " ifnull((SELECT ts FROM messages WHERE room_id = rooms.id" \
    "         ORDER BY seq DESC LIMIT 1), 0)," \
    " privacy, description, from_joining, closed, slow_ms, keep_ms, keep_n," \
    " first_seq FROM rooms"

void db_column_room(sqlite3_stmt *st, struct room_row *ret,
                    int64_t *ret_last_ms);

/* Of the table under the name `f`. */
#define DB_FILE_COLUMNS \
    "f.pub, f.ticket, f.room_id, f.owner_id, f.owner, f.name, f.size," \
    " f.reserved, f.sha256, f.state, f.resumable, f.seq, f.created, f.expires"
#define DB_FILE_COLUMNS_N 14

void db_column_file(sqlite3_stmt *st, struct file_row *ret);

/* Of accounts and rights (db_rights.c). */
#define DB_ACCOUNT_COLUMNS "id, name, key, pwhash, state, created, invited_by"
#define DB_DEVICE_COLUMNS \
    "id, account_id, name, token_hash, room_id, scope, created, seen, expires"
#define DB_INVITATION_COLUMNS \
    "id, code_hash, author, uses_left, created, expires"
#define DB_MEMBER_COLUMNS "room_id, sender_id, role, from_seq, read_seq"
#define DB_RESTRICTION_COLUMNS \
    "id, kind, room_id, sender_id, address, prefix, subject, reason, author," \
    " created, expires"

void db_column_account(sqlite3_stmt *st, struct account_row *ret);
void db_column_device(sqlite3_stmt *st, struct device_row *ret);
void db_column_invitation(sqlite3_stmt *st, struct invitation_row *ret);
void db_column_member(sqlite3_stmt *st, struct member_row *ret);
void db_column_restriction(sqlite3_stmt *st, struct restriction_row *ret);

#endif
