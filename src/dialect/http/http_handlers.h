/* SPDX-License-Identifier: MIT
 *
 * Every handler of requests, for the table in http_routes.c. Each lies in the
 * file of its name. */
#ifndef DIALECT_HTTP_HTTP_HANDLERS_H
#define DIALECT_HTTP_HTTP_HANDLERS_H

#include "dialect/http/http_v1.h"

extern const struct http_handler http_rooms_handler;
extern const struct http_handler http_style_handler;
extern const struct http_handler http_icon_handler;
extern const struct http_handler http_history_handler;
extern const struct http_handler http_follow_handler;
extern const struct http_handler http_post_handler;
extern const struct http_handler http_files_handler;
extern const struct http_handler http_put_handler;        /* PUT */
extern const struct http_handler http_raw_handler;        /* a plain POST */
extern const struct http_handler http_form_handler;       /* multipart */
extern const struct http_handler http_tus_create_handler;
extern const struct http_handler http_tus_head_handler;
extern const struct http_handler http_tus_patch_handler;
extern const struct http_handler http_tus_delete_handler;
extern const struct http_handler http_download_handler;
extern const struct http_handler http_websocket_handler;
extern const struct http_handler http_health_handler;
extern const struct http_handler http_metrics_handler;

/* --- /v1 --- */

extern const struct http_handler http_v1_post_handler;    /* http_post.c */
extern const struct http_v1_verb http_v1_routes;
extern const struct http_v1_verb http_v1_register;
extern const struct http_v1_verb http_v1_login;
extern const struct http_v1_verb http_v1_logout;
extern const struct http_v1_verb http_v1_password;
extern const struct http_v1_verb http_v1_delete_account;
extern const struct http_v1_verb http_v1_me;
extern const struct http_v1_verb http_v1_devices;
extern const struct http_v1_verb http_v1_token;
extern const struct http_v1_verb http_v1_revoke;
extern const struct http_v1_verb http_v1_revoke_others;
extern const struct http_v1_verb http_v1_people;
extern const struct http_v1_verb http_v1_room;
extern const struct http_v1_verb http_v1_change_room;
extern const struct http_v1_verb http_v1_close_room;
extern const struct http_v1_verb http_v1_join;
extern const struct http_v1_verb http_v1_part;
extern const struct http_v1_verb http_v1_invite;
extern const struct http_v1_verb http_v1_members;
extern const struct http_v1_verb http_v1_role;
extern const struct http_v1_verb http_v1_remove;
extern const struct http_v1_verb http_v1_bans;
extern const struct http_v1_verb http_v1_ban;
extern const struct http_v1_verb http_v1_unban;
extern const struct http_v1_verb http_v1_unban_range;
extern const struct http_v1_verb http_v1_group;

#endif
