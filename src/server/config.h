/* SPDX-License-Identifier: MIT
 *
 * The configuration: a table of keys (config_table.c), and four places that
 * a value may come from, each over the one before: the default, the file,
 * the environment, the command line. Unknown keys, bad values and values out
 * of bounds are errors that name their place. */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include "base/cidr.h"
#include "base/err.h"
#include "base/log.h"
#include "base/str.h"
#include <stdint.h>
#include <stdio.h>

#define CONFIG_TEXT_BYTES 256

struct config {
    char server_name[CONFIG_TEXT_BYTES];
    char address[CONFIG_TEXT_BYTES];       /* "" = every address */
    char data[CONFIG_TEXT_BYTES];
    char local[CONFIG_TEXT_BYTES];         /* a Unix-domain listener; "" */
    char proxies[CONFIG_TEXT_BYTES];       /* ranges, blanks between */
    int64_t port, workers, readers, queue;
    int64_t newline, names, pause_ms;      /* enum line_newline, line_names */
    int64_t sharing;                       /* enum line_sharing */
    int64_t charset;                       /* enum name_charset */
    int64_t hold_name_ms;
    int64_t connections, connections_per_address, arrivals_per_address;
    int64_t exempt;                        /* enum config_exempt */
    int64_t messages_per_second, messages_burst, message_bytes;
    int64_t prelogin_bytes, first_ms, login_ms, grace_ms;
    int64_t output_soft_bytes, output_hard_bytes;
    int64_t heartbeat_ms, dead_ms, stall_ms, linger_ms;
    int64_t gather_above;
    int64_t closed_keep_ms, audit_keep_ms;
    int64_t room_makers;                   /* 0 everyone, 1 accounts */
    int64_t guests;                        /* 0 yes, 1 no */
    int64_t registration;                  /* enum hub_registration */
    int64_t plain_secrets;                 /* 0 refuse, 1 allow */
    int64_t tries, tries_per_address, try_interval_ms;
    int64_t hash_passes, hash_memory;
    int64_t tls;                           /* enum config_tls */
    char certificate[CONFIG_TEXT_BYTES], private_key[CONFIG_TEXT_BYTES];
    int64_t file_bytes, file_quota_user, file_quota_room, file_quota_total;
    int64_t file_floor_bytes, file_floor_percent, file_expires_ms, movers;
    char http_hosts[CONFIG_TEXT_BYTES], http_origins[CONFIG_TEXT_BYTES];
    char guest_name[CONFIG_TEXT_BYTES];
    int64_t http_head_ms, http_idle_ms, http_body_rate;
    int64_t synchronous;                   /* enum store_sync */
    int64_t gather_ms;
    int64_t log_level;                     /* enum log_level */
};

enum config_exempt { CONFIG_EXEMPT_NOBODY, CONFIG_EXEMPT_LOOPBACK };

#define CONFIG_PROXIES 16          /* ranges at most */

enum config_tls { CONFIG_TLS_OFFERED, CONFIG_TLS_REQUIRED, CONFIG_TLS_OFF };

enum config_type {
    CONFIG_TEXT,
    CONFIG_COUNT,          /* 0 .. */
    CONFIG_BYTES,          /* 64K, 1M */
    CONFIG_TIME,           /* 300ms, 10s, 5m, 3h; a bare number is seconds */
    CONFIG_WORD,           /* one of `words` */
};

struct config_key {
    const char *section, *name;
    enum config_type type;
    size_t offset;               /* in struct config */
    const char *fallback;        /* the default, as it would be written */
    int64_t min, max;            /* of a number, in its stored unit */
    const char *const *words;    /* NULL-terminated; the value is the index */
    const char *well_known;      /* another environment name, or NULL */
    const char *option;          /* a short option ("port"), or NULL */
    const char *help;            /* a line for the commented file */
};

extern const struct config_key config_keys[];    /* ends with section NULL */

/* All defaults. */
void config_init(struct config *c);

/* One value; `where` ("loquatd.conf:12", "LOQUAT_SERVER_PORT", "--port")
 * begins the sentence of an error. */
int config_set(struct config *c, const struct config_key *key,
               const char *value, const char *where, struct err *e) MUST_USE;

/* A whole file; a missing one is an error unless `optional`. */
int config_read_file(struct config *c, const char *path, bool optional,
                     struct err *e) MUST_USE;

/* The environment: LOQUAT_SECTION_KEY and the well-known names. */
int config_read_environment(struct config *c, struct err *e) MUST_USE;

/* One command-line option "--section-key" or its short form, with its value.
 * -ENOENT when there is no such option. */
int config_set_option(struct config *c, const char *option, const char *value,
                      struct err *e) MUST_USE;

/* What only the whole can tell (a soft limit above the hard one). */
int config_check(const struct config *c, struct err *e) MUST_USE;

/* The ranges of [server] proxies: how many, or -errno. */
int config_proxies(const struct config *c, struct cidr *ret, unsigned max,
                   struct err *e) MUST_USE;

/* The commented file with every default. */
void config_write_default(FILE *out);

#endif
