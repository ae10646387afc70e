/* SPDX-License-Identifier: MIT
 *
 * Every key of the configuration, once. The parser, the commented default
 * file, the environment names and the options all come from here. */
#include "server/config.h"

#include "base/limits.h"

#define MS 1
#define SECOND 1000
#define DAY (24 * 3600 * (int64_t)SECOND)
#define KIB 1024
#define MIB (1024 * KIB)
#define AT(field) offsetof(struct config, field)

static const char *const newline_words[] = {"required", "optional", NULL};
static const char *const names_words[] = {"ask", "address", NULL};
static const char *const sharing_words[] = {"link", "inline", NULL};
static const char *const charset_words[] = {"ascii", "unicode", NULL};
static const char *const exempt_words[] = {"nobody", "loopback", NULL};
static const char *const maker_words[] = {"everyone", "accounts", NULL};
static const char *const guest_words[] = {"yes", "no", NULL};
static const char *const register_words[] = {"open", "invited", "closed",
                                             NULL};
static const char *const plain_words[] = {"refuse", "allow", NULL};
static const char *const tls_words[] = {"offered", "required", "off", NULL};
static const char *const sync_words[] = {"off", "normal", "full", NULL};
static const char *const level_words[] = {"error", "warn", "info", "debug",
                                          NULL};

