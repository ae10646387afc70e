/* SPDX-License-Identifier: MIT
 *
 * A file holds one line, "TOKEN NAME", and is called by the server's address
 * and by whether TLS is spoken with it: a token goes to no other server than
 * the one that made it, and never bare when it was not made so. */
#include "client/cli/cli_token.h"

#include "base/buf.h"
#include "client/cli/cli_folder.h"
#include "client/cli/cli_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_BYTES = 8192 };

void
cli_token_wipe(struct cli_token *t)
{
    sodium_memzero(t, sizeof *t);
}

/* ---- The file's name ---- */

static int
put_folder(struct buf *path, cli_env_fn *env)
{
    const char *state = env("XDG_STATE_HOME"), *home = env("HOME");

    if (state != NULL && state[0] == '/')
        return buf_printf(path, "%s/loquat/tokens/", state);
    if (home != NULL && home[0] == '/')
        return buf_printf(path, "%s/.local/state/loquat/tokens/", home);
    return -ENOENT;
}

/* What is no plain letter of a file's name becomes %XX. */
static int
put_server(struct buf *path, const struct cli_options *o)
{
    int r = 0;

    for (const char *at = o->host; *at != '\0' && r == 0; at++) {
        char c = *at >= 'A' && *at <= 'Z' ? (char)(*at | 0x20) : *at;
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                     c == '-' || c == '_' || (c == '.' && at > o->host);

        r = plain ? buf_append(path, &c, 1)
                  : buf_printf(path, "%%%02x", (unsigned char)c);
    }
    return r == 0 ? buf_printf(path, ":%u%s", o->port,
                               o->tls ? "" : ".plain") : r;
}

char *
cli_token_path(const struct cli_options *o, cli_env_fn *env)
{
    struct buf path;
    char *z = NULL;

    buf_init(&path, PATH_BYTES);
    if (put_folder(&path, env) == 0 && put_server(&path, o) == 0 &&
        buf_append(&path, "", 1) == 0)
        z = must_strdup(path.p);
    buf_done(&path);
    return z;
}

/* ---- Reading ---- */

/* "TOKEN NAME" */
static void
take_line(struct cli_token *t, const char *line)
{
    struct str rest = str_of(line), word = str_word(&rest);

    str_to_z(word, t->text, sizeof t->text);
    str_to_z(str_word(&rest), t->name, sizeof t->name);
}

/* Only what we wrote ourselves, and nobody else can have read. */
static int
check_file(int fd, const char *path, struct err *e)
{
    struct stat st;

    if (fstat(fd, &st) < 0)
        return err_set(e, errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() ||
        (st.st_mode & 077) != 0)
        return err_set(e, EPERM, "%s is not for your eyes alone: remove it "
                       "and log in again", path);
    return 0;
}

static int
read_stored(struct cli_token *t, const char *path, struct err *e)
{
    int fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    char line[CLI_SECRET_BYTES] = "";
    ssize_t n;
    int r;

    if (fd < 0 && errno == ENOENT)
        return 0;
    if (fd < 0)
        return err_set(e, errno, "%s: %s", path, strerror(errno));
    r = check_file(fd, path, e);
    if (r == 0) {
        n = read(fd, line, sizeof line - 1);
        line[n > 0 ? strcspn(line, "\n") : 0] = '\0';
        take_line(t, line);
        t->stored = t->text[0] != '\0';
    }
    sodium_memzero(line, sizeof line);
    close(fd);
    return r;
}

/* Another name was typed: that one, as a guest. */
static bool
is_another(const struct cli_token *t, const struct cli_options *o)
{
    return o->name_typed && t->name[0] != '\0' &&
           !str_eq_nocase(str_of(o->name), str_of(t->name));
}

static int
find_stored(struct cli_token *t, const struct cli_options *o, cli_env_fn *env,
            struct err *e)
{
    char *path = cli_token_path(o, env);
    int r = path != NULL ? read_stored(t, path, e) : 0;

    if (is_another(t, o))
        cli_token_wipe(t);
    free(path);
    return r;
}

int
cli_token_find(struct cli_token *t, const struct cli_options *o,
               cli_env_fn *env, struct err *e)
{
    const char *given = env("LOQUAT_TOKEN");
    char line[CLI_SECRET_BYTES];
    int r = 0;

    *t = (struct cli_token){0};
    if (o->token_file != NULL && !o->elsewhere) {
        r = cli_secret_file(o->token_file, line, e);
        if (r == 0)
            take_line(t, line);
        sodium_memzero(line, sizeof line);
    } else if (o->guest) {
        r = 0;
    } else if (given != NULL && *given != '\0' && !o->elsewhere) {
        take_line(t, given);
    } else {
        r = find_stored(t, o, env, e);
    }
    return r;
}

/* ---- Writing ---- */

static bool
write_line(int fd, const char *token, const char *name)
{
    char line[CLI_SECRET_BYTES];
    int n = snprintf(line, sizeof line, "%s %s\n", token, name);
    bool right = n < (int)sizeof line && write(fd, line, (size_t)n) == n &&
                 fsync(fd) == 0;

    sodium_memzero(line, sizeof line);
    return right;
}

/* Beside the path, under a name that nobody else has. */
static int
write_new(const char *path, const char *token, const char *name)
{
    char fresh[PATH_BYTES];
    int fd, r = 0;

    if (snprintf(fresh, sizeof fresh, "%s.%ld", path, (long)getpid()) >=
        (int)sizeof fresh)
        return -ENAMETOOLONG;
    (void)unlink(fresh);          /* of a process of long ago */
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
              0600);
    if (fd < 0)
        return -errno;
    if (!write_line(fd, token, name) || rename(fresh, path) < 0) {
        r = errno != 0 ? -errno : -EIO;
        (void)unlink(fresh);
    }
    close(fd);
    return r;
}

int
cli_token_store(const struct cli_options *o, cli_env_fn *env,
                const char *token, const char *name, struct err *e)
{
    char *path = cli_token_path(o, env);
    int r;

    if (path == NULL)
        return err_set(e, ENOENT, "there is no folder to keep the token in: "
                       "XDG_STATE_HOME and HOME are not set");
    r = cli_folder_make(path) ? write_new(path, token, name) : -errno;
    if (r < 0)
        err_set(e, -r, "the token cannot be kept in %s: %s", path,
                strerror(-r));
    free(path);
    return r;
}

void
cli_token_forget(const struct cli_options *o, cli_env_fn *env)
{
    char *path = cli_token_path(o, env);

    if (path != NULL)
        (void)unlink(path);
    free(path);
}
