#include "test.h"

#include "codec/hex.h"
#include "consensus/block_size.h"
#include "consensus/pbft_filter.h"
#include "consensus/pbft_message.h"
#include "consensus/quorum.h"

static bytes unhex(arena *a, const char *text)
{
    bytes out;
    assert_true(hex_read_any(a, bytes_of_text(text), &out));
    return out;
}

/* spec/consensus.md 5.4: key = 32 x 0x11, block_hash = 32 x aa. */
static pbft_request example(uint64_t height, uint64_t view, uint64_t timestamp)
{
    secret_key key;
    memset(key.b, 0x11, sizeof key.b);
    pbft_request r = {.height = height, .view = view, .idx = 2, .timestamp_ms = u256_of(timestamp)};
    memset(r.block_hash.b, 0xaa, sizeof r.block_hash.b);
    r.sig.size = r.sig2.size = 65;
    crypto_standard.sign(&key, &r.block_hash, r.sig.b);
    hash256 fields = pbft_fields_digest(&crypto_standard, &r);
    crypto_standard.sign(&key, &fields, r.sig2.b);
    return r;
}

static void encode(const pbft_request *r, pbft_kind kind, const node_id *forward, bool optimization, buffer *out)
{
    buffer data = buffer_init(BUFFER_NO_LIMIT);
    pbft_request_encode(r, &data);
    pbft_packet p = {.kind = kind,
                     .ttl = 2,
                     .data = buffer_bytes(&data),
                     .forward = (node_id *)forward,
                     .forward_count = forward != NULL};
    pbft_packet_encode(&p, optimization, out);
    buffer_free(&data);
}

static void sign_request_of_the_spec(void **state)
{
    (void)state;
    arena a = {0};
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    pbft_request r = example(10, 0, 1700000000000);
    hash256 fields = pbft_fields_digest(&crypto_standard, &r);
    assert_bytes_equal(BYTES_OF_VALUE(fields),
                       unhex(&a, "fadee733dd79af784e868f74203f04217b9534f61573053698422f40ba2aab70"));
    encode(&r, PBFT_SIGN, NULL, true, &out);
    assert_bytes_equal(buffer_bytes(&out),
                       unhex(&a,
                             "f8bcb8ba0102b8b5f8b3b8b10a80"
                             "0286018bcfe56800a0aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab841"
                             "bb70e40ef81d63acdb3e71bb415b10459cb4a2f9cfa589785aad71900d3a7c2374e8969eab72eb7a8d2fadd79"
                             "87e5eb6e3faa4212ef35bd2"
                             "916345efc4f039b901b841"
                             "0f15c69773851c7345a080e9575e860d408a4098b9c7c7a1ab75185e20dc16e86cf7dffffc19071e2e516a3f4"
                             "3f41160b17abcd8c89c6087"
                             "6188132db9c57c7e00c0"));
    buffer_clear(&out);
    encode(&r, PBFT_SIGN, NULL, false, &out);
    assert_bytes_equal(bytes_of(out.data, 4), unhex(&a, "f8bbb8b9"));
    buffer_free(&out);
    arena_reset(&a);
}

static void view_change_request_of_the_spec(void **state)
{
    (void)state;
    arena a = {0};
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    pbft_request r = example(10, 1, 1700000003000);
    assert_bytes_equal(
        pbft_signature_bytes(&r.sig2),
        unhex(&a, "1d776c2f07bcd3e421c3c76b50fb3c57f5882b4715d8599831f865b6e3acedde07948ead0506d84869b81daea6147b40"
                  "9ac50e3ad19df78b2f8edca9744c5b2601"));
    encode(&r, PBFT_VIEW_CHANGE, NULL, true, &out);
    assert_bytes_equal(bytes_of(out.data, 22), unhex(&a, "f8bcb8ba0302b8b5f8b3b8b10a010286018bcfe573b8"));
    node_id away;
    memset(&away, 0x77, sizeof away);
    buffer_clear(&out);
    encode(&r, PBFT_VIEW_CHANGE, &away, true, &out);
    assert_int_equal(out.size, 257);
    assert_bytes_equal(bytes_of(out.data, 4), unhex(&a, "f8ffb8fd"));
    assert_bytes_equal(bytes_of(out.data + 257 - 68, 4), unhex(&a, "f842b840"));
    buffer_free(&out);
    arena_reset(&a);
}

