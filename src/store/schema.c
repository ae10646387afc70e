/* SPDX-License-Identifier: MIT
 *
 * The tables and the way to them. Foreign keys are not yet enforced while a
 * step runs, so that a later step may rebuild a table that others refer to. */
#include "store/schema.h"

#include "store/db.h"
#include "store/folder.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* messages.id is the position in the log of all rooms; (room_id, seq) is the
 * place in one. rooms.last_seq is only a floor under max(seq), raised when old
 * messages are deleted: a seq is never given twice. */
const char *const schema_steps[SCHEMA_VERSION] = {
    "CREATE TABLE meta("
    "  k TEXT PRIMARY KEY,"
    "  v ANY NOT NULL"
    ") STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES('epoch', random());"

    "CREATE TABLE rooms("
    "  id INTEGER PRIMARY KEY,"
    "  kind INTEGER NOT NULL,"
    "  name TEXT NOT NULL,"
    "  key TEXT NOT NULL UNIQUE,"
    "  topic TEXT NOT NULL,"
    "  last_seq INTEGER NOT NULL,"
    "  created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX rooms_by_kind ON rooms(kind);"

    "CREATE TABLE messages("
    "  id INTEGER PRIMARY KEY,"
    "  room_id INTEGER NOT NULL REFERENCES rooms(id),"
    "  seq INTEGER NOT NULL,"
    "  ts INTEGER NOT NULL,"
    "  sender_id INTEGER NOT NULL,"
    "  sender TEXT NOT NULL,"
    "  cid BLOB,"
    "  kind INTEGER NOT NULL,"
    "  body TEXT NOT NULL,"
    "  UNIQUE(room_id, seq)"
    ") STRICT;"
    "CREATE UNIQUE INDEX messages_by_cid ON messages(sender_id, cid)"
    "  WHERE cid IS NOT NULL;",

    /* By id first: ids that begin with their time, of whichever sender, then
     * go to one end of the index instead of each to a page of its own. */
    "DROP INDEX messages_by_cid;"
    "CREATE UNIQUE INDEX messages_by_cid ON messages(cid, sender_id)"
    "  WHERE cid IS NOT NULL;",

    /* A file's state is 1 while it arrives and 2 once it is whole; its size is
     * NULL while nobody knows it. usage is the sum of `reserved`, kept so that
     * a quota is one look-up: scope 0 = everything, 1 = an owner, 2 = a
     * room. */
    "CREATE TABLE files("
    "  id INTEGER PRIMARY KEY,"
    "  pub BLOB NOT NULL UNIQUE,"
    "  ticket BLOB NOT NULL,"
    "  room_id INTEGER NOT NULL REFERENCES rooms(id),"
    "  owner_id INTEGER NOT NULL,"
    "  owner TEXT NOT NULL,"
    "  name TEXT NOT NULL,"
    "  size INTEGER,"
    "  reserved INTEGER NOT NULL,"
    "  sha256 BLOB,"
    "  state INTEGER NOT NULL,"
    "  resumable INTEGER NOT NULL,"
    "  seq INTEGER NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX files_by_room ON files(room_id, seq) WHERE state = 2;"
    "CREATE INDEX files_arriving ON files(expires) WHERE state = 1;"

    "CREATE TABLE usage("
    "  scope INTEGER NOT NULL,"
    "  id INTEGER NOT NULL,"
    "  bytes INTEGER NOT NULL,"
    "  PRIMARY KEY(scope, id)"
    ") STRICT, WITHOUT ROWID;",

    /* AUTOINCREMENT where rows are dropped: what named one must never name
     * another, also after a restart. An account's row stays for ever, but its
     * number is who said what. What 0 says in a record is NULL here, so that
     * the references hold. first_seq only rises, with the messages that go. */
    "CREATE TABLE accounts("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  name TEXT NOT NULL,"
    "  key TEXT NOT NULL UNIQUE,"
    "  pwhash TEXT NOT NULL,"
    "  state INTEGER NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  invited_by INTEGER REFERENCES accounts(id)"
    ") STRICT;"

    "CREATE TABLE devices("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  account_id INTEGER NOT NULL REFERENCES accounts(id),"
    "  name TEXT NOT NULL,"
    "  token_hash BLOB NOT NULL UNIQUE,"
    "  room_id INTEGER REFERENCES rooms(id),"
    "  scope INTEGER NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  seen INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX devices_by_account ON devices(account_id, id);"

    "CREATE TABLE invitations("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  code_hash BLOB NOT NULL UNIQUE,"
    "  author INTEGER REFERENCES accounts(id),"
    "  uses_left INTEGER NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL"
    ") STRICT;"

    "ALTER TABLE rooms ADD COLUMN privacy INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD COLUMN description TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE rooms ADD COLUMN from_joining INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD COLUMN closed INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD COLUMN slow_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD COLUMN keep_ms INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD COLUMN keep_n INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE rooms ADD COLUMN first_seq INTEGER NOT NULL DEFAULT 0;"

    "CREATE TABLE members("
    "  room_id INTEGER NOT NULL REFERENCES rooms(id),"
    "  sender_id INTEGER NOT NULL,"
    "  role INTEGER NOT NULL,"
    "  from_seq INTEGER NOT NULL,"
    "  read_seq INTEGER NOT NULL,"
    "  PRIMARY KEY(room_id, sender_id)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX members_by_sender ON members(sender_id);"

    "CREATE TABLE restrictions("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  kind INTEGER NOT NULL,"
    "  room_id INTEGER REFERENCES rooms(id),"
    "  sender_id INTEGER NOT NULL,"
    "  address BLOB NOT NULL,"
    "  prefix INTEGER NOT NULL,"
    "  subject TEXT NOT NULL,"
    "  reason TEXT NOT NULL,"
    "  author TEXT NOT NULL,"
    "  created INTEGER NOT NULL,"
    "  expires INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX restrictions_by_room ON restrictions(room_id, id);"

    "CREATE TABLE audit("
    "  id INTEGER PRIMARY KEY,"
    "  ts INTEGER NOT NULL,"
    "  actor TEXT NOT NULL,"
    "  action TEXT NOT NULL,"
    "  target TEXT NOT NULL,"
    "  detail TEXT NOT NULL"
    ") STRICT;",
};

