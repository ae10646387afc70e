/* SPDX-License-Identifier: MIT
 *
 * Lists for the operator, each a short statement of a reader: rows go to fn one
 * by one, their strings borrowed for that call. fn must not call the reader.
 * Each returns 0 or -EIO. At most `limit` rows; who got that many goes on after
 * the last one's key. */
#ifndef STORE_READER_ADMIN_H
#define STORE_READER_ADMIN_H

#include "store/reader.h"

/* In the order of their keys, those behind `after` ("" = from the start). The
 * password's hash is not read. */
typedef void reader_account_fn(void *arg, const struct account_row *row);
int reader_accounts(struct reader *r, struct str after, uint32_t limit,
                    reader_account_fn *fn, void *arg) MUST_USE;

/* The one with this number, or none. */
int reader_account(struct reader *r, uint64_t id, reader_account_fn *fn,
                   void *arg) MUST_USE;

/* Of an account, newest first: there are at most LIMIT_DEVICES. The token's
 * hash is not read. */
typedef void reader_device_fn(void *arg, const struct device_row *row);
int reader_devices(struct reader *r, uint64_t account, reader_device_fn *fn,
                   void *arg) MUST_USE;

/* Newest first, those before the number `before` (0 = all). */
typedef void reader_invitation_fn(void *arg, const struct invitation_row *row);
int reader_invitations(struct reader *r, uint64_t before, uint32_t limit,
                       reader_invitation_fn *fn, void *arg) MUST_USE;

/* Channels, the closed ones too, behind the number `after`. */
typedef void reader_room_fn(void *arg, const struct room_row *row,
                            int64_t last_ms);
int reader_rooms(struct reader *r, uint64_t after, uint32_t limit,
                 reader_room_fn *fn, void *arg) MUST_USE;

/* Of a room, behind the sender id `after`. */
typedef void reader_member_fn(void *arg, const struct member_row *row);
int reader_members(struct reader *r, uint64_t room, uint64_t after,
                   uint32_t limit, reader_member_fn *fn, void *arg) MUST_USE;

/* Of a room (0 = the whole server's), behind the number `after`. */
typedef void reader_restriction_fn(void *arg,
                                   const struct restriction_row *row);
int reader_restrictions(struct reader *r, uint64_t room, uint64_t after,
                        uint32_t limit, reader_restriction_fn *fn,
                        void *arg) MUST_USE;

/* Newest first, those before the number `before` (0 = all). */
typedef void reader_audit_fn(void *arg, const struct audit_row *row);
int reader_audit(struct reader *r, uint64_t before, uint32_t limit,
                 reader_audit_fn *fn, void *arg) MUST_USE;

#endif
