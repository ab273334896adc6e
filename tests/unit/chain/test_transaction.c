#include "test.h"

#include "codec/hex.h"
#include "codec/rlp.h"
#include "support_chain.h"

static const char signed_example[] =
    "f8630701028201f494" "0101010101010101010101010101010101010101" "80090101801ca0b0e39c971c7ee35e46ede18d34d7eb6772dd5f0f"
    "cc59932cf9a8297359bfbedba02d402ba3363c92866558c6fbbaa6fcbb5bdb3c53bba28d087b397f269f52296a";

static chain_rules newest(void)
{
    return rules_at(&crypto_standard, VERSION_OF(2, 11, 0));
}

/* spec/data-model.md 12 B */
static void the_worked_example_is_signed_and_hashed_as_printed(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = newest();
    transaction_fields f = example_fields(7);
    transaction *tx = transaction_sign(&rules, &f, &key_one);
    assert_non_null(tx);
    assert_bytes_equal(tx->raw, bytes_of_hex(&a, signed_example));
    assert_hash(tx->signing_hash, "d683c9d2f09c945c749ae889fa246dd298abc2dd46b38aba89d28a726d4948ab");
    assert_hash(tx->hash, "a04a228972b12cb58409dc370c57fd206603ee8bd68d911c56c911a90b237f5f");
    assert_true(tx->sender_known);
    assert_bytes_equal(BYTES_OF_VALUE(tx->sender), bytes_of_hex(&a, "7e5f4552091a69125d5dfcb7b8c2659029395bdf"));
    transaction_drop(tx);
    arena_reset(&a);
}

static void the_worked_example_on_a_national_chain(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = rules_at(&crypto_national, VERSION_OF(2, 11, 0));
    transaction_fields f = example_fields(7);
    transaction *tx = transaction_sign(&rules, &f, &key_one);
    assert_non_null(tx);
    assert_hash(tx->signing_hash, "c3a79cf3a6888b65aa272adcdf1ce579757fe5679d790950b1b9e6902de4eb55");
    assert_bytes_equal(BYTES_OF_VALUE(tx->sender), bytes_of_hex(&a, "e321dedcc72761be1bbf16159f679ffd98183a69"));
    assert_int_equal(tx->signature.size, 128);
    transaction *back = transaction_decode(&rules, tx->raw, TX_CHECK_EVERYTHING, NULL, NULL);
    assert_non_null(back);
    assert_memory_equal(back->hash.b, tx->hash.b, 32);
    transaction_drop(back);
    transaction_drop(tx);
    arena_reset(&a);
}

/* QUIRK of spec/data-model.md 3.1: a public key without its leading zero bytes is accepted and hashed in full width. */
static void a_short_national_key_is_padded(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = rules_at(&crypto_national, VERSION_OF(2, 11, 0));
    buffer full = buffer_init(BUFFER_NO_LIMIT), cut = buffer_init(BUFFER_NO_LIMIT);
    for (int is_cut = 0; is_cut < 2; is_cut++) {
        buffer *b = is_cut ? &cut : &full;
        transaction_fields f = example_fields(7);
        uint8_t key[64] = {0, 5, 6};
        buffer fields = buffer_init(BUFFER_NO_LIMIT);
        transaction_encode_unsigned(&rules, &f, &fields);
        rlp_reader r = rlp_open_list(buffer_bytes(&fields));
        size_t list = rlp_begin_list(b);
        buffer_append(b, bytes_of(r.at, (size_t)(r.end - r.at)));
        rlp_write_string(b, bytes_of(key + is_cut, sizeof key - (size_t)is_cut));
        rlp_write_uint(b, 1);
        rlp_write_uint(b, 2);
        rlp_end_list(b, list);
        buffer_free(&fields);
    }
    transaction *one = transaction_decode(&rules, buffer_bytes(&full), TX_CHECK_NOTHING, NULL, NULL);
    transaction *two = transaction_decode(&rules, buffer_bytes(&cut), TX_CHECK_NOTHING, NULL, NULL);
    assert_non_null(one);
    assert_non_null(two);
    assert_int_equal(two->raw.size + 1, one->raw.size);
    assert_memory_equal(one->hash.b, two->hash.b, 32);
    assert_bytes_equal(one->signature, two->signature);
    transaction_drop(one);
    transaction_drop(two);
    buffer_free(&full);
    buffer_free(&cut);
    arena_reset(&a);
}

