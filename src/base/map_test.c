/* SPDX-License-Identifier: MIT
 *
 * struct map, and the randomness under it. */
#include "base/abort_test.h"
#include "base/list.h"
#include "base/map.h"
#include "base/rand.h"

enum { MANY = 10000 };

static char values[MANY];

static void
a_number_is_found_until_it_is_removed(void **state)
{
    struct map m;

    (void)state;
    map_init(&m);
    assert_null(map_get_u64(&m, 1));
    assert_null(map_del_u64(&m, 1));
    map_put_u64(&m, 0, &values[0]);
    map_put_u64(&m, UINT64_MAX, &values[1]);

    assert_ptr_equal(map_get_u64(&m, 0), &values[0]);
    assert_ptr_equal(map_get_u64(&m, UINT64_MAX), &values[1]);
    assert_null(map_get_u64(&m, 1));
    assert_ptr_equal(map_del_u64(&m, 0), &values[0]);
    assert_null(map_del_u64(&m, 0));
    assert_null(map_get_u64(&m, 0));
    assert_int_equal(m.count, 1);
    map_done(&m);
}

static void
bytes_are_found_by_their_content(void **state)
{
    char key[] = "#lobby", same[] = "#lobby";
    struct map m;

    (void)state;
    map_init(&m);
    assert_null(map_get_str(&m, str_of("x")));
    map_put_str(&m, str_of(key), &values[0]);
    map_put_str(&m, (struct str){"a\0b", 3}, &values[1]);
    map_put_str(&m, str_of(NULL), &values[2]);

    assert_ptr_equal(map_get_str(&m, str_of(same)), &values[0]);
    assert_ptr_equal(map_get_str(&m, (struct str){"a\0b", 3}), &values[1]);
    assert_ptr_equal(map_get_str(&m, str_of("")), &values[2]);
    assert_null(map_get_str(&m, (struct str){"a\0c", 3}));
    assert_null(map_get_str(&m, str_of("#lobb")));
    assert_ptr_equal(map_del_str(&m, str_of(same)), &values[0]);
    assert_null(map_get_str(&m, str_of(key)));
    map_done(&m);
}

static void
a_map_shrinks_after_it_has_grown(void **state)
{
    struct map m;

    (void)state;
    map_init(&m);
    for (uint64_t i = 0; i < MANY; i++)
        map_put_u64(&m, i, &values[i]);
    assert_int_equal(m.count, MANY);
    assert_int_equal(m.cap, 16384);
    for (uint64_t i = 0; i < MANY; i++)
        assert_ptr_equal(map_get_u64(&m, i), &values[i]);
    for (uint64_t i = 0; i < MANY; i++)
        assert_ptr_equal(map_del_u64(&m, i), &values[i]);

    assert_int_equal(m.count, 0);
    assert_true(m.cap <= 8);
    map_done(&m);
}

static void
a_map_is_at_most_seven_eighths_full(void **state)
{
    struct map m;

    (void)state;
    map_init(&m);
    for (uint64_t i = 0; i < 7; i++)
        map_put_u64(&m, i, &values[i]);
    assert_int_equal(m.cap, 8);
    map_put_u64(&m, 7, &values[7]);

    assert_int_equal(m.cap, 16);
    for (uint64_t i = 0; i < 8; i++)
        assert_ptr_equal(map_get_u64(&m, i), &values[i]);
    map_done(&m);
}

/* A million connections are in four maps each. */
static void
a_slot_is_small(void **state)
{
    struct map numbers, names;

    (void)state;
    map_init(&numbers);
    map_init(&names);
    map_put_u64(&numbers, 1, &values[0]);
    map_put_str(&names, str_of("a"), &values[0]);

    assert_int_equal(numbers.slot_bytes, 16);
    assert_int_equal(names.slot_bytes, 24);
    map_done(&numbers);
    map_done(&names);
}

/* Against an array as the model: whatever is put and removed in whatever
 * order, the map agrees. Small key ranges make long runs and wrap-arounds. */
static void
random_changes_agree_with_a_plain_array(void **state)
{
    static const uint32_t ranges[] = {6, 12, 100, 1000};
    struct map m;

    (void)state;
    for (size_t r = 0; r < sizeof(ranges) / sizeof(ranges[0]); r++) {
        bool in[1000] = {false};

        map_init(&m);
        for (int i = 0; i < 20000; i++) {
            uint32_t k = rand_below(ranges[r]);
            uint32_t probe = rand_below(ranges[r]);

            if (in[k])
                assert_ptr_equal(map_del_u64(&m, k), &values[k]);
            else
                map_put_u64(&m, k, &values[k]);
            in[k] = !in[k];
            assert_ptr_equal(map_get_u64(&m, probe),
                             in[probe] ? &values[probe] : NULL);
        }
        for (uint32_t k = 0; k < ranges[r]; k++)
            assert_ptr_equal(map_get_u64(&m, k), in[k] ? &values[k] : NULL);
        map_done(&m);
    }
}

