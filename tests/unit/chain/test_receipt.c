#include "test.h"

#include "chain/header.h"
#include "codec/rlp.h"
#include "support_chain.h"

static chain_rules newest(const crypto_suite *suite)
{
    return rules_at(suite, VERSION_OF(2, 11, 0));
}

/* spec/data-model.md 4.1, 12 */
static void the_smallest_receipt(void **state)
{
    (void)state;
    receipt r = {.gas_used = u256_of(21000)};
    chain_rules standard = newest(&crypto_standard), national = newest(&crypto_national);
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    receipt_encode(&standard, &r, &b);
    assert_int_equal(b.size, 323);
    assert_hash(receipt_hash(&standard, &r), "7b1ee0956b616eb6dc16e0d7d052ab2bc8536a77051c41818ff4c4ab20a97932");
    assert_hash(receipt_hash(&national, &r), "8db097a34aa5a2214f2b629c3bfadea37068b01e10e4aff3985c4c5e661317dd");
    buffer_free(&b);
}

/* spec/data-model.md 4.4 */
static void bloom_of_one_log(void **state)
{
    (void)state;
    static const unsigned bits[] = {323, 357, 589, 788, 1610, 1951};
    log_entry entry = {.topic_count = 1, .data = BYTES_OF_LITERAL("\x01")};
    memset(entry.from.b, 1, sizeof entry.from);
    memset(entry.topics[0].b, 2, sizeof entry.topics[0]);
    receipt r = {.gas_used = u256_of(21000), .logs = &entry, .log_count = 1};
    chain_rules rules = newest(&crypto_standard);
    receipt_set_bloom(rules.suite, &r);
    bloom expected = {{0}};
    for (size_t i = 0; i < COUNT(bits); i++)
        expected.b[255 - bits[i] / 8] |= (uint8_t)(1 << bits[i] % 8);
    assert_memory_equal(r.logs_bloom.b, expected.b, BLOOM_BYTES);
    assert_hash(receipt_hash(&rules, &r), "a0b146d48aceca3b6e62b2da2835bc830031ad782d584192fb5a91d0d988b671");
}

static receipt full_receipt(log_entry logs[2])
{
    receipt r = {.gas_used = u256_of(1), .status = 22, .output = BYTES_OF_LITERAL("out"), .remain_gas = u256_of(77), .logs = logs, .log_count = 2};
    memset(r.state_root.b, 7, 32);
    memset(r.contract_address.b, 8, 20);
    logs[0] = (log_entry){.topic_count = 4, .data = BYTES_OF_LITERAL("data")};
    logs[1] = (log_entry){.from = {{9}}};
    receipt_set_bloom(&crypto_standard, &r);
    return r;
}

static void receipts_come_back_and_truncations_do_not(void **state)
{
    (void)state;
    static const uint32_t versions[] = {VERSION_OF(2, 8, 0), VERSION_OF(2, 9, 0)};
    for (size_t i = 0; i < COUNT(versions); i++) {
        arena a = {0};
        log_entry logs[2];
        error_text why;
        chain_rules rules = rules_at(&crypto_standard, versions[i]);
        receipt r = full_receipt(logs), back;
        buffer b = buffer_init(BUFFER_NO_LIMIT), again = buffer_init(BUFFER_NO_LIMIT);
        receipt_encode(&rules, &r, &b);
        rlp_reader items = rlp_open_list(buffer_bytes(&b));
        assert_int_equal(rlp_count_items(&items), 7 + i);
        assert_true(receipt_decode(&rules, buffer_bytes(&b), &a, &back, &why));
        receipt_encode(&rules, &back, &again);
        assert_bytes_equal(buffer_bytes(&again), buffer_bytes(&b));
        assert_int_equal(back.log_count, 2);
        assert_int_equal(back.logs[0].topic_count, 4);
        assert_true(u256_equal(back.remain_gas, u256_of(i ? 77 : 0)));
        for (size_t size = 0; size < b.size; size++) {
            uint8_t *copy = malloc(size + 1);
            memcpy(copy, b.data, size);
            assert_false(receipt_decode(&rules, bytes_of(copy, size), &a, &back, &why));
            free(copy);
        }
        buffer_free(&b);
        buffer_free(&again);
        arena_reset(&a);
    }
}

/* A receipt whose last item is the given list of logs. */
static bool decodes_with_logs(const char *logs_hex)
{
    arena a = {0};
    chain_rules rules = newest(&crypto_standard);
    receipt r = {0}, back;
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    error_text why;
    receipt_encode(&rules, &r, &b);
    rlp_reader items = rlp_open_list(buffer_bytes(&b));
    for (int i = 0; i < 7; i++)
        rlp_read_item(&items);
    buffer changed = buffer_init(BUFFER_NO_LIMIT);
    size_t list = rlp_begin_list(&changed);
    buffer_append(&changed, bytes_of(b.data + 3, (size_t)(items.at - b.data) - 3));
    buffer_append(&changed, bytes_of_hex(&a, logs_hex));
    rlp_end_list(&changed, list);
    bool ok = receipt_decode(&rules, buffer_bytes(&changed), &a, &back, &why);
    buffer_free(&b);
    buffer_free(&changed);
    arena_reset(&a);
    return ok;
}