static void missing_transactions_of_the_spec(void **state)
{
    (void)state;
    arena a = {0};
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    error_text why;
    pbft_missing_item items[2] = {{.index = 0}, {.index = 5}};
    memset(&items[0].hash, 1, 32);
    memset(&items[1].hash, 2, 32);
    pbft_missed m = {.number = 11, .items = items, .count = 2}, back;
    memset(&m.block_hash, 0xaa, 32);
    pbft_get_missed_encode(&m, &out);
    char expected[300];
    snprintf(expected, sizeof expected, "f86a0ba0%saf846e2a0%s80e2a0%s05",
             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
             "0101010101010101010101010101010101010101010101010101010101010101",
             "0202020202020202020202020202020202020202020202020202020202020202");
    assert_bytes_equal(buffer_bytes(&out), unhex(&a, expected));
    assert_true(pbft_get_missed_decode(buffer_bytes(&out), &a, &back, &why));
    assert_int_equal(back.count, 2);
    assert_int_equal(back.items[1].index, 5);
    buffer_clear(&out);
    m.transactions = unhex(&a, "020000000000000004000000"
                               "07000000c3010203c20405");
    pbft_missed_encode(&m, &out);
    assert_bytes_equal(bytes_of(out.data, 4), unhex(&a, "f83a0ba0"));
    assert_true(pbft_missed_decode(buffer_bytes(&out), &back, &why));
    assert_bytes_equal(back.transactions, m.transactions);
    buffer_free(&out);
    arena_reset(&a);
}

/* QUIRK of spec/consensus.md 0.1. */
static void heights_and_views_are_cut_to_32_bits(void **state)
{
    (void)state;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    pbft_request r = example(0x100000005, 0x200000000, 1), back;
    pbft_request_encode(&r, &out);
    error_text why;
    assert_true(pbft_request_decode(buffer_bytes(&out), &back, &why));
    assert_int_equal(back.height, 5);
    assert_int_equal(back.view, 0);
    hash256 whole = pbft_fields_digest(&crypto_standard, &r), cut = pbft_fields_digest(&crypto_standard, &back);
    assert_memory_equal(&whole, &cut, 32);
    buffer_free(&out);
}

static void every_truncation_is_refused(void **state)
{
    (void)state;
    arena a = {0};
    error_text why;
    pbft_packet packet;
    pbft_request r = example(10, 0, 1700000000000), back;
    bytes encoded_block;
    pbft_missed m;
    buffer out = buffer_init(BUFFER_NO_LIMIT), prepare = buffer_init(BUFFER_NO_LIMIT),
           get = buffer_init(BUFFER_NO_LIMIT), missed = buffer_init(BUFFER_NO_LIMIT);
    node_id away = {{1}};
    encode(&r, PBFT_SIGN, &away, true, &out);
    pbft_prepare_encode(&r, BYTES_OF_LITERAL("block"), &prepare);
    pbft_missing_item item = {.index = 3};
    pbft_get_missed_encode(&(pbft_missed){.number = 1, .items = &item, .count = 1}, &get);
    pbft_missed_encode(&(pbft_missed){.number = 1, .transactions = BYTES_OF_LITERAL("txs")}, &missed);
    for (size_t size = 0; size < out.size; size++)
        assert_false(pbft_packet_decode(bytes_of(out.data, size), true, &a, &packet, &why));
    assert_true(pbft_packet_decode(buffer_bytes(&out), true, &a, &packet, &why));
    for (size_t size = 0; size < packet.data.size; size++)
        assert_false(pbft_request_decode(bytes_of(packet.data.data, size), &back, &why));
    for (size_t size = 0; size < prepare.size; size++)
        assert_false(pbft_prepare_decode(bytes_of(prepare.data, size), &back, &encoded_block, &why));
    for (size_t size = 0; size < get.size; size++)
        assert_false(pbft_get_missed_decode(bytes_of(get.data, size), &a, &m, &why));
    for (size_t size = 0; size < missed.size; size++)
        assert_false(pbft_missed_decode(bytes_of(missed.data, size), &m, &why));
    buffer_append_byte(&out, 0); /* the outermost buffer is exactly one item */
    assert_false(pbft_packet_decode(buffer_bytes(&out), true, &a, &packet, &why));
    buffer_free(&out);
    buffer_free(&prepare);
    buffer_free(&get);
    buffer_free(&missed);
    arena_reset(&a);
}

static void packets_are_read_strictly(void **state)
{
    (void)state;
    arena a = {0};
    error_text why;
    pbft_packet p;
    assert_false(pbft_packet_decode(unhex(&a, "c483040280"), true, &a, &p, &why)); /* packet_id 4 */
    assert_false(pbft_packet_decode(unhex(&a, "c483000280"), true, &a, &p, &why)); /* a bare zero byte is no integer */
    assert_true(pbft_packet_decode(unhex(&a, "c483800280"), true, &a, &p, &why));  /* a missing list is an empty one */
    assert_int_equal(p.kind, PBFT_PREPARE);
    assert_int_equal(p.ttl, 2);
    assert_int_equal(p.forward_count, 0);
    assert_true(pbft_packet_decode(unhex(&a, "c5848081"
                                             "8280"),
                                   true, &a, &p, &why)); /* ttl 2 | 0x80 */
    assert_true(p.is_empty);
    assert_int_equal(p.ttl, 2);
    arena_reset(&a);
}