/* The same for names, whose slots are laid out differently. */
static void
random_names_agree_with_a_plain_array(void **state)
{
    static char names[100][8];
    bool in[100] = {false};
    struct map m;

    (void)state;
    map_init(&m);
    for (int i = 0; i < 100; i++)
        snprintf(names[i], sizeof(names[i]), "n%d", i);
    for (int i = 0; i < 20000; i++) {
        uint32_t k = rand_below(100), probe = rand_below(100);
        char copy[8];

        memcpy(copy, names[k], sizeof(copy));
        if (in[k])
            assert_ptr_equal(map_del_str(&m, str_of(copy)), &values[k]);
        else
            map_put_str(&m, str_of(names[k]), &values[k]);
        in[k] = !in[k];
        memcpy(copy, names[probe], sizeof(copy));
        assert_ptr_equal(map_get_str(&m, str_of(copy)),
                         in[probe] ? &values[probe] : NULL);
    }
    map_done(&m);
}

static void
a_walk_meets_every_value_once(void **state)
{
    static char seen[MANY], keys[MANY][16];
    size_t pos = 0, met = 0;
    struct map m;
    char *v;

    (void)state;
    map_init(&m);
    assert_null(map_next(&m, &pos));
    for (int i = 0; i < MANY; i++) {
        snprintf(keys[i], sizeof(keys[i]), "u%d", i);
        map_put_str(&m, str_of(keys[i]), &values[i]);
    }
    for (pos = 0; (v = map_next(&m, &pos)) != NULL; met++)
        assert_int_equal(seen[v - values]++, 0);

    assert_int_equal(met, MANY);
    map_done(&m);
}

static void
put_one(void *map)
{
    map_put_u64(map, 1, &values[1]);
}

static void
put_name(void *map)
{
    map_put_str(map, str_of("one"), &values[1]);
}

static void
putting_a_key_twice_is_our_bug(void **state)
{
    struct map m;

    (void)state;
    map_init(&m);
    map_put_u64(&m, 1, &values[0]);
    expect_abort(put_one, &m);
    map_done(&m);
}

static void
mixing_the_kinds_of_key_is_our_bug(void **state)
{
    struct map m;

    (void)state;
    map_init(&m);
    map_put_u64(&m, 1, &values[0]);
    map_del_u64(&m, 1);
    expect_abort(put_name, &m);
    map_done(&m);
}

static void
a_fingerprint_is_stable_and_positive(void **state)
{
    uint64_t a = rand_fingerprint("secret", 6);

    (void)state;
    assert_true(a == rand_fingerprint("secret", 6));
    assert_true(a != rand_fingerprint("secreT", 6));
    /* BLAKE2b-256("") = 0e5751c026e543b2..., little-endian, top bit off */
    assert_true(rand_fingerprint(NULL, 0) == 0x3243e526c051570e);
    for (int i = 0; i < 1000; i++)
        assert_true((int64_t)rand_fingerprint(&i, sizeof(i)) > 0);
}

static void
random_numbers_stay_below_their_bound(void **state)
{
    int count[3] = {0};

    (void)state;
    for (int i = 0; i < 3000; i++)
        count[rand_below(3)]++;
    for (int i = 0; i < 3; i++)
        assert_in_range(count[i], 800, 1200);
    assert_int_equal(rand_below(1), 0);
    assert_true(rand_u64() != rand_u64());
}

/* Runs of numbers are what ids are: their low bits must spread. */
static void
neighbouring_numbers_hash_apart(void **state)
{
    static int count[256];

    (void)state;
    for (uint64_t i = 0; i < 25600; i++)
        count[rand_hash_u64(i) & 255]++;
    for (int i = 0; i < 256; i++)
        assert_in_range(count[i], 20, 300);
}

struct item {
    int number;
    struct list in;
};

static void
a_list_keeps_order_and_forgives_double_removal(void **state)
{
    struct item items[4];
    struct list head;
    int sum = 0;

    (void)state;
    list_init(&head);
    for (int i = 0; i < 4; i++) {
        items[i].number = i;
        list_push(&head, &items[i].in);
    }
    list_remove(&items[1].in);
    list_remove(&items[1].in);
    list_each(it, next, &head) {
        struct item *item = list_entry(it, struct item, in);

        sum = sum * 10 + item->number;
        list_remove(it);
    }
    assert_int_equal(sum, 23);
    assert_true(list_empty(&head));
}

static int
start(void **state)
{
    (void)state;
    rand_init();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_number_is_found_until_it_is_removed),
        cmocka_unit_test(bytes_are_found_by_their_content),
        cmocka_unit_test(a_map_shrinks_after_it_has_grown),
        cmocka_unit_test(a_map_is_at_most_seven_eighths_full),
        cmocka_unit_test(a_slot_is_small),
        cmocka_unit_test(random_changes_agree_with_a_plain_array),
        cmocka_unit_test(random_names_agree_with_a_plain_array),
        cmocka_unit_test(a_walk_meets_every_value_once),
        cmocka_unit_test(putting_a_key_twice_is_our_bug),
        cmocka_unit_test(mixing_the_kinds_of_key_is_our_bug),
        cmocka_unit_test(a_fingerprint_is_stable_and_positive),
        cmocka_unit_test(random_numbers_stay_below_their_bound),
        cmocka_unit_test(neighbouring_numbers_hash_apart),
        cmocka_unit_test(a_list_keeps_order_and_forgives_double_removal),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
