/* SPDX-License-Identifier: MIT
 *
 * Files as the native vocabulary has them. */
#include "dialect/native/native_file_events.h"

#include "hub/attachment.h"

static char *
file_id_text(struct draft *d, const struct file_id *id)
{
    char *z = draft_take(d, FILE_ID_CHARS + 1);

    file_id_write(id, z);
    return z;
}

static Loquat__V1__FileInfo *
file_info(struct draft *d, const struct file_id *id, struct str name,
          uint64_t size)
{
    Loquat__V1__FileInfo *f =
        draft_piece(d, &loquat__v1__file_info__descriptor);

    f->id = file_id_text(d, id);
    f->name = draft_text(d, name);
    if (size != FILE_SIZE_UNKNOWN) {
        f->length_case = LOQUAT__V1__FILE_INFO__LENGTH_SIZE;
        f->size = size;
    }
    return f;
}

Loquat__V1__FileInfo *
native_file_of_facts(struct draft *d, const struct file_facts *facts,
                     struct str name)
{
    Loquat__V1__FileInfo *f = file_info(d, &facts->id, name, facts->size);

    if (facts->state == FILE_WHOLE)
        f->sha256 = (ProtobufCBinaryData){sizeof facts->sha256,
                                          (uint8_t *)facts->sha256};
    return f;
}

Loquat__V1__FileInfo *
native_file_of_body(struct draft *d, struct str body)
{
    Loquat__V1__FileInfo *f;
    struct attachment a;

    if (!attachment_read(body, &a))
        return NULL;
    f = file_info(d, &a.id, a.name, a.size);
    f->sha256.len = sizeof a.sha256;
    f->sha256.data = draft_take(d, sizeof a.sha256);
    memcpy(f->sha256.data, a.sha256, sizeof a.sha256);
    return f;
}

/* --- Of streams --------------------------------------------------------- */

struct slab *
native_putting(uint64_t request, uint32_t stream, const struct upload *u,
               uint64_t credit)
{
    struct draft d;
    Loquat__V1__Putting *p;

    draft_init(&d, NULL, DRAFT_BYTES + sizeof u->name);
    p = draft_body(&d, ENVELOPE_BODY(PUTTING));
    p->stream = stream;
    p->id = file_id_text(&d, &u->facts.id);
    p->ticket = (ProtobufCBinaryData){sizeof u->facts.ticket.b,
                                      (uint8_t *)u->facts.ticket.b};
    p->offset = u->offset;
    p->credit = credit;
    p->name = draft_text(&d, str_of(u->name));
    d.envelope.request = request;
    return draft_done(&d);
}

struct slab *
native_getting(uint64_t request, uint32_t stream, const struct download *down)
{
    struct draft d;
    Loquat__V1__Getting *g;

    draft_init(&d, NULL, DRAFT_BYTES + sizeof down->name +
                             sizeof down->sender);
    g = draft_body(&d, ENVELOPE_BODY(GETTING));
    g->stream = stream;
    g->file = native_file_of_facts(&d, &down->facts, str_of(down->name));
    g->whole = down->facts.state == FILE_WHOLE;
    g->sender = draft_text(&d, str_of(down->sender));
    d.envelope.request = request;
    return draft_done(&d);
}

struct slab *
native_credit(uint32_t stream, uint64_t bytes)
{
    struct draft d;
    Loquat__V1__Credit *credit;

    draft_init(&d, NULL, DRAFT_BYTES);
    credit = draft_body(&d, ENVELOPE_BODY(CREDIT));
    credit->stream = stream;
    credit->bytes = bytes;
    return draft_done(&d);
}

struct slab *
native_file_end(uint32_t stream, const uint8_t *sha256, enum deny deny,
                struct str detail)
{
    struct draft d;
    Loquat__V1__FileEnd *end;

    draft_init(&d, NULL, DRAFT_BYTES + detail.n);
    end = draft_body(&d, ENVELOPE_BODY(FILE_END));
    end->stream = stream;
    end->code = native_error_code(deny);
    if (sha256 != NULL)
        end->sha256 = (ProtobufCBinaryData){32, (uint8_t *)sha256};
    if (deny != DENY_NONE)
        end->text = native_sentence(&d, deny, detail);
    return draft_done(&d);
}
