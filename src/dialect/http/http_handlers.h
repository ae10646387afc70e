/* SPDX-License-Identifier: MIT
 *
 * Every handler of requests, for the table in http_routes.c. Each lies in the
 * file of its name. */
#ifndef DIALECT_HTTP_HTTP_HANDLERS_H
#define DIALECT_HTTP_HTTP_HANDLERS_H

#include "dialect/http/http_impl.h"

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

#endif