int
schema_identify(sqlite3 *db, int known, int *ret, struct err *e)
{
    int64_t application, version, objects;
    int r = db_int(db, "PRAGMA application_id", &application, e);
    if (r == 0)
        r = db_int(db, "PRAGMA user_version", &version, e);
    if (r == 0)
        r = db_int(db, "SELECT count(*) FROM sqlite_schema", &objects, e);
    if (r < 0)
        return r;

    const char *path = sqlite3_db_filename(db, "main");
    bool empty = application == 0 && version == 0 && objects == 0;
    bool ours = application == SCHEMA_APPLICATION_ID && version > 0;
    if (!empty && !ours)
        return err_set(e, EINVAL, "\"%s\" is another program's database",
                       path);
    if (version > known)
        return err_set(e, EINVAL, "\"%s\" was written by a newer loquatd "
                       "(schema %d, this program knows %d)", path,
                       (int)version, known);
    *ret = (int)version;
    return 0;
}

static int
sync_file(const char *path)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    int r = fchmod(fd, 0600) < 0 || fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}

/* The copy gets its name only when it is whole and on the disk. */
static int
publish(const char *part, const char *path, struct err *e)
{
    int r = sync_file(part);
    if (r == 0 && rename(part, path) < 0)
        r = -errno;
    if (r < 0)
        return err_set(e, -r, "cannot keep the copy \"%s\": %s", path,
                       strerror(-r));
    return folder_sync(path, e);
}

static int
back_up(sqlite3 *db, int version, struct err *e)
{
    char *path, *part;
    must(asprintf(&path, "%s.schema%d", sqlite3_db_filename(db, "main"),
                  version) >= 0);
    must(asprintf(&part, "%s.part", path) >= 0);
    unlink(part);
    int r = db_vacuum_into(db, part, e);
    if (r == 0)
        r = publish(part, path, e);
    if (r < 0)
        unlink(part);
    free(part);
    free(path);
    return r;
}

static int
climb(sqlite3 *db, const char *step, int to, struct err *e)
{
    char seal[96];
    snprintf(seal, sizeof seal,
             "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
             SCHEMA_APPLICATION_ID, to);
    int r = db_exec(db, "BEGIN IMMEDIATE", e);
    if (r == 0)
        r = db_exec(db, step, e);
    if (r == 0)
        r = db_exec(db, seal, e);
    if (!sqlite3_get_autocommit(db))
        sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
    return r;
}

int
schema_open_current(const char *path, sqlite3 **ret, struct err *e)
{
    sqlite3 *db;
    int version;
    int r = db_open(path, SQLITE_OPEN_READONLY, &db, e);
    if (r < 0)
        return r;
    r = schema_identify(db, SCHEMA_VERSION, &version, e);
    if (r == 0 && version != SCHEMA_VERSION)
        r = err_set(e, EINVAL, "\"%s\" has not been brought up to date", path);
    if (r == 0)
        r = db_exec(db, "PRAGMA wal_autocheckpoint = 0;"
                    "PRAGMA cache_size = -65536;"
                    "PRAGMA temp_store = MEMORY;"
                    "PRAGMA trusted_schema = OFF", e);
    if (r < 0)
        must(sqlite3_close(db) == SQLITE_OK);
    else
        *ret = db;
    return r;
}

int
schema_upgrade(sqlite3 *db, const char *const *steps, int from, int to,
               struct err *e)
{
    must(0 <= from && from <= to);
    if (from > 0 && from < to) {
        int r = back_up(db, from, e);
        if (r < 0)
            return r;
    }
    for (int v = from; v < to; v++) {
        int r = climb(db, steps[v], v + 1, e);
        if (r < 0)
            return r;
    }
    return 0;
}
