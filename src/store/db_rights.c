/* SPDX-License-Identifier: MIT
 *
 * Rows of accounts and rights, as their columns stand in db.h. A reference to
 * nothing is NULL, which SQLite reads as 0. */
#include "store/db.h"

void
db_column_account(sqlite3_stmt *st, struct account_row *ret)
{
    *ret = (struct account_row){
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .name = db_column_str(st, 1),
        .key = db_column_str(st, 2),
        .pwhash = db_column_str(st, 3),
        .state = (enum account_state)sqlite3_column_int(st, 4),
        .created_ms = sqlite3_column_int64(st, 5),
        .invited_by = (uint64_t)sqlite3_column_int64(st, 6),
    };
}

void
db_column_device(sqlite3_stmt *st, struct device_row *ret)
{
    *ret = (struct device_row){
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .account = (uint64_t)sqlite3_column_int64(st, 1),
        .name = db_column_str(st, 2),
        .room = (uint64_t)sqlite3_column_int64(st, 4),
        .scope = (uint8_t)sqlite3_column_int(st, 5),
        .created_ms = sqlite3_column_int64(st, 6),
        .seen_ms = sqlite3_column_int64(st, 7),
        .expires_ms = sqlite3_column_int64(st, 8),
    };
    db_column_bytes(st, 3, ret->token_hash, sizeof ret->token_hash);
}

void
db_column_invitation(sqlite3_stmt *st, struct invitation_row *ret)
{
    *ret = (struct invitation_row){
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .by = (uint64_t)sqlite3_column_int64(st, 2),
        .uses_left = (uint32_t)sqlite3_column_int64(st, 3),
        .created_ms = sqlite3_column_int64(st, 4),
        .expires_ms = sqlite3_column_int64(st, 5),
    };
    db_column_bytes(st, 1, ret->code_hash, sizeof ret->code_hash);
}

void
db_column_member(sqlite3_stmt *st, struct member_row *ret)
{
    *ret = (struct member_row){
        .room = (uint64_t)sqlite3_column_int64(st, 0),
        .sender_id = (uint64_t)sqlite3_column_int64(st, 1),
        .role = (enum room_role)sqlite3_column_int(st, 2),
        .from_seq = (uint64_t)sqlite3_column_int64(st, 3),
        .read_seq = (uint64_t)sqlite3_column_int64(st, 4),
    };
}

void
db_column_restriction(sqlite3_stmt *st, struct restriction_row *ret)
{
    *ret = (struct restriction_row){
        .id = (uint64_t)sqlite3_column_int64(st, 0),
        .kind = (enum restriction_kind)sqlite3_column_int(st, 1),
        .room = (uint64_t)sqlite3_column_int64(st, 2),
        .sender_id = (uint64_t)sqlite3_column_int64(st, 3),
        .prefix = (uint8_t)sqlite3_column_int(st, 5),
        .subject = db_column_str(st, 6),
        .reason = db_column_str(st, 7),
        .by = db_column_str(st, 8),
        .created_ms = sqlite3_column_int64(st, 9),
        .expires_ms = sqlite3_column_int64(st, 10),
    };
    db_column_bytes(st, 4, ret->address, sizeof ret->address);
}
