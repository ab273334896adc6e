/* Replays recorded chains: every header, receipt and row must be those of the C++ node. */
#include "support_replay.h"

static void replay_all(const char *name)
{
    replay *r = replay_open(name);
    size_t different = 0;
    while ((size_t)r->head.number + 1 < r->golden->block_count)
        different += !replay_next(r);
    assert_int_equal(different, 0);
    assert_int_equal(replay_compare_rows(r), 0);
    replay_close(r);
}

static void replays_ecdsa1(void **state)
{
    (void)state;
    replay_all("ecdsa1");
}

int main(int argc, char **argv)
{
    if (argc > 1) {
        replay_all(argv[1]);
        return 0;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replays_ecdsa1),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
