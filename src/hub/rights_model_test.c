/* SPDX-License-Identifier: MIT
 *
 * Random deeds of random people in one room, and beside them a model of a page
 * that says what should come of them. After each deed everybody's role, and
 * whether they may read, is as in the model. */
#include "hub/rights_test.h"

enum { PEOPLE = 5, GUEST = 4, OPERATOR = 5, STEPS = 3000 };

static const char *const names[] = {"ann", "bob", "cleo", "eve", "dan"};

struct model {
    enum room_privacy privacy;
    enum room_role role[PEOPLE];
    bool invited[PEOPLE], banned[PEOPLE], inside[PEOPLE];
};

/* ---- the model ---- */

static bool
may_read(const struct model *m, int who)
{
    if (m->banned[who])
        return false;
    return m->privacy == ROOM_PUBLIC || m->role[who] != ROLE_NONE
        || m->invited[who];
}

static int
owner_of(const struct model *m)
{
    for (int i = 0; i < PEOPLE; i++) {
        if (m->role[i] == ROLE_OWNER)
            return i;
    }
    return -1;
}

static bool
has_role(const struct model *m, int who, enum room_role least)
{
    return who == OPERATOR || (may_read(m, who) && m->role[who] >= least);
}

static bool
outranks(const struct model *m, int who, int whom)
{
    return who == OPERATOR
        || (has_role(m, who, ROLE_MODERATOR) && m->role[who] > m->role[whom]);
}

static void
put_out(struct model *m, int whom)
{
    m->role[whom] = ROLE_NONE;
    m->invited[whom] = m->inside[whom] = false;
}

static void
model_ban(struct model *m, int who, int whom)
{
    if (!outranks(m, who, whom))
        return;
    put_out(m, whom);
    m->banned[whom] = true;
}

static void
model_role(struct model *m, int who, int whom, enum room_role role)
{
    int owner = owner_of(m);

    if (!has_role(m, who, ROLE_OWNER) || whom == GUEST
        || (m->banned[whom] && role != ROLE_NONE)
        || (whom == owner && role != ROLE_OWNER && who != OPERATOR))
        return;
    if (role == ROLE_NONE) {
        put_out(m, whom);
        return;
    }
    if (role == ROLE_OWNER && owner >= 0)
        m->role[owner] = ROLE_MODERATOR;
    m->role[whom] = role;
    m->invited[whom] = false;
}

static void
model_invite(struct model *m, int who, int whom)
{
    bool may = owner_of(m) >= 0 ? has_role(m, who, ROLE_MODERATOR)
                                : who == OPERATOR || may_read(m, who);

    if (may && !m->banned[whom] && m->role[whom] == ROLE_NONE)
        m->invited[whom] = true;
}

static void
model_join(struct model *m, int who)
{
    if (!may_read(m, who))
        return;
    m->inside[who] = true;
    if (who == GUEST || m->role[who] != ROLE_NONE)
        return;
    m->role[who] = ROLE_MEMBER;
    m->invited[who] = false;
}

static void
model_part(struct model *m, int who)
{
    int others = 0;

    for (int i = 0; i < PEOPLE; i++)
        others += i != who && m->role[i] != ROLE_NONE;
    if ((!m->inside[who] && m->role[who] == ROLE_NONE)
        || (m->role[who] == ROLE_OWNER && others > 0))
        return;
    m->inside[who] = false;
    m->role[who] = ROLE_NONE;
}

static void
model_privacy(struct model *m, int who, enum room_privacy privacy)
{
    if (!has_role(m, who, ROLE_OWNER))
        return;
    m->privacy = privacy;
    for (int i = 0; i < PEOPLE; i++) {
        if (privacy != ROOM_PUBLIC && m->inside[i] && i != GUEST
            && m->role[i] == ROLE_NONE)
            model_join(m, i);
        if (!may_read(m, i))
            m->inside[i] = false;
    }
}

/* ---- both ---- */

/* The same deeds each time. */
static uint32_t
roll(uint32_t bound)
{
    static uint64_t state = 5;

    state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (uint32_t)(state >> 33) % bound;
}

static uint64_t
session_of(int who)
{
    return who == OPERATOR ? 0 : (uint64_t)who + 1;
}

static void
step(struct play *p, struct model *m)
{
    static const char *const privacies[] = {"public", "private", "hidden"};
    int who = (int)roll(PEOPLE + 1), whom = (int)roll(PEOPLE);
    int choice = (int)roll(3);
    enum room_role role = (enum room_role)roll(ROLE_OWNER + 1);
    uint64_t s = session_of(who), t = session_of(whom);

    switch (roll(9)) {
    case 0:
        act(p, about_whom(p, COMMAND_REMOVE, s, "#cats", names[whom], NULL));
        if (outranks(m, who, whom))
            put_out(m, whom);
        break;
    case 1:
        act(p, banning(p, s, "#cats", names[whom], false, 0));
        model_ban(m, who, whom);
        break;
    case 2:
        act(p, about_whom(p, COMMAND_UNBAN, s, "#cats", names[whom], NULL));
        if (has_role(m, who, ROLE_MODERATOR))
            m->banned[whom] = false;
        break;
    case 3:
        act(p, giving(p, s, "#cats", names[whom], role));
        model_role(m, who, whom, role);
        break;
    case 4:
        act(p, about_whom(p, COMMAND_INVITE, s, "#cats", names[whom], NULL));
        model_invite(m, who, whom);
        break;
    case 5:
        act(p, play_command(p, COMMAND_PART, t, "#cats", NULL, NULL));
        model_part(m, whom);
        break;
    case 6:
        act(p, setting(p, s, "#cats", SETTING_PRIVACY, privacies[choice]));
        model_privacy(m, who, (enum room_privacy)choice);
        break;
    default:
        act(p, joining(p, t, "#cats"));
        model_join(m, whom);
    }
}

static void
expect_same(struct play *p, const struct model *m, int who)
{
    struct command *c = play_command(p, COMMAND_HISTORY, session_of(who),
                                     "#cats", NULL, NULL);
    struct read_job *job;

    act(p, c);
    job = hub_take_jobs(p->hub);
    if ((job != NULL) != may_read(m, who)
        || (job != NULL && job->grant.role != m->role[who]))
        fail_msg("%s: role %d, got %d%s", names[who], (int)m->role[who],
                 job ? job->grant.role : -1, may_read(m, who) ? "" : " none");
    free(job);
}

static void
random_deeds_come_to_what_the_model_says(void **state)
{
    struct play *p = *state;
    struct model m = {.role = {ROLE_OWNER, ROLE_MEMBER, ROLE_MEMBER}};

    p->options.gather_above = 100;
    play_restart(p);
    for (int i = 0; i < PEOPLE; i++) {
        if (i == GUEST)
            enter(p, session_of(i), names[i]);
        else
            rights_enter(p, session_of(i), (unsigned)i + 1, names[i]);
        if (i < 3)
            join(p, session_of(i), "#cats");
        m.inside[i] = i < 3;
    }
    for (int n = 0; n < STEPS; n++) {
        step(p, &m);
        for (int i = 0; i < PEOPLE; i++)
            expect_same(p, &m, i);
        forget(p);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        play_test(random_deeds_come_to_what_the_model_says),
    };

    return cmocka_run_group_tests(tests, play_group, NULL);
}