static void decoding_gives_the_fields_and_keeps_the_bytes(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = newest();
    transaction_error error;
    error_text why;
    bytes raw = bytes_of_hex(&a, signed_example);
    transaction *tx = transaction_decode(&rules, raw, TX_CHECK_NOTHING, &error, &why);
    assert_non_null(tx);
    assert_false(tx->sender_known);
    assert_true(tx->is_signed && !tx->is_creation);
    assert_true(u256_equal(tx->block_limit, u256_of(500)));
    assert_bytes_equal(tx->data, BYTES_OF_LITERAL("\x09"));
    assert_int_equal(tx->extra_data.size, 0);
    assert_int_equal(tx->signature.size, 65);
    assert_int_equal(tx->signature.data[64], 1);
    assert_true(transaction_recover_sender(&rules, tx));
    transaction_keep(tx);
    transaction_drop(tx);
    assert_bytes_equal(tx->raw, raw);
    transaction_drop(tx);
    arena_reset(&a);
}

static void every_truncation_and_every_surplus_is_refused(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = newest();
    bytes raw = bytes_of_hex(&a, signed_example);
    transaction_error error;
    error_text why;
    for (size_t size = 0; size < raw.size; size++) {
        uint8_t *copy = malloc(size + 1); /* exact size: ASan sees a read past the end */
        memcpy(copy, raw.data, size);
        assert_null(transaction_decode(&rules, bytes_of(copy, size), TX_CHECK_NOTHING, &error, &why));
        assert_int_equal(error, TX_BAD_LIST);
        free(copy);
    }
    assert_null(transaction_decode(&rules, BYTES_EMPTY, TX_CHECK_NOTHING, &error, &why));
    assert_string_equal(why.text, "rc2 transaction RLP must be a list");
    uint8_t *longer = arena_take(&a, raw.size + 1);
    memcpy(longer, raw.data, raw.size);
    assert_null(transaction_decode(&rules, bytes_of(longer, raw.size + 1), TX_CHECK_NOTHING, &error, &why));
    assert_string_equal(why.text, "Actual size: 101, data size: 102");
    assert_null(transaction_decode(&rules, BYTES_OF_LITERAL("\x12\x34"), TX_CHECK_NOTHING, &error, &why));
    assert_string_equal(why.text, "Actual size: 1, data size: 2"); /* as recorded from the C++ node */
    arena_reset(&a);
}

/* A list of items given as hex, wrapped into one list. */
static bytes list_of(arena *a, const char *const *items, size_t count)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    size_t list = rlp_begin_list(&b);
    for (size_t i = 0; i < count; i++)
        buffer_append(&b, bytes_of_hex(a, items[i]));
    rlp_end_list(&b, list);
    bytes out = arena_copy(a, buffer_bytes(&b));
    buffer_free(&b);
    return out;
}

#define TO "940101010101010101010101010101010101010101"
#define SIG_R "a0b0e39c971c7ee35e46ede18d34d7eb6772dd5f0fcc59932cf9a8297359bfbedb"
#define SIG_S "a02d402ba3363c92866558c6fbbaa6fcbb5bdb3c53bba28d087b397f269f52296a"

static const char *const good_items[13] = {"07", "01", "02", "8201f4", TO, "80", "09", "01", "01", "80", "1c", SIG_R, SIG_S};

