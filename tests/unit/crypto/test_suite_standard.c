#include "test.h"

#include <gmp.h>

#include "codec/hex.h"
#include "crypto/suite.h"

static const crypto_suite *suite = &crypto_standard;

static void from_hex(const char *text, uint8_t *out, size_t size)
{
    assert_true(hex_read(bytes_of_text(text), out, size));
}

static void assert_hex(bytes got, const char *expected)
{
    arena a = {0};
    assert_string_equal(hex_text(&a, got), expected);
    arena_reset(&a);
}

static secret_key key_of(uint8_t low_byte)
{
    secret_key key = {{0}};
    key.b[31] = low_byte;
    return key;
}

/* s := n - s, and the recovery id's parity with it: the same signer's other signature. */
static void negate_s(uint8_t signature[65])
{
    static const char order_hex[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    mpz_t n, s;
    mpz_init_set_str(n, order_hex, 16);
    mpz_init(s);
    mpz_import(s, 32, 1, 1, 1, 0, signature + 32);
    mpz_sub(s, n, s);
    memset(signature + 32, 0, 32);
    size_t bytes_written, size = (mpz_sizeinbase(s, 2) + 7) / 8;
    mpz_export(signature + 64 - size, &bytes_written, 1, 1, 1, 0, s);
    signature[64] ^= 1;
    mpz_clears(n, s, NULL);
}

/* spec/data-model.md 12 B and spec/consensus.md 5.4: printed by the C++ libraries. */
static void signs_as_the_reference(void **state)
{
    (void)state;
    uint8_t signature[65];
    hash256 digest;
    secret_key one = key_of(1);
    from_hex("d683c9d2f09c945c749ae889fa246dd298abc2dd46b38aba89d28a726d4948ab", digest.b, 32);
    suite->sign(&one, &digest, signature);
    assert_hex(bytes_of(signature, 65), "b0e39c971c7ee35e46ede18d34d7eb6772dd5f0fcc59932cf9a8297359bfbedb"
                                        "2d402ba3363c92866558c6fbbaa6fcbb5bdb3c53bba28d087b397f269f52296a01");
    public_key pub;
    assert_true(suite->public_of(&one, &pub));
    address who = address_of_key(suite, &pub);
    assert_hex(BYTES_OF_VALUE(who), "7e5f4552091a69125d5dfcb7b8c2659029395bdf");

    secret_key eleven;
    memset(eleven.b, 0x11, 32);
    memset(digest.b, 0xaa, 32);
    suite->sign(&eleven, &digest, signature);
    assert_hex(bytes_of(signature, 65), "bb70e40ef81d63acdb3e71bb415b10459cb4a2f9cfa589785aad71900d3a7c23"
                                        "74e8969eab72eb7a8d2fadd7987e5eb6e3faa4212ef35bd2916345efc4f039b901");
    from_hex("fadee733dd79af784e868f74203f04217b9534f61573053698422f40ba2aab70", digest.b, 32);
    suite->sign(&eleven, &digest, signature);
    assert_hex(bytes_of(signature, 65), "0f15c69773851c7345a080e9575e860d408a4098b9c7c7a1ab75185e20dc16e8"
                                        "6cf7dffffc19071e2e516a3f43f41160b17abcd8c89c60876188132db9c57c7e00");
}

static void signed_digests_verify_and_recover(void **state)
{
    (void)state;
    for (unsigned i = 1; i < 60; i++) {
        secret_key key = key_of((uint8_t)i);
        public_key pub, signer;
        assert_true(suite->public_of(&key, &pub));
        hash256 digest = suite_hash(suite, BYTES_OF_VALUE(i));
        uint8_t signature[65];
        bytes view = bytes_of(signature, 65);
        suite->sign(&key, &digest, signature);
        assert_true(suite->is_well_formed(view));
        assert_true(suite->verify(&pub, &digest, view));
        assert_true(suite->recover(&digest, view, &signer));
        assert_true(node_id_equal(&signer, &pub));
        /* QUIRK spec/consensus.md 5.3: high s verifies, though it is not well formed (spec/data-model.md 1.3). */
        negate_s(signature);
        assert_true(suite->verify(&pub, &digest, view));
        assert_false(suite->is_well_formed(view));
        negate_s(signature);
        /* The recovery id counts. */
        signature[64] ^= 1;
        assert_false(suite->verify(&pub, &digest, view));
        signature[64] ^= 1;
        digest.b[i % 32] ^= 1;
        assert_false(suite->verify(&pub, &digest, view));
    }
}

/* r + n is an x coordinate only for the few r below p - n. r = 1..7 as x + n: the first that lies on the curve recovers
   with ids 2 and 3 to keys that the same ids verify. */
static void recovery_ids_2_and_3(void **state)
{
    (void)state;
    unsigned recovered = 0;
    for (unsigned r = 1; r < 40; r++) {
        uint8_t signature[65] = {0};
        bytes view = bytes_of(signature, 65);
        signature[31] = (uint8_t)r;
        signature[63] = 1;
        hash256 digest = {{0x42}};
        public_key low, high, third;
        signature[64] = 0;
        bool has_low = suite->recover(&digest, view, &low);
        signature[64] = 2;
        bool has_high = suite->recover(&digest, view, &high);
        signature[64] = 3;
        assert_int_equal(suite->recover(&digest, view, &third), has_high);
        if (has_high) {
            assert_false(node_id_equal(&high, &third));
            assert_true(suite->verify(&third, &digest, view));
            assert_false(suite->verify(&high, &digest, view));
            assert_false(has_low && node_id_equal(&low, &high));
        }
        assert_false(suite->is_well_formed(view));
        recovered += has_high;
    }
    assert_in_range(recovered, 5, 35);
}

static void bad_signatures_are_refused(void **state)
{
    (void)state;
    secret_key key = key_of(9);
    public_key pub, signer, zero_key = {{0}};
    hash256 digest = {{1, 2, 3}};
    uint8_t good[66] = {0}, bad[65];
    suite->sign(&key, &digest, good);
    assert_true(suite->public_of(&key, &pub));
    assert_false(suite->verify(&zero_key, &digest, bytes_of(good, 65)));
    for (size_t size = 0; size <= 66; size++) {
        if (size == 65)
            continue;
        uint8_t *exact = malloc(size ? size : 1); /* so that reading past the end is seen */
        memcpy(exact, good, size);
        assert_false(suite->recover(&digest, bytes_of(exact, size), &signer));
        assert_false(suite->verify(&pub, &digest, bytes_of(exact, size)));
        assert_false(suite->is_well_formed(bytes_of(exact, size)));
        free(exact);
    }
    static const char *const numbers[] = {
        "0000000000000000000000000000000000000000000000000000000000000000",
        "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141",
        "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    };
    for (size_t i = 0; i < COUNT(numbers); i++) {
        for (size_t at = 0; at <= 32; at += 32) {
            memcpy(bad, good, 65);
            from_hex(numbers[i], bad + at, 32);
            assert_false(suite->recover(&digest, bytes_of(bad, 65), &signer));
            assert_false(suite->is_well_formed(bytes_of(bad, 65)));
        }
    }
    for (unsigned id = 4; id < 256; id++) {
        memcpy(bad, good, 65);
        bad[64] = (uint8_t)id;
        assert_false(suite->recover(&digest, bytes_of(bad, 65), &signer));
        assert_false(suite->is_well_formed(bytes_of(bad, 65)));
    }
}

static void half_order_is_the_border_of_well_formed(void **state)
{
    (void)state;
    uint8_t signature[65] = {0};
    signature[31] = 1;
    from_hex("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", signature + 32, 32);
    assert_true(suite->is_well_formed(bytes_of(signature, 65)));
    signature[63]++;
    assert_false(suite->is_well_formed(bytes_of(signature, 65)));
}

static void invalid_secrets_are_refused(void **state)
{
    (void)state;
    public_key pub;
    secret_key key = key_of(0);
    assert_false(suite->public_of(&key, &pub));
    from_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", key.b, 32);
    assert_false(suite->public_of(&key, &pub));
    key.b[31]--;
    assert_true(suite->public_of(&key, &pub));
    secret_key_wipe(&key);
    for (size_t i = 0; i < 32; i++)
        assert_int_equal(key.b[i], 0);
}

static void recover_many_equals_single_calls(void **state)
{
    (void)state;
    enum { N = 40 };
    hash256 digests[N];
    uint8_t space[N][65];
    bytes signatures[N];
    public_key keys[N], expected;
    bool found[N];
    for (unsigned i = 0; i < N; i++) {
        secret_key key = key_of((uint8_t)(i + 1));
        digests[i] = suite_hash(suite, BYTES_OF_VALUE(i));
        suite->sign(&key, &digests[i], space[i]);
        if (i % 5 == 1)
            space[i][64] = (uint8_t)i; /* mostly no signature any more */
        if (i % 5 == 2)
            space[i][40] ^= 0x55; /* another key, or none */
        signatures[i] = bytes_of(space[i], i % 5 == 3 ? 64 : 65);
    }
    suite_recover_many(suite, digests, signatures, N, keys, found);
    for (unsigned i = 0; i < N; i++) {
        bool ok = suite->recover(&digests[i], signatures[i], &expected);
        assert_int_equal(found[i], ok);
        if (ok)
            assert_true(node_id_equal(&keys[i], &expected));
        assert_int_equal(found[i], i % 5 == 0 || i % 5 == 4 || (i % 5 == 2 && ok) || (i % 5 == 1 && i < 4 && ok));
    }
    suite_recover_many(suite, NULL, NULL, 0, NULL, NULL);
}

static void hash2_is_the_hash_of_both(void **state)
{
    (void)state;
    hash256 both = suite_hash2(suite, BYTES_OF_LITERAL("ab"), BYTES_OF_LITERAL("c"));
    hash256 whole = suite_hash(suite, BYTES_OF_LITERAL("abc"));
    assert_true(hash256_equal(&both, &whole));
}

static void suites_are_chosen_by_name(void **state)
{
    (void)state;
    error_text why = {""};
    assert_ptr_equal(suite_by_name(BYTES_OF_LITERAL("standard"), &why), &crypto_standard);
    assert_string_equal(why.text, "");
    assert_ptr_equal(suite_by_name(BYTES_OF_LITERAL("national"), &why), &crypto_national);
    assert_string_equal(why.text, "");
    assert_null(suite_by_name(BYTES_OF_LITERAL("Standard"), &why));
    assert_non_null(strstr(why.text, "\"Standard\" is not known"));
    assert_null(suite_by_name(BYTES_EMPTY, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(signs_as_the_reference),
        cmocka_unit_test(signed_digests_verify_and_recover),
        cmocka_unit_test(recovery_ids_2_and_3),
        cmocka_unit_test(bad_signatures_are_refused),
        cmocka_unit_test(half_order_is_the_border_of_well_formed),
        cmocka_unit_test(invalid_secrets_are_refused),
        cmocka_unit_test(recover_many_equals_single_calls),
        cmocka_unit_test(hash2_is_the_hash_of_both),
        cmocka_unit_test(suites_are_chosen_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