#define ADDRESS "940000000000000000000000000000000000000000"
#define TOPIC "a00000000000000000000000000000000000000000000000000000000000000000"

static void malformed_logs_are_refused(void **state)
{
    (void)state;
    assert_true(decodes_with_logs("c0"));
    assert_true(decodes_with_logs("d8d7" ADDRESS "c080"));
    assert_false(decodes_with_logs("80"));                       /* not a list */
    assert_false(decodes_with_logs("d6d5" ADDRESS));             /* two items are missing */
    assert_false(decodes_with_logs("d9d8" ADDRESS "c08080"));    /* four items */
    assert_false(decodes_with_logs("d8d7" ADDRESS "8080"));      /* topics are no list */
    assert_false(decodes_with_logs("d8d7" ADDRESS "c0c0"));      /* data is a list */
    assert_false(decodes_with_logs("dad9" ADDRESS "c281ff80"));  /* a short topic */
    assert_false(decodes_with_logs("c3c28080"));                 /* shorter than any log */
    assert_false(decodes_with_logs("f8bef8bc" ADDRESS "f8a5" TOPIC TOPIC TOPIC TOPIC TOPIC "80")); /* five topics */
}

static block_header full_header(bytes *extra, node_id *sealers)
{
    block_header h = {.number = INT64_MAX - 1, .gas_limit = u256_of(5), .gas_used = u256_of(5), .timestamp_ms = UINT64_MAX,
                      .extra_data = extra, .extra_count = 2, .sealer = U256_MAX, .sealers = sealers, .sealer_count = 2};
    memset(h.parent_hash.b, 1, 32);
    memset(h.db_hash.b, 5, 32);
    extra[0] = BYTES_OF_LITERAL("mark");
    extra[1] = BYTES_EMPTY;
    memset(sealers[1].b, 3, 64);
    return h;
}

/* spec/data-model.md 5 */
static void headers_come_back_and_truncations_do_not(void **state)
{
    (void)state;
    arena a = {0};
    bytes extra[2];
    node_id sealers[2] = {{{1}}};
    error_text why;
    block_header h = full_header(extra, sealers), back;
    buffer b = buffer_init(BUFFER_NO_LIMIT), again = buffer_init(BUFFER_NO_LIMIT);
    header_encode(&h, &b);
    assert_true(header_decode(buffer_bytes(&b), &a, &back, &why));
    block_header copy = header_copy(&a, &back);
    header_encode(&copy, &again);
    assert_bytes_equal(buffer_bytes(&again), buffer_bytes(&b));
    for (size_t size = 0; size < b.size; size++) {
        uint8_t *part = malloc(size + 1);
        memcpy(part, b.data, size);
        assert_false(header_decode(bytes_of(part, size), &a, &back, &why));
        free(part);
    }
    h.gas_used = u256_of(6);
    buffer_clear(&b);
    header_encode(&h, &b);
    assert_false(header_decode(buffer_bytes(&b), &a, &back, &why));
    assert_string_equal(why.text, "block header: gasUsed is above gasLimit");
    h.gas_used = u256_of(0);
    h.number = INT64_MAX;
    buffer_clear(&b);
    header_encode(&h, &b);
    assert_false(header_decode(buffer_bytes(&b), &a, &back, &why));
    assert_string_equal(why.text, "block header: number: wrong size");
    buffer_free(&b);
    buffer_free(&again);
    arena_reset(&a);
}

static void header_lists_are_limited(void **state)
{
    (void)state;
    arena a = {0};
    error_text why;
    block_header back, h = {.extra_count = HEADER_EXTRA_ITEMS_MAX + 1};
    h.extra_data = arena_take_array(&a, h.extra_count, sizeof *h.extra_data);
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    header_encode(&h, &b);
    assert_false(header_decode(buffer_bytes(&b), &a, &back, &why));
    h = (block_header){.sealer_count = HEADER_SEALERS_MAX + 1};
    h.sealers = arena_take_array(&a, h.sealer_count, sizeof *h.sealers);
    buffer_clear(&b);
    header_encode(&h, &b);
    assert_false(header_decode(buffer_bytes(&b), &a, &back, &why));
    assert_string_equal(why.text, "block header: 1001 sealers, at most 1000");
    buffer_free(&b);
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_smallest_receipt),
        cmocka_unit_test(bloom_of_one_log),
        cmocka_unit_test(receipts_come_back_and_truncations_do_not),
        cmocka_unit_test(malformed_logs_are_refused),
        cmocka_unit_test(headers_come_back_and_truncations_do_not),
        cmocka_unit_test(header_lists_are_limited),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