/* spec/data-model.md 3.2 */
static void each_bad_field_is_named(void **state)
{
    (void)state;
    static const struct {
        size_t item;
        const char *hex, *name;
    } cases[] = {
        {0, "00", "nonce"},        {0, "c0", "nonce"},       {1, "820001", "gasPrice"}, {2, "8101", "gas"},
        {3, "c101", "blockLimit"}, {4, "8101", "receiveAddress"}, {4, "93" "01010101010101010101010101010101010101", "receiveAddress"},
        {4, "c101", "receiveAddress"}, {5, "a1010000000000000000000000000000000000000000000000000000000000000000", "value"},
        {7, "00", "chainId"},      {8, "00", "groupId"},     {9, "8101", "extraData"},  {10, "820100", "signature"},
        {11, "c0", "signature"},   {12, "00", "signature"},
    };
    chain_rules rules = newest();
    for (size_t i = 0; i < COUNT(cases); i++) {
        arena a = {0};
        const char *items[13];
        memcpy(items, good_items, sizeof items);
        items[cases[i].item] = cases[i].hex;
        transaction_error error;
        error_text why;
        assert_null(transaction_decode(&rules, list_of(&a, items, 13), TX_CHECK_NOTHING, &error, &why));
        assert_int_equal(error, TX_BAD_FIELD);
        char *expected = arena_print(&a, "invalid rc2 transaction format, invalid Field:%s, RLP: ", cases[i].name);
        assert_memory_equal(why.text, expected, strlen(expected));
        arena_reset(&a);
    }
    arena a = {0};
    error_text why;
    transaction_error error;
    assert_null(transaction_decode(&rules, bytes_of_hex(&a, "c3010203"), TX_CHECK_EVERYTHING, &error, &why));
    assert_string_equal(why.text, "invalid rc2 transaction format, invalid Field:blockLimit, RLP: c3010203");
    assert_null(transaction_decode(&rules, list_of(&a, good_items, 10), TX_CHECK_NOTHING, &error, &why));
    assert_non_null(strstr(why.text, "invalid Field:signature"));
    assert_null(transaction_decode(&rules, list_of(&a, good_items, 6), TX_CHECK_NOTHING, &error, &why));
    assert_int_equal(error, TX_BAD_DATA);
    const char *items[13];
    memcpy(items, good_items, sizeof items);
    items[6] = "c0";
    assert_null(transaction_decode(&rules, list_of(&a, items, 13), TX_CHECK_NOTHING, &error, &why));
    assert_int_equal(error, TX_BAD_DATA);
    assert_string_equal(why.text, "rc2 transaction data RLP must be an array");
    arena_reset(&a);
}

/* QUIRK of spec/data-model.md 3.1: what is not canonical is accepted, and hashed as if it were. */
static void other_encodings_of_one_transaction_have_one_hash(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = newest();
    const char *items[14];
    memcpy(items, good_items, sizeof good_items);
    items[9] = "c20102";
    items[13] = "83ffffff";
    bytes raw = list_of(&a, items, 14);
    transaction *tx = transaction_decode(&rules, raw, TX_CHECK_EVERYTHING, NULL, NULL);
    assert_non_null(tx);
    assert_hash(tx->hash, "a04a228972b12cb58409dc370c57fd206603ee8bd68d911c56c911a90b237f5f");
    assert_bytes_equal(tx->raw, raw);
    assert_int_equal(tx->extra_data.size, 0);
    transaction_drop(tx);

    memcpy(items, good_items, sizeof good_items);
    items[4] = "c0";
    tx = transaction_decode(&rules, list_of(&a, items, 13), TX_CHECK_NOTHING, NULL, NULL);
    items[4] = "80";
    transaction *canonical = transaction_decode(&rules, list_of(&a, items, 13), TX_CHECK_NOTHING, NULL, NULL);
    assert_true(tx->is_creation && canonical->is_creation);
    assert_memory_equal(tx->hash.b, canonical->hash.b, 32);
    assert_memory_equal(tx->signing_hash.b, canonical->signing_hash.b, 32);
    transaction_drop(tx);
    transaction_drop(canonical);
    arena_reset(&a);
}

/* spec/data-model.md 3.2: low s and v 27/28 are asked for at level Everything only. */
static void signature_form_is_a_question_of_the_level(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = newest();
    const char *items[13];
    memcpy(items, good_items, sizeof items);
    /* s := n - s, and the other recovery id: the same signer, the malleable form */
    items[10] = "1b";
    items[12] = "a0d2bfd45cc9c36d799aa73904455903435ed3a092f3a613334498df6630e417d7";
    bytes high_s = list_of(&a, items, 13);
    transaction_error error;
    error_text why;
    transaction *tx = transaction_decode(&rules, high_s, TX_CHECK_NOTHING, &error, &why);
    assert_non_null(tx);
    assert_true(transaction_recover_sender(&rules, tx));
    assert_bytes_equal(BYTES_OF_VALUE(tx->sender), bytes_of_hex(&a, "7e5f4552091a69125d5dfcb7b8c2659029395bdf"));
    transaction_drop(tx);
    assert_null(transaction_decode(&rules, high_s, TX_CHECK_EVERYTHING, &error, &why));
    assert_int_equal(error, TX_BAD_SIGNATURE);
    memcpy(items, good_items, sizeof items);
    items[10] = "80"; /* v = 0 */
    tx = transaction_decode(&rules, list_of(&a, items, 13), TX_CHECK_NOTHING, &error, &why);
    assert_non_null(tx);
    assert_false(transaction_recover_sender(&rules, tx));
    transaction_drop(tx);
    arena_reset(&a);
}

