/* SPDX-License-Identifier: MIT
 *
 * Every compiled-in maximum, in one place. What an operator may change is in
 * server/config_table.h; these are the walls behind it. */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

#define LIMIT_WORKERS            64
#define LIMIT_NAME_BYTES         32      /* a user's name */
#define LIMIT_ROOM_BYTES         64      /* a room's name with its '#' */
#define LIMIT_TOPIC_BYTES        512
#define LIMIT_AWAY_BYTES         256
#define LIMIT_MESSAGE_BYTES      (128 * 1024)  /* [limits] message_bytes */
#define LIMIT_PRELOGIN_BYTES     (8 * 1024)
#define LIMIT_FRAME_BYTES        (256 * 1024)  /* native frame's payload */
#define LIMIT_READ_BYTES         (64 * 1024)   /* a loop's shared read buffer */
#define LIMIT_ROOMS_PER_SESSION  256
#define LIMIT_PAGE_MESSAGES      500     /* a history page */
#define LIMIT_PAGE_BYTES         (128 * 1024)  /* a page's bodies together */
#define LIMIT_DETECT_BYTES       24
#define LIMIT_FILE_NAME_BYTES    200
#define LIMIT_UPLOADS            10000   /* arriving at once ... */
#define LIMIT_UPLOADS_PER_OWNER  1000    /* ... of one person */
#define LIMIT_PIECE_BYTES        (64 * 1024)   /* of a file, at a time */
#define LIMIT_RESERVE_BYTES      (16 * 1024 * 1024)  /* for a file of unknown
                                            size, at a time */
#define LIMIT_CREDIT_BYTES       (256 * 1024)  /* native: unacknowledged ones */
#define LIMIT_STREAMS            16      /* files at a time on a connection */
#define LIMIT_FILES_PAGE         500
#define LIMIT_HASHES             32      /* passwords that wait to be hashed */
#define LIMIT_DEVICES            100     /* of one account */
#define LIMIT_ACCOUNT_SESSIONS   100     /* present connections of one */
#define LIMIT_ROLES              10000   /* accounts in one room */
#define LIMIT_RESTRICTIONS       1000    /* bans and mutes of one room */
#define LIMIT_INVITED            1000    /* of one room, who did not come yet */
#define LIMIT_SPOKEN             10000   /* who wait in one room's slow mode */
#define LIMIT_GROUP              20      /* people at the start of a group */
#define LIMIT_REASON_BYTES       256
#define LIMIT_DESCRIPTION_BYTES  1024
#define LIMIT_HTTP_HEAD_BYTES    (16 * 1024)
#define LIMIT_HTTP_TARGET_BYTES  (8 * 1024)
#define LIMIT_HTTP_HOST_BYTES    (255 + 6)     /* a name and its port */
#define LIMIT_HTTP_HEADERS       64
#define LIMIT_HTTP_METHOD_BYTES  32
#define LIMIT_HTTP_CHUNK_BYTES   256     /* a chunk's extensions */
#define LIMIT_HTTP_TRAILER_BYTES (8 * 1024)
#define LIMIT_HTTP_PART_BYTES    (8 * 1024)    /* a form part's fields */
#define LIMIT_HTTP_PARTS         256     /* in one form */
#define LIMIT_HTTP_METADATA      32      /* pairs in Upload-Metadata */
#define LIMIT_WS_MESSAGE_BYTES   (LIMIT_FRAME_BYTES + 8)

#endif
