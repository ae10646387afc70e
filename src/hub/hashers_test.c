/* SPDX-License-Identifier: MIT
 *
 * The hashers, with real threads and the lowest costs. The core is the test:
 * core_operate() is a list and a semaphore. */
#include "hub/hashers.h"

#include "auth/password.h"
#include "base/limits.h"
#include "base/must.h"
#include "base/rand.h"
#include "hub/core.h"
#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include <cmocka.h>

enum { PATIENCE_S = 20 };

static sem_t returned;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct command *commands, **end = &commands;
static int niceness;
static struct core *const the_core = (struct core *)&returned;

void __wrap_core_operate(struct core *c, struct command *cmd);

void
__wrap_core_operate(struct core *c, struct command *cmd)
{
    must(c == the_core);
    pthread_mutex_lock(&lock);
    niceness = getpriority(PRIO_PROCESS, 0);
    *end = cmd;
    end = &cmd->next;
    pthread_mutex_unlock(&lock);
    sem_post(&returned);
}

/* The next command that came back; waits for it. Returns owned. */
static struct command *
receive(void)
{
    struct timespec until;
    struct command *c;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += PATIENCE_S;
    while (sem_timedwait(&returned, &until) < 0)
        assert_int_equal(errno, EINTR);
    pthread_mutex_lock(&lock);
    c = commands;
    commands = c->next;
    if (commands == NULL)
        end = &commands;
    pthread_mutex_unlock(&lock);
    c->next = NULL;
    return c;
}

static int
group_setup(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

static int
setup(void **state)
{
    struct hashers *h = NULL;

    password_set_costs(1, 8);
    sem_init(&returned, 0, 0);
    assert_int_equal(hashers_start(2, &h, NULL), 0);
    hashers_set_core(h, the_core);
    *state = h;
    return 0;
}

static int
teardown(void **state)
{
    hashers_stop((struct hashers **)state);
    command_free_all(commands);
    commands = NULL;
    end = &commands;
    sem_destroy(&returned);
    return 0;
}

static struct hash_job *
job_new(enum command_kind kind, const char *against, const char *password,
        const char *fresh)
{
    struct str none = {0};
    struct hash_job *job = must_alloc(sizeof *job);
    struct login *l;

    job->command = command_new_login(kind, none, str_of("bob"), none,
                                     LOGIN_PASSWORD);
    l = job->command->login;
    snprintf(l->against, sizeof l->against, "%s", against);
    snprintf(l->password, sizeof l->password, "%s", password);
    snprintf(l->fresh, sizeof l->fresh, "%s", fresh);
    return job;
}

static bool
is_wiped(const struct login *l)
{
    for (size_t i = 0; i < sizeof l->password; i++) {
        if (l->password[i] != 0 || l->fresh[i] != 0)
            return false;
    }
    return true;
}

static bool
verified(struct hashers *h, const char *against, const char *password)
{
    struct hash_job *job = job_new(COMMAND_LOGIN, against, password, "");
    struct command *c;
    bool fine;

    job->verify = true;
    hashers_submit(h, job);
    c = receive();
    fine = c->login->verified;
    assert_true(is_wiped(c->login));
    assert_string_equal(c->login->against, against);
    assert_string_equal(c->login->hash, "");
    command_free(&c);
    return fine;
}

static void
a_password_is_verified_and_wiped(void **state)
{
    char hash[PASSWORD_HASH_BYTES];

    assert_true(password_hash("correct horse", hash, sizeof hash));
    assert_true(verified(*state, hash, "correct horse"));
    assert_false(verified(*state, hash, "wrong horse"));
    assert_false(verified(*state, "", "correct horse"));
}

static void
a_registering_one_gets_its_hash(void **state)
{
    struct hash_job *job = job_new(COMMAND_REGISTER, "", "correct horse", "");
    struct command *c;

    job->make = true;
    hashers_submit(*state, job);
    c = receive();
    assert_true(is_wiped(c->login));
    assert_true(password_verify(c->login->hash, "correct horse"));
    assert_false(c->login->verified);
    command_free(&c);
}

static void
a_new_password_is_hashed_when_the_old_one_is_right(void **state)
{
    char hash[PASSWORD_HASH_BYTES];

    assert_true(password_hash("correct horse", hash, sizeof hash));
    for (int right = 0; right < 2; right++) {
        struct hash_job *job =
            job_new(COMMAND_PASSWORD, hash, right ? "correct horse" : "wrong",
                    "another horse");
        struct command *c;

        job->verify = job->make = true;
        hashers_submit(*state, job);
        c = receive();
        assert_true(is_wiped(c->login));
        assert_int_equal(c->login->verified, right);
        assert_int_equal(password_verify(c->login->hash, "another horse"),
                         right);
        command_free(&c);
    }
}

static void
a_chain_comes_back_whole(void **state)
{
    struct hash_job *jobs = NULL;
    bool seen[LIMIT_HASHES] = {0};

    for (uint64_t i = 0; i < LIMIT_HASHES; i++) {
        struct hash_job *job = job_new(COMMAND_LOGIN, "", "x", "");

        job->command->session = i;
        job->verify = true;
        job->next = jobs;
        jobs = job;
    }
    hashers_submit(*state, jobs);
    hashers_submit(*state, NULL);
    for (int i = 0; i < LIMIT_HASHES; i++) {
        struct command *c = receive();

        assert_false(seen[c->session]);
        seen[c->session] = true;
        command_free(&c);
    }
}

static void
they_are_nicer_than_others(void **state)
{
    int before = getpriority(PRIO_PROCESS, 0);

    verified(*state, "", "x");
    assert_int_equal(niceness, before > 10 ? before : 10);
    assert_int_equal(getpriority(PRIO_PROCESS, 0), before);
}

/* What ran came back, what waited is gone; nothing leaks. */
static void
stopping_drops_what_waits(void **state)
{
    struct hash_job *jobs = NULL;

    for (int i = 0; i < 1000; i++) {
        struct hash_job *job = job_new(COMMAND_LOGIN, "", "x", "");

        job->verify = true;
        job->next = jobs;
        jobs = job;
    }
    hashers_submit(*state, jobs);
    hashers_stop((struct hashers **)state);
    assert_null(*state);
    hashers_stop((struct hashers **)state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_password_is_verified_and_wiped,
                                        setup, teardown),
        cmocka_unit_test_setup_teardown(a_registering_one_gets_its_hash, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(
            a_new_password_is_hashed_when_the_old_one_is_right, setup,
            teardown),
        cmocka_unit_test_setup_teardown(a_chain_comes_back_whole, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(they_are_nicer_than_others, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(stopping_drops_what_waits, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, group_setup, NULL);
}