static void many_senders_are_recovered_in_one_call(void **state)
{
    (void)state;
    chain_rules rules = newest();
    transaction *txs[5];
    for (size_t i = 0; i < COUNT(txs); i++) {
        transaction_fields f = example_fields(100 + i);
        transaction *made = transaction_sign(&rules, &f, &key_one);
        txs[i] = transaction_decode(&rules, made->raw, i == 1 ? TX_CHECK_EVERYTHING : TX_CHECK_NOTHING, NULL, NULL);
        transaction_drop(made);
    }
    assert_int_equal(transaction_recover_senders(&rules, txs, COUNT(txs)), COUNT(txs));
    for (size_t i = 0; i < COUNT(txs); i++) {
        assert_true(txs[i]->sender_known);
        assert_memory_equal(txs[i]->sender.b, txs[0]->sender.b, 20);
        transaction_drop(txs[i]);
    }
    assert_int_equal(transaction_recover_senders(&rules, NULL, 0), 0);
}

static void rc1_transactions_have_seven_fields(void **state)
{
    (void)state;
    arena a = {0};
    chain_rules rules = rules_at(&crypto_standard, VERSION_RC1);
    transaction_fields f = example_fields(7);
    transaction *tx = transaction_sign(&rules, &f, &key_one);
    rlp_reader r = rlp_open_list(tx->raw);
    assert_int_equal(rlp_count_items(&r), 10);
    assert_true(u256_is_zero(tx->chain_id));
    error_text why;
    assert_null(transaction_decode(&rules, bytes_of_hex(&a, "c3010203"), TX_CHECK_NOTHING, NULL, &why));
    assert_string_equal(why.text, "invalid rc1 transaction format, invalid field name: blockLimit RLP: c3010203");
    transaction_drop(tx);
    arena_reset(&a);
}

static void an_unsigned_call_has_the_sender_it_is_given(void **state)
{
    (void)state;
    chain_rules rules = newest();
    transaction_fields f = example_fields(1);
    address from = {{0xaa}};
    transaction *tx = transaction_unsigned_call(&rules, &f, &from);
    assert_true(tx->sender_known && !tx->is_signed);
    assert_memory_equal(tx->sender.b, from.b, 20);
    assert_bytes_equal(tx->data, f.data);
    assert_int_equal(tx->signature.size, 0);
    transaction_drop(tx);
}

/* spec/data-model.md 6.2 */
static void lists_travel_in_the_parallel_form(void **state)
{
    (void)state;
    arena a = {0};
    bytes *parts;
    size_t count;
    error_text why;
    bytes list = bytes_of_hex(&a, "0200000000000000030000000800000001020304050607" "08");
    assert_true(transactions_split(list, 2, &a, &parts, &count, &why));
    assert_int_equal(count, 2);
    assert_bytes_equal(parts[0], bytes_of_hex(&a, "010203"));
    assert_bytes_equal(parts[1], bytes_of_hex(&a, "0405060708"));
    assert_false(transactions_split(list, 1, &a, &parts, &count, &why));
    for (size_t size = 1; size < list.size; size++)
        assert_false(transactions_split(bytes_of(list.data, size), 2, &a, &parts, &count, &why));
    assert_true(transactions_split(BYTES_EMPTY, 2, &a, &parts, &count, &why));
    assert_int_equal(count, 0);
    static const char *const bad[] = {"01000000000000000100000", "ffffffff0000000001000000", "010000000000000000000000",
                                      "0100000005000000060000000102", "01000000010000000000000001", "010000000000000002000000ff"};
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(transactions_split(bytes_of_hex(&a, bad[i]), SIZE_MAX, &a, &parts, &count, &why));
    arena_reset(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_is_signed_and_hashed_as_printed),
        cmocka_unit_test(the_worked_example_on_a_national_chain),
        cmocka_unit_test(a_short_national_key_is_padded),
        cmocka_unit_test(decoding_gives_the_fields_and_keeps_the_bytes),
        cmocka_unit_test(every_truncation_and_every_surplus_is_refused),
        cmocka_unit_test(each_bad_field_is_named),
        cmocka_unit_test(other_encodings_of_one_transaction_have_one_hash),
        cmocka_unit_test(signature_form_is_a_question_of_the_level),
        cmocka_unit_test(many_senders_are_recovered_in_one_call),
        cmocka_unit_test(rc1_transactions_have_seven_fields),
        cmocka_unit_test(an_unsigned_call_has_the_sender_it_is_given),
        cmocka_unit_test(lists_travel_in_the_parallel_form),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
