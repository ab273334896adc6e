/* The joined bloom of a recorded block, read without decoding it, is that of the logs in its receipts. */
#include "golden.h"

#include "chain/block.h"

static bloom bloom_of_logs(const chain_rules *rules, bytes raw)
{
    error_text why = {""};
    bloom all = {{0}};
    block *b = block_decode(rules, raw, (block_decode_options){TX_CHECK_NOTHING, true}, &why);
    if (b == NULL)
        fail_msg("%s", why.text);
    for (size_t i = 0; i < b->receipt_count; i++)
        for (size_t k = 0; k < b->receipts[i].log_count; k++)
            bloom_add_log(rules->suite, &all, &b->receipts[i].logs[k]);
    block_drop(b);
    return all;
}

static void blooms_are_those_of_the_logs(void **state)
{
    golden_chain *chain = golden_open(*state);
    size_t with_logs = 0;
    for (size_t i = 0; i < chain->block_count; i++) {
        bytes raw = chain->blocks[i].raw;
        bloom expected = bloom_of_logs(&chain->rules, raw), found, none = {{0}};
        assert_true(block_read_bloom(&chain->rules, raw, &found));
        assert_memory_equal(&found, &expected, sizeof found);
        with_logs += memcmp(&found, &none, sizeof none) != 0;
    }
    assert_true(with_logs > 5);
    golden_close(chain);
}

static void cut_blocks_are_refused(void **state)
{
    golden_chain *chain = golden_open(*state);
    size_t tried = 0;
    for (size_t i = 0; i < chain->block_count && tried < 3; i++) {
        bytes raw = chain->blocks[i].raw;
        bloom b = bloom_of_logs(&chain->rules, raw), none = {{0}}, found;
        if (memcmp(&b, &none, sizeof none) == 0)
            continue;
        tried++;
        for (size_t size = 0; size < raw.size; size++) {
            bytes cut = arena_copy(&chain->memory, bytes_of(raw.data, size)); /* a block of its own: reading on is seen */
            assert_false(block_read_bloom(&chain->rules, cut, &found));
        }
    }
    assert_int_equal(tried, 3);
    golden_close(chain);
}

int main(void)
{
    static char standard[] = "ecdsa1", national[] = "gm1", old[] = "v200";
    const struct CMUnitTest tests[] = {
        {"blooms of ecdsa1", blooms_are_those_of_the_logs, NULL, NULL, standard},
        {"blooms of gm1", blooms_are_those_of_the_logs, NULL, NULL, national},
        {"blooms of v200", blooms_are_those_of_the_logs, NULL, NULL, old},
        {"cut blocks of ecdsa1", cut_blocks_are_refused, NULL, NULL, standard},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
