/* SPDX-License-Identifier: MIT */
#include "server/admin_client.h"
#include "base/json.h"
#include "server/admin_print.h"
#include "server/admin_secret.h"
#include "server/admin_table.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { SECRET_BYTES = 512, PATH_BYTES = 4096 };

/* ---- words ---- */

static unsigned
count_words(char **words)
{
    unsigned n = 0;

    while (words[n] != NULL)
        n++;
    return n;
}

static void
print_help(FILE *to)
{
    fputs("Usage: loquatd admin [OPTION...] [--json] COMMAND ...\n\n", to);
    for (const struct admin_command *c = admin_commands; c->group; c++) {
        int n = fprintf(to, "  %s%s%s%s%s", c->group, c->verb[0] ? " " : "",
                        c->verb, c->usage[0] ? " " : "", c->usage);

        fprintf(to, "%*s%s\n", n < 36 ? 36 - n : 2, "", c->help);
    }
    fputs("\nPasswords are asked for, or read from standard input.\n", to);
}

static int
complain(const char *text)
{
    fprintf(stderr, "loquatd: %s.\n", text);
    return ADMIN_EXIT_FAILED;
}

static const struct admin_command *
find_command(char **words, unsigned n)
{
    struct str first[2] = {{0}};
    unsigned used;

    for (unsigned i = 0; i < 2 && i < n; i++)
        first[i] = str_of(words[i]);
    return admin_command_find(first, n < 2 ? n : 2, &used);
}

/* The server has another working directory. */
static int
absolute_path(const char *path, char out[PATH_BYTES], struct err *e)
{
    char here[PATH_BYTES] = "";
    size_t n, m = strlen(path);

    if (path[0] != '/' && getcwd(here, sizeof here - 1) == NULL)
        return err_set(e, errno, "where are we? %s", strerror(errno));
    n = strlen(here);
    if (n + 1 + m >= PATH_BYTES)
        return err_set(e, ENAMETOOLONG, "that path is too long");
    memcpy(out, here, n);
    if (path[0] != '/')
        out[n++] = '/';
    memcpy(out + n, path, m + 1);
    return 0;
}

/* ---- the request ---- */

static int
write_words(struct buf *out, char **words, unsigned n,
            const struct admin_command *c, struct err *e)
{
    char path[PATH_BYTES];
    int rc = buf_append(out, "[", 1);

    for (unsigned i = 0; i < n && rc == 0; i++) {
        const char *word = words[i];

        if (i + 1 == n && n > 1 && (c->flags & ADMIN_PATH)) {
            rc = absolute_path(word, path, e);
            if (rc < 0)
                return rc;
            word = path;
        }
        if (i > 0)
            rc = buf_append(out, ",", 1);
        if (rc == 0)
            rc = json_quoted(out, str_of(word));
    }
    if (rc == 0)
        rc = buf_append(out, "]", 1);
    return rc;
}

/* One allocation from the start, so that no copy of the secret is left. */
static int
write_request(struct buf *out, char **words, const struct admin_command *c,
              struct err *e)
{
    char secret[SECRET_BYTES] = "";
    struct json j;
    int rc = 0;

    must(buf_reserve(out, ADMIN_LINE_BYTES) != NULL);
    if (c->flags & ADMIN_SECRET)
        rc = admin_secret_ask(secret, sizeof secret, e);
    if (rc < 0)
        return rc;
    json_open(&j, out);
    if (secret[0] != '\0')
        json_text(&j, "secret", str_of(secret));
    sodium_memzero(secret, sizeof secret);
    json_key(&j, "words");
    rc = write_words(out, words, count_words(words), c, e);
    if (rc == -ENOBUFS || json_close(&j) < 0
        || buf_append(out, "\n", 1) < 0)
        return err_set(e, ENOBUFS, "that is too much for one command");
    return rc;
}

