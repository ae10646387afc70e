/* SPDX-License-Identifier: MIT */
#include "store/backup_format.h"

void
backup_manifest_write(const struct backup_manifest *m, struct buf *to)
{
    char sum[BODY_SUM_CHARS + 1];
    body_sum_write(m->database_sum, sum);
    must(buf_printf(to, "loquat-backup %llu\ntime %llu\ndatabase %llu %s\n"
                    "files %llu %llu\n", (unsigned long long)m->format,
                    (unsigned long long)m->time_ms,
                    (unsigned long long)m->database_bytes, sum,
                    (unsigned long long)m->files,
                    (unsigned long long)m->file_bytes) == 0);
}

void
backup_end_write(const struct backup_end *end, struct buf *to)
{
    char id[FILE_ID_CHARS + 1], sum[BODY_SUM_CHARS + 1];
    must(buf_printf(to, "absent %llu\n",
                    (unsigned long long)end->absent) == 0);
    for (size_t i = 0; i < end->damaged_n; i++) {
        file_id_write(&end->damaged[i].id, id);
        body_sum_write(end->damaged[i].sum, sum);
        must(buf_printf(to, "damaged %s %s\n", id, sum) == 0);
    }
    must(buf_append_str(to, str_of("end\n")) == 0);
}

/* The first line of *rest, without its end; false when there is none. */
static bool
take_line(struct str *rest, struct str *ret)
{
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    if (!end)
        return false;
    *ret = (struct str){rest->p, (size_t)(end - rest->p)};
    rest->n -= ret->n + 1;
    rest->p = end + 1;
    return true;
}

/* The next word of a line: words are parted by one blank. */
static struct str
take_word(struct str *line)
{
    const char *end = line->n ? memchr(line->p, ' ', line->n) : NULL;
    struct str word = {line->p, end ? (size_t)(end - line->p) : line->n};
    /* A blank at the end parts nothing, and stays. */
    size_t used = word.n + (end && word.n + 1 < line->n ? 1 : 0);
    line->p = used ? line->p + used : line->p;
    line->n -= used;
    return word;
}

static bool
take_key(struct str *line, const char *key)
{
    return str_eq(take_word(line), str_of(key));
}

static bool
take_number(struct str *line, uint64_t *ret)
{
    unsigned long long n;
    struct str word = take_word(line);
    if (!str_to_u64(word, INT64_MAX, &n) || (word.n > 1 && word.p[0] == '0'))
        return false;
    *ret = n;
    return true;
}

static bool
read_head(struct str *rest, uint64_t *ret)
{
    struct str line;
    return take_line(rest, &line) && take_key(&line, "loquat-backup")
        && take_number(&line, ret) && line.n == 0;
}

bool
backup_manifest_read(struct str s, struct backup_manifest *ret)
{
    struct backup_manifest m = {0};
    struct str line;
    if (!read_head(&s, &m.format))
        return false;
    if (m.format <= BACKUP_FORMAT) {
        if (!take_line(&s, &line) || !take_key(&line, "time")
            || !take_number(&line, &m.time_ms) || line.n > 0)
            return false;
        if (!take_line(&s, &line) || !take_key(&line, "database")
            || !take_number(&line, &m.database_bytes)
            || !body_sum_read(take_word(&line), m.database_sum) || line.n > 0)
            return false;
        if (!take_line(&s, &line) || !take_key(&line, "files")
            || !take_number(&line, &m.files)
            || !take_number(&line, &m.file_bytes) || line.n > 0 || s.n > 0)
            return false;
    }
    *ret = m;
    return true;
}

static bool
read_damaged(struct str *line, struct backup_damaged *ret)
{
    return take_key(line, "damaged") && file_id_read(take_word(line), &ret->id)
        && body_sum_read(take_word(line), ret->sum) && line->n == 0;
}

bool
backup_end_read(struct str s, struct backup_end *ret)
{
    struct str line;
    ret->damaged_n = 0;
    if (!take_line(&s, &line) || !take_key(&line, "absent")
        || !take_number(&line, &ret->absent) || line.n > 0)
        return false;
    while (take_line(&s, &line)) {
        if (str_eq(line, str_of("end")))
            return s.n == 0;
        if (ret->damaged_n == BACKUP_DAMAGED_MAX
            || !read_damaged(&line, &ret->damaged[ret->damaged_n]))
            return false;
        ret->damaged_n++;
    }
    return false;
}