const struct config_key config_keys[] = {
    {"server", "name", CONFIG_TEXT, AT(server_name), "loquat", 1, 64, NULL,
     NULL, NULL, "What the server calls itself."},
    {"server", "address", CONFIG_TEXT, AT(address), "", 0, 255, NULL, NULL,
     NULL, "The address to listen on; empty: every one, IPv4 and IPv6."},
    {"server", "port", CONFIG_COUNT, AT(port), "4000", 0, 65535, NULL, "PORT",
     "port", "The one port. 0: any free one."},
    {"server", "data", CONFIG_TEXT, AT(data), "loquat-data", 1, 255, NULL,
     NULL, "data", "The folder that keeps everything."},
    {"server", "local", CONFIG_TEXT, AT(local), "", 0, 100, NULL, NULL, NULL,
     "The path of a Unix-domain socket to listen on too."},
    {"server", "proxies", CONFIG_TEXT, AT(proxies), "", 0, 255, NULL, NULL,
     NULL, "Address ranges, blanks between, whose PROXY protocol header "
     "(v2) is believed, and demanded."},
    {"server", "workers", CONFIG_COUNT, AT(workers), "0", 0, LIMIT_WORKERS - 1,
     NULL, NULL, NULL, "Threads that serve connections. 0: one per core."},
    {"server", "readers", CONFIG_COUNT, AT(readers), "2", 1, 16, NULL, NULL,
     NULL, "Threads that read the history."},
    {"server", "queue", CONFIG_COUNT, AT(queue), "8192", 64, 1 << 20, NULL,
     NULL, NULL, "Commands that may wait for the core before senders wait."},

    {"line", "newline", CONFIG_WORD, AT(newline), "required", 0, 0,
     newline_words, NULL, NULL,
     "optional: bytes followed by a pause count as a line."},
    {"line", "names", CONFIG_WORD, AT(names), "ask", 0, 0, names_words, NULL,
     NULL, "address: nobody is asked, everyone is ADDRESS:PORT."},
    {"line", "files", CONFIG_WORD, AT(sharing), "link", 0, 0, sharing_words,
     NULL, NULL,
     "inline: what others share is sent to everyone, /files off ends it."},
    {"line", "pause", CONFIG_TIME, AT(pause_ms), "200ms", 20 * MS,
     10 * SECOND, NULL, NULL, NULL, "The pause of newline = optional."},

    {"names", "charset", CONFIG_WORD, AT(charset), "ascii", 0, 0,
     charset_words, NULL, NULL,
     "unicode: letters of one script at a time, whichever."},
    {"names", "hold", CONFIG_TIME, AT(hold_name_ms), "60s", 0, DAY, NULL, NULL,
     NULL, "How long a lost client's name waits for it."},

    {"accounts", "guests", CONFIG_WORD, AT(guests), "yes", 0, 0, guest_words,
     NULL, NULL, "no: nobody comes in without an account, not even to read."},
    {"accounts", "register", CONFIG_WORD, AT(registration), "open", 0, 0,
     register_words, NULL, NULL,
     "invited: with a code of the operator's; closed: by the operator only."},
    {"accounts", "plain_secrets", CONFIG_WORD, AT(plain_secrets), "refuse", 0,
     0, plain_words, NULL, NULL,
     "allow: passwords and tokens also where others may listen."},
    {"accounts", "tries", CONFIG_COUNT, AT(tries), "10", 1, 1000, NULL, NULL,
     NULL, "Wrong passwords of one account before each has to wait."},
    {"accounts", "tries_per_address", CONFIG_COUNT, AT(tries_per_address),
     "20", 1, 100000, NULL, NULL, NULL,
     "The same from one IPv4 address or IPv6 /64."},
    {"accounts", "try_interval", CONFIG_TIME, AT(try_interval_ms), "3m",
     SECOND, DAY, NULL, NULL, NULL, "From then on one try in that time."},
    {"accounts", "hash_passes", CONFIG_COUNT, AT(hash_passes), "2", 1, 100,
     NULL, NULL, NULL, "Argon2id: how often it goes over its memory."},
    {"accounts", "hash_memory", CONFIG_BYTES, AT(hash_memory), "64M", 8 * KIB,
     1024 * MIB, NULL, NULL, NULL, "Argon2id: its memory."},
    {"accounts", "audit_keep", CONFIG_TIME, AT(audit_keep_ms), "365d", 0,
     3650 * DAY, NULL, NULL, NULL,
     "How long it is kept who did what to whom. 0: for ever."},

    {"tls", "mode", CONFIG_WORD, AT(tls), "offered", 0, 0, tls_words, NULL,
     NULL, "required: nothing else but on the local machine; off: none."},
    {"tls", "certificate", CONFIG_TEXT, AT(certificate), "", 0, 255, NULL,
     NULL, NULL, "A PEM file, the chain behind it. Empty: one is made, "
     "DATA/tls.crt, and its fingerprint printed."},
    {"tls", "key", CONFIG_TEXT, AT(private_key), "", 0, 255, NULL, NULL, NULL,
     "Its private key, PEM. Empty: in the certificate's file."},

    {"limits", "connections", CONFIG_COUNT, AT(connections), "0", 0, 10000000,
     NULL, "MAX_CLIENTS", NULL,
     "At once. 0: as many as there are file descriptors."},
    {"limits", "connections_per_address", CONFIG_COUNT,
     AT(connections_per_address), "32", 0, 10000000, NULL, NULL, NULL,
     "At once, per IPv4 address or IPv6 /64. 0: no limit."},
    {"limits", "arrivals_per_address", CONFIG_COUNT, AT(arrivals_per_address),
     "64", 0, 10000000, NULL, NULL, NULL, "In ten minutes. 0: no limit."},
    {"limits", "exempt", CONFIG_WORD, AT(exempt), "loopback", 0, 0,
     exempt_words, NULL, NULL,
     "Whom the limits per address and per second do not bind."},
    {"limits", "messages_per_second", CONFIG_COUNT, AT(messages_per_second),
     "4", 0, 1000000, NULL, NULL, NULL,
     "Per connection; faster ones are slowed down. 0: no limit."},
    {"limits", "messages_burst", CONFIG_COUNT, AT(messages_burst), "10", 1,
     1000000, NULL, NULL, NULL, "At once, before slowing down."},
    {"limits", "message_bytes", CONFIG_BYTES, AT(message_bytes), "16K", 64,
     LIMIT_MESSAGE_BYTES, NULL, NULL, NULL, "The longest message."},
    {"limits", "prelogin_bytes", CONFIG_BYTES, AT(prelogin_bytes), "8K", 256,
     LIMIT_FRAME_BYTES, NULL, NULL, NULL, "Received before a name is given."},
    {"limits", "first_line", CONFIG_TIME, AT(first_ms), "10s", 100 * MS, DAY,
     NULL, NULL, NULL, "From the first byte to the first whole line."},
    {"limits", "login", CONFIG_TIME, AT(login_ms), "30s", 100 * MS, DAY, NULL,
     NULL, NULL, "From connecting to having a name."},
    {"limits", "grace", CONFIG_TIME, AT(grace_ms), "300ms", 10 * MS,
     10 * SECOND, NULL, NULL, NULL,
     "Silence after connecting that means: a person with nc."},
    {"limits", "output_soft_bytes", CONFIG_BYTES, AT(output_soft_bytes),
     "256K", 4 * KIB, 1024 * MIB, NULL, NULL, NULL,
     "Unread output above which one is fed from the log."},
    {"limits", "output_hard_bytes", CONFIG_BYTES, AT(output_hard_bytes), "1M",
     8 * KIB, 1024 * MIB, NULL, NULL, NULL,
     "Unread output above which one is cut."},
    {"limits", "heartbeat", CONFIG_TIME, AT(heartbeat_ms), "30s", 100 * MS,
     DAY, NULL, NULL, NULL, "How often a native client is asked for a sign."},
    {"limits", "dead", CONFIG_TIME, AT(dead_ms), "75s", 300 * MS, DAY, NULL,
     "TIMEOUT", NULL, "Silence after which a native client is given up."},
    {"limits", "stall", CONFIG_TIME, AT(stall_ms), "75s", 100 * MS, DAY, NULL,
     NULL, NULL, "Unread output without progress for this long: cut."},
    {"limits", "linger", CONFIG_TIME, AT(linger_ms), "3s", 10 * MS,
     600 * SECOND, NULL, NULL, NULL, "For last words, also at the stop."},

    {"rooms", "gather_above", CONFIG_COUNT, AT(gather_above), "200", 1,
     10000000, NULL, NULL, NULL,
     "Present above which joins and leaves are told once a second."},

    {"rooms", "makers", CONFIG_WORD, AT(room_makers), "everyone", 0, 0,
     maker_words, NULL, NULL, "accounts: a guest makes no new room."},
    {"rooms", "keep_closed", CONFIG_TIME, AT(closed_keep_ms), "30d", 0,
     3650 * DAY, NULL, NULL, NULL, "How long what was said and shared in a "
     "room is kept after it was closed. 0: for ever."},

    {"files", "largest", CONFIG_BYTES, AT(file_bytes), "0", 0, INT64_MAX, NULL,
     NULL, NULL, "The largest file. 0: no limit."},
    {"files", "per_user", CONFIG_BYTES, AT(file_quota_user), "0", 0, INT64_MAX,
     NULL, NULL, NULL, "All files of one person together. 0: no limit."},
    {"files", "per_room", CONFIG_BYTES, AT(file_quota_room), "0", 0, INT64_MAX,
     NULL, NULL, NULL, "All files of one room together. 0: no limit."},
    {"files", "total", CONFIG_BYTES, AT(file_quota_total), "0", 0, INT64_MAX,
     NULL, NULL, NULL, "All files together. 0: no limit."},
    {"files", "floor", CONFIG_BYTES, AT(file_floor_bytes), "1G", 0,
     INT64_MAX, NULL, NULL, NULL,
     "Uploads are refused when less than that would stay free on the disk."},
    {"files", "floor_percent", CONFIG_COUNT, AT(file_floor_percent), "5", 0,
     90, NULL, NULL, NULL, "The same, in percent of the disk."},
    {"files", "unfinished", CONFIG_TIME, AT(file_expires_ms), "24h",
     SECOND, 365 * DAY, NULL, NULL, NULL,
     "How long an interrupted upload can be resumed."},
    {"files", "movers", CONFIG_COUNT, AT(movers), "4", 1, 64, NULL, NULL,
     NULL, "Threads that read, write and hash files."},

    {"http", "hosts", CONFIG_TEXT, AT(http_hosts), "", 0, 255, NULL, NULL,
     NULL, "This server's own names, blanks between. Empty: addresses and "
     "names of the local network. *: any (see docs/http.md, 5)."},
    {"http", "origins", CONFIG_TEXT, AT(http_origins), "", 0, 255, NULL, NULL,
     NULL, "Other web sites that may post here, blanks between."},
    {"http", "guest", CONFIG_TEXT, AT(guest_name), "guest", 0,
     LIMIT_NAME_BYTES - 4, NULL, NULL, NULL,
     "Who says what comes without a name. Empty: it is refused."},
    {"http", "head", CONFIG_TIME, AT(http_head_ms), "10s", 100 * MS, DAY, NULL,
     NULL, NULL, "For a whole request head, whatever trickles in."},
    {"http", "idle", CONFIG_TIME, AT(http_idle_ms), "75s", 100 * MS, DAY, NULL,
     NULL, NULL, "Between two requests of a connection."},
    {"http", "body_rate", CONFIG_BYTES, AT(http_body_rate), "1K", 0, INT32_MAX,
     NULL, NULL, NULL,
     "Bytes a second that a body must bring, averaged over ten seconds."},

    {"store", "synchronous", CONFIG_WORD, AT(synchronous), "full", 0, 0,
     sync_words, NULL, NULL,
     "full: what was acknowledged survives a power cut."},
    {"store", "gather", CONFIG_TIME, AT(gather_ms), "2ms", 0, SECOND, NULL,
     NULL, NULL,
     "Messages close together wait that long for a common commit."},

    {"log", "level", CONFIG_WORD, AT(log_level), "info", 0, 0, level_words,
     NULL, NULL, "error, warn, info or debug."},

    {0},
};