static int
connect_to(const char *folder, struct err *e)
{
    struct sockaddr_un name = {.sun_family = AF_UNIX};
    int where = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), code;

    snprintf(name.sun_path, sizeof name.sun_path,
             "/proc/self/fd/%d/admin.sock", where);
    if (where >= 0 && fd >= 0
        && connect(fd, (struct sockaddr *)&name, sizeof name) == 0) {
        close(where);
        return fd;
    }
    code = errno;
    if (fd >= 0)
        close(fd);
    if (where >= 0)
        close(where);
    if (code == ENOENT || code == ECONNREFUSED)
        return err_set(e, code, "no server runs in \"%s\"", folder);
    return err_set(e, code, "cannot reach the server in \"%s\": %s", folder,
                   strerror(code));
}

static int
send_all(int fd, struct str s, struct err *e)
{
    while (s.n > 0) {
        ssize_t n = send(fd, s.p, s.n, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_set(e, errno, "the server does not listen: %s",
                           strerror(errno));
        s.p += n;
        s.n -= (size_t)n;
    }
    return 0;
}

/* ---- the answer ---- */

/* What the last line's word means for a script. */
static int
exit_status(const char *word)
{
    static const struct {
        const char *word;
        int status;
    } table[] = {
        {"usage", ADMIN_EXIT_USAGE}, {"failed", ADMIN_EXIT_FAILED},
        {"faults", ADMIN_EXIT_FAILED}, {"too_much", ADMIN_EXIT_FAILED},
        {"storage_broken", ADMIN_EXIT_FAILED},
        {"overloaded", ADMIN_EXIT_FAILED},
        {"bad_invitation", ADMIN_EXIT_NO_SUCH},
    };

    if (strncmp(word, "no_such", 7) == 0)
        return ADMIN_EXIT_NO_SUCH;
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
        if (strcmp(word, table[i].word) == 0)
            return table[i].status;
    }
    return ADMIN_EXIT_REFUSED;
}

/* The status, once a line was the last one; else -1. */
static int
take_line(struct admin_print *p, struct str line)
{
    json_t *parsed = json_loadb(line.p, line.n, 0, NULL);
    const char *error = json_string_value(json_object_get(parsed, "error"));
    const char *text = json_string_value(json_object_get(parsed, "text"));
    bool last = error != NULL || json_object_get(parsed, "ok") != NULL;
    int status = last ? 0 : -1;

    if (parsed != NULL && (!last || p->json))
        admin_print_line(p, line, parsed);
    if (last)
        admin_print_end(p);
    if (error != NULL) {
        if (!p->json)
            complain(text != NULL ? text : error);
        status = exit_status(error);
    }
    json_decref(parsed);
    return status;
}

static int
take_answer(int fd, struct admin_print *p)
{
    FILE *from = fdopen(fd, "r");
    int status = -1;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;

    must(from != NULL);
    while (status < 0 && (n = getline(&line, &cap, from)) > 0)
        status = take_line(p, (struct str){line, (size_t)n - 1});
    if (line != NULL)
        sodium_memzero(line, cap);
    free(line);
    fclose(from);
    admin_print_end(p);
    if (status >= 0)
        return status;
    complain("the server ended before its answer did");
    return ADMIN_EXIT_NO_SERVER;
}

int
admin_client(const struct config *c, char **words, bool json)
{
    unsigned n = count_words(words);
    const struct admin_command *command = find_command(words, n);
    struct admin_print print = {.to = stdout, .json = json};
    struct buf request;
    struct err e = {0};
    int rc, fd;

    if (command == NULL) {
        bool asked = n > 0 && strcmp(words[0], "help") == 0;

        print_help(asked ? stdout : stderr);
        return asked ? 0 : ADMIN_EXIT_USAGE;
    }
    print.show = command->flags & ADMIN_SHOW;
    fd = connect_to(c->data, &e);
    if (fd < 0) {
        complain(e.text);
        return ADMIN_EXIT_NO_SERVER;
    }
    buf_init(&request, ADMIN_LINE_BYTES);
    rc = write_request(&request, words, command, &e);
    if (rc == 0)
        rc = send_all(fd, buf_str(&request), &e);
    sodium_memzero(request.p, request.n);
    buf_done(&request);
    if (rc == 0)
        return take_answer(fd, &print);
    close(fd);
    return complain(e.text);
}