static void quorums_of_the_spec(void **state)
{
    (void)state;
    static const size_t wanted[] = {0, 1, 2, 3, 3, 4, 5, 5}; /* 5.1 */
    for (size_t n = 1; n <= 7; n++)
        assert_int_equal(quorum_size(n), wanted[n]);
    assert_int_equal(quorum_leader(0, 1, 4), 0);
    assert_int_equal(quorum_leader(3, 10, 4), 0);
    assert_int_equal(quorum_leader(UINT64_MAX, UINT64_MAX, 4), 1); /* nothing wraps */
    /* any two quorums share a sealer that is not faulty */
    for (size_t n = 1; n < 200; n++)
        assert_true(2 * quorum_size(n) > n + quorum_faulty(n));
}

static void block_size_halves_and_doubles(void **state)
{
    (void)state;
    block_size s = block_size_new(true, 0.5);
    assert_int_equal(block_size_now(&s, 1000), 1000);
    block_size_on_timeout(&s, 800, 1000, false, 0);
    assert_int_equal(block_size_now(&s, 1000), 500);
    block_size_on_timeout(&s, 500, 1000, false, 0); /* below the last one that timed out, above what went well */
    assert_int_equal(s.last_timeout_tx, 500);
    assert_int_equal(block_size_now(&s, 1000), 250);
    block_size_on_commit(&s, 1, 250, 1000, false, 0); /* pays off one time-out each */
    block_size_on_commit(&s, 2, 250, 1000, false, 0);
    assert_int_equal(s.timeout_count, 0);
    assert_int_equal(block_size_now(&s, 1000), 250);
    block_size_on_commit(&s, 3, 250, 1000, false, 0); /* QUIRK of 1.2: ratio 0.5 acts as 1.0 */
    assert_int_equal(block_size_now(&s, 1000), 500);
    block_size_on_commit(&s, 3, 250, 1000, false, 0); /* the same number again changes nothing */
    block_size_on_commit(&s, 4, 500, 1000, false, 0);
    assert_int_equal(s.last_timeout_tx, 550); /* 500 went well: the bound moves up by a tenth */
    assert_int_equal(block_size_now(&s, 1000), 550);
    block_size_on_commit(&s, 5, 550, 1000, true, 90); /* syncing */
    assert_int_equal(s.last_number, 90);
    assert_int_equal(block_size_now(&s, 300), 300); /* the limit was lowered */
    block_size fixed = block_size_new(false, 0.5);
    block_size_on_timeout(&fixed, 10, 1000, false, 0);
    assert_int_equal(block_size_now(&fixed, 1000), 1000);
}

static void filter_forgets_the_oldest_message(void **state)
{
    (void)state;
    pbft_filter *f = pbft_filter_new(7);
    pbft_request r = {.sig.size = 65, .sig2.size = 65}, first = r;
    for (uint32_t i = 0; i <= PBFT_FILTER_MESSAGES; i++) {
        write_be32(r.sig2.b, i);
        assert_false(pbft_filter_has(f, PBFT_SIGN, &r, 3));
        pbft_filter_mark(f, PBFT_SIGN, &r, 3);
        assert_true(pbft_filter_has(f, PBFT_SIGN, &r, 3));
        assert_false(pbft_filter_has(f, PBFT_SIGN, &r, 2));
        assert_false(pbft_filter_has(f, PBFT_COMMIT, &r, 3));
    }
    assert_false(pbft_filter_has(f, PBFT_SIGN, &first, 3));
    pbft_filter_clear(f);
    assert_false(pbft_filter_has(f, PBFT_SIGN, &r, 3));
    pbft_filter_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sign_request_of_the_spec),
        cmocka_unit_test(view_change_request_of_the_spec),
        cmocka_unit_test(missing_transactions_of_the_spec),
        cmocka_unit_test(heights_and_views_are_cut_to_32_bits),
        cmocka_unit_test(every_truncation_is_refused),
        cmocka_unit_test(packets_are_read_strictly),
        cmocka_unit_test(quorums_of_the_spec),
        cmocka_unit_test(block_size_halves_and_doubles),
        cmocka_unit_test(filter_forgets_the_oldest_message),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
