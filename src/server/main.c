/* SPDX-License-Identifier: MIT
 *
 * loquatd: options, and the commands that need no server. */
#include "server/admin_client.h"
#include "server/server.h"
#include "server/server_tls.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SYSTEM_CONFIG "/etc/loquat/loquatd.conf"
#define EXIT_USAGE 2

static const char usage[] =
    "Usage: loquatd [OPTION...]           run the server\n"
    "       loquatd check [OPTION...]     check the configuration\n"
    "       loquatd defaultconfig         print every key with its default\n"
    "       loquatd fingerprint [OPTION...]   of the TLS certificate\n"
    "       loquatd admin [OPTION...] COMMAND   look after a server that "
    "runs;\n"
    "                                     loquatd admin help\n"
    "       loquatd backup [OPTION...] FILE    everything, to one file\n"
    "       loquatd restore [OPTION...] FILE   of a backup, a new folder\n"
    "       loquatd fsck [OPTION...] [--sizes]   is all there, as it was?\n"
    "\n"
    "  --config FILE          read FILE instead of " SYSTEM_CONFIG "\n"
    "  --port PORT            the one port (4000; 0: any free one)\n"
    "  --data FOLDER          where everything is kept (loquat-data)\n"
    "  --SECTION-KEY VALUE    any other key of the configuration\n"
    "  -h, --help             this text\n"
    "  -V, --version          the version\n";

struct arguments {
    const char *command;          /* "run", "check", "defaultconfig" ... */
    const char *config_path;
    bool config_given;
};

/* Splits "--name=value" or "--name value"; returns how many words it took. */
static int
option_split(char **argv, char name[128], const char **value)
{
    const char *word = argv[0] + 2;
    const char *eq = strchr(word, '=');
    size_t n = eq ? (size_t)(eq - word) : strlen(word);
    if (n == 0 || n >= 128)
        return 0;
    memcpy(name, word, n);
    name[n] = 0;
    *value = eq ? eq + 1 : argv[1];
    return eq ? 1 : 2;
}

/* Two passes over the options: the first finds --config, the second sets the
 * rest over what the file and the environment said. */
static int
options_read(char **argv, struct config *c, struct arguments *a,
             struct err *e)
{
    while (*argv) {
        char name[128];
        const char *value;
        int words = strncmp(*argv, "--", 2) == 0
                        ? option_split(argv, name, &value) : 0;
        if (words == 0)
            return err_set(e, EINVAL, "\"%s\" is not an option", *argv);
        if (!value)
            return err_set(e, EINVAL, "--%s needs a value", name);
        bool is_config = strcmp(name, "config") == 0;
        if (is_config && a) {
            a->config_path = value;
            a->config_given = true;
        }
        int r = c && !is_config ? config_set_option(c, name, value, e) : 0;
        if (r < 0)
            return r;
        argv += words;
    }
    return 0;
}

/* arg: the options. */
static int
config_load(void *arg, struct config *ret, struct err *e)
{
    char **argv = arg;
    struct config fresh, *c = &fresh;
    const char *from_env = getenv("LOQUAT_CONFIG");
    struct arguments a = {
        .config_path = from_env ? from_env : SYSTEM_CONFIG,
        .config_given = from_env != NULL,
    };
    config_init(c);
    int r = options_read(argv, NULL, &a, e);
    if (r == 0)
        r = config_read_file(c, a.config_path, !a.config_given, e);
    if (r == 0)
        r = config_read_environment(c, e);
    if (r == 0)
        r = options_read(argv, c, NULL, e);
    if (r == 0)
        r = config_check(c, e);
    if (r == 0)
        *ret = fresh;
    return r;
}

static int
show_fingerprint(const struct config *c)
{
    char text[TLS_FINGERPRINT_BYTES];
    struct err e;

    if (server_tls_fingerprint(c, text, &e) < 0) {
        fprintf(stderr, "loquatd: %s.\n", e.text);
        return 1;
    }
    return printf("SHA-256 %s\n", text) < 0;
}

/* admin, backup, restore, fsck: options, and then words that are none. */
enum { WORDS_MAX = 128 };

static int
run_admin(const char *command, char **argv)
{
    char *options[WORDS_MAX + 1] = {NULL};
    size_t n = 0;
    bool json = false;
    struct config c;
    struct err e;

    while (*argv && strncmp(*argv, "--", 2) == 0 && n + 2 < WORDS_MAX
           && strcmp(*argv, "--sizes") != 0) {
        bool is_json = strcmp(*argv, "--json") == 0;
        bool alone = is_json || strchr(*argv, '=') || argv[1] == NULL;

        json = json || is_json;
        if (!is_json)
            options[n++] = *argv;
        if (!alone)
            options[n++] = argv[1];
        argv += alone ? 1 : 2;
    }
    if (config_load(options, &c, &e) < 0) {
        fprintf(stderr, "loquatd: %s.\n", e.text);
        return EXIT_USAGE;
    }
    log_set_level((enum log_level)c.log_level);
    return strcmp(command, "admin") == 0
        ? admin_client(&c, argv, json)
        : admin_offline(&c, command, argv, json);
}

static bool
asked(const char *word, const char *brief, const char *full)
{
    return strcmp(word, brief) == 0 || strcmp(word, full) == 0;
}

int
main(int argc, char **argv)
{
    char **rest = argv + 1;
    const char *command = argc > 1 && argv[1][0] != '-' ? *rest++ : "run";
    for (char **word = rest; *word; word++) {
        if (asked(*word, "-h", "--help"))
            return fputs(usage, stdout) < 0;
        if (asked(*word, "-V", "--version"))
            return puts("loquatd " LOQUAT_VERSION) < 0;
    }
    if (strcmp(command, "admin") == 0 || admin_is_offline(command))
        return run_admin(command, rest);
    if (strcmp(command, "defaultconfig") == 0) {
        config_write_default(stdout);
        return fflush(stdout) != 0;
    }
    bool check = strcmp(command, "check") == 0;
    bool fingerprint = strcmp(command, "fingerprint") == 0;
    if (!check && !fingerprint && strcmp(command, "run") != 0) {
        fprintf(stderr, "loquatd: there is no command \"%s\".\n%s", command,
                usage);
        return EXIT_USAGE;
    }
    struct config c;
    struct err e;
    if (config_load(rest, &c, &e) < 0) {
        fprintf(stderr, "loquatd: %s.\n", e.text);
        return EXIT_USAGE;
    }
    log_set_level((enum log_level)c.log_level);
    if (check)
        return puts("The configuration is fine.") < 0;
    if (fingerprint)
        return show_fingerprint(&c);
    return server_run(&c, config_load, rest);
}
