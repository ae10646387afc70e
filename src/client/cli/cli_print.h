/* SPDX-License-Identifier: MIT
 *
 * What is shown, and how. Every string that came from the server is cleaned
 * here once more (utf8_clean), whatever the server promised. Output gathers in
 * a buffer and is written once per turn of the loop. */
#ifndef CLIENT_CLI_CLI_PRINT_H
#define CLIENT_CLI_CLI_PRINT_H

#include "base/buf.h"
#include "wire/envelope.h"

struct cli_style {
    bool json, color;
    bool clock_only;         /* "[02:31:29]" instead of the date too */
};

/* All append to out.
 *
 *   [2026-11-21 02:31:29] alice: text
 *       its second line
 *   [2026-11-21 02:31:29] * alice waves
 *
 * room: in JSON a member; in text "[#room] " in front, NULL = not shown. */
void cli_print_message(struct buf *out, const struct cli_style *style,
                       const char *room, const Loquat__V1__Message *m);

/*   [2026-11-21 02:31:29] alice shared x.png (1.2 MB): /f/ID/x.png  (loquat
 *   get ID) */
void cli_print_file(struct buf *out, const struct cli_style *style,
                    const Loquat__V1__SharedFile *shared);
void cli_print_uploading(struct buf *out, const struct cli_style *style,
                         const char *room, const Loquat__V1__Uploading *u);
void cli_print_room(struct buf *out, const struct cli_style *style,
                    const Loquat__V1__Room *room);
void cli_print_person(struct buf *out, const struct cli_style *style,
                      const Loquat__V1__Person *person);

/* Of accounts and rooms; each a line, but for a room's several. */
void cli_print_device(struct buf *out, const struct cli_style *style,
                      const Loquat__V1__Device *device);
void cli_print_ban(struct buf *out, const struct cli_style *style,
                   const Loquat__V1__BanInfo *ban);
void cli_print_member(struct buf *out, const struct cli_style *style,
                      const Loquat__V1__MemberInfo *member);
void cli_print_room_info(struct buf *out, const struct cli_style *style,
                         const Loquat__V1__RoomInfo *room);
void cli_print_token(struct buf *out, const struct cli_style *style,
                     const Loquat__V1__Token *token);

/* "moderator"; "none" for one that is not known. */
const char *cli_role_word(Loquat__V1__Role role);
bool cli_role_read(const char *word, Loquat__V1__Role *ret);
const char *cli_privacy_word(Loquat__V1__Privacy privacy);

/* " [moderator, muted]", or nothing. */
void cli_print_standing(struct buf *out, Loquat__V1__Role role, bool muted);

/* "alice, bob and 3 others have joined the chat."; nothing for a kind that is
 * not known. */
void cli_print_presence(struct buf *out, const char *room,
                        const Loquat__V1__Presence *p);

/* One line, cleaned, in the colour of notices: "-- text". */
void cli_print_notice(struct buf *out, const struct cli_style *style,
                      const char *text);

/* A string of the server's inside a line. */
void cli_print_clean(struct buf *out, const char *text);

/* Writes everything to fd and empties out. 0 or -errno. */
int cli_print_flush(struct buf *out, int fd);

#endif
