#include "test.h"

#include <gmp.h>

#include "codec/hex.h"
#include "vm/precompiles.h"

static arena memory;

static address at(uint8_t number)
{
    address a = {{0}};
    a.b[19] = number;
    return a;
}

static chain_rules rules_of(uint32_t version)
{
    return (chain_rules){.suite = &crypto_standard, .version = version, .enable_parallel = true, .group_id = 1};
}

static bytes from_hex(const char *text)
{
    bytes out;
    assert_true(hex_read_any(&memory, bytes_of_text(text), &out));
    return out;
}

static bool run(const chain_rules *rules, uint8_t number, bytes input, bytes *output)
{
    address where = at(number);
    assert_true(eth_precompile_exists(rules, &where));
    /* The input in a block of exactly its size: reading past its end is seen. */
    uint8_t *exact = malloc(input.size ? input.size : 1);
    if (input.size)
        memcpy(exact, input.data, input.size);
    bool ok = eth_precompile_run(rules, &where, bytes_of(exact, input.size), &memory, output);
    free(exact);
    return ok;
}

static int64_t gas(const chain_rules *rules, uint8_t number, bytes input)
{
    address where = at(number);
    return eth_precompile_gas(rules, &where, input);
}

static void assert_gives(const chain_rules *rules, uint8_t number, const char *input, const char *expected)
{
    bytes output;
    assert_true(run(rules, number, from_hex(input), &output));
    assert_string_equal(hex_text(&memory, output), expected);
}

static void assert_fails(const chain_rules *rules, uint8_t number, const char *input)
{
    bytes output;
    assert_false(run(rules, number, from_hex(input), &output));
    assert_int_equal(output.size, 0);
}

static int forget(void **state)
{
    (void)state;
    arena_reset(&memory);
    return 0;
}

/* Five to nine came with 2.5.0 (execution.md 6). */
static void which_addresses_exist(void **state)
{
    (void)state;
    chain_rules old = rules_of(VERSION_OF(2, 4, 1)), later = rules_of(VERSION_OF(2, 5, 0));
    for (unsigned n = 0; n < 256; n++) {
        address where = at((uint8_t)n);
        assert_int_equal(eth_precompile_exists(NULL, &where), n >= 1 && n <= 9);
        assert_int_equal(eth_precompile_exists(&later, &where), n >= 1 && n <= 9);
        assert_int_equal(eth_precompile_exists(&old, &where), n >= 1 && n <= 4);
        for (int i = 0; i < 19; i++) {
            where.b[i] = 1;
            assert_false(eth_precompile_exists(NULL, &where));
            where.b[i] = 0;
        }
    }
}

static void gas_of_the_table(void **state)
{
    (void)state;
    static const uint8_t zeros[1000];
    chain_rules old = rules_of(VERSION_OF(2, 4, 1)), later = rules_of(VERSION_OF(2, 5, 0));
    const chain_rules *both[] = {NULL, &later};
    for (size_t i = 0; i < COUNT(both); i++) {
        const chain_rules *r = both[i];
        assert_int_equal(gas(r, 1, BYTES_EMPTY), 3000);
        assert_int_equal(gas(r, 2, BYTES_EMPTY), 60);
        assert_int_equal(gas(r, 2, bytes_of(zeros, 1)), 72);
        assert_int_equal(gas(r, 2, bytes_of(zeros, 32)), 72);
        assert_int_equal(gas(r, 2, bytes_of(zeros, 33)), 84);
        assert_int_equal(gas(r, 3, bytes_of(zeros, 64)), 840);
        assert_int_equal(gas(r, 4, bytes_of(zeros, 65)), 24);
        assert_int_equal(gas(r, 6, BYTES_EMPTY), 150);
        assert_int_equal(gas(r, 7, BYTES_EMPTY), 6000);
        assert_int_equal(gas(r, 8, BYTES_EMPTY), 45000);
        assert_int_equal(gas(r, 8, bytes_of(zeros, 191)), 45000);
        assert_int_equal(gas(r, 8, bytes_of(zeros, 384)), 45000 + 2 * 34000);
        assert_int_equal(gas(r, 9, BYTES_OF_LITERAL("\1\2\3")), 0);
        assert_int_equal(gas(r, 9, BYTES_OF_LITERAL("\xff\xff\xff\xff")), 0xffffffff);
    }
    for (uint8_t n = 1; n <= 4; n++)
        assert_int_equal(gas(&old, n, bytes_of(zeros, 100)), 0);
}

#define MESSAGE_HASH "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3"
#define V28 "000000000000000000000000000000000000000000000000000000000000001c"
#define ECRECOVER_R "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608"
#define ECRECOVER_S "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada"

static void ecrecover_recovers(void **state)
{
    (void)state;
    chain_rules newest = rules_of(VERSION_NEWEST), old = rules_of(VERSION_RC1);
    const char *expected = "0000000000000000000000007156526fbd7a3c72969b54f64e42c10fbb768c8a";
    const char *input = MESSAGE_HASH V28 ECRECOVER_R ECRECOVER_S;
    assert_gives(NULL, 1, input, expected);
    assert_gives(&newest, 1, input, expected);
    assert_gives(&old, 1, input, expected);
    assert_gives(NULL, 1, MESSAGE_HASH V28 ECRECOVER_R ECRECOVER_S "ffff", expected);
}

static void ecrecover_without_a_signer_is_empty(void **state)
{
    (void)state;
    static const char zero[] = "0000000000000000000000000000000000000000000000000000000000000000";
    static const char order[] = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
    static const char *const bad_v[] = {
        "000000000000000000000000000000000000000000000000000000000000001a",
        "000000000000000000000000000000000000000000000000000000000000001d",
        "000000000000000000000000000000000000000000000000000000000000011c",
        "010000000000000000000000000000000000000000000000000000000000001c",
        "0000000000000000000000000000000000000000000000000000000000000001",
        "0000000000000000000000000000000000000000000000000000000000000000",
    };
    chain_rules newest = rules_of(VERSION_NEWEST);
    const chain_rules *both[] = {NULL, &newest};
    for (size_t i = 0; i < COUNT(both); i++) {
        for (size_t k = 0; k < COUNT(bad_v); k++)
            assert_gives(both[i], 1, arena_print(&memory, "%s%s%s%s", MESSAGE_HASH, bad_v[k], ECRECOVER_R, ECRECOVER_S), "");
        assert_gives(both[i], 1, arena_print(&memory, "%s%s%s%s", MESSAGE_HASH, V28, zero, ECRECOVER_S), "");
        assert_gives(both[i], 1, arena_print(&memory, "%s%s%s%s", MESSAGE_HASH, V28, order, ECRECOVER_S), "");
        assert_gives(both[i], 1, arena_print(&memory, "%s%s%s%s", MESSAGE_HASH, V28, ECRECOVER_R, zero), "");
        assert_gives(both[i], 1, arena_print(&memory, "%s%s%s%s", MESSAGE_HASH, V28, ECRECOVER_R, order), "");
        assert_gives(both[i], 1, "", "");
        bytes whole = from_hex(MESSAGE_HASH V28 ECRECOVER_R ECRECOVER_S), output;
        for (size_t size = 0; size < 96; size++) { /* s is zero */
            assert_true(run(both[i], 1, bytes_of(whole.data, size), &output));
            assert_int_equal(output.size, 0);
        }
    }
}

/* QUIRK execution.md 6: s above n/2 is refused where Ethereum accepts it. */
static void ecrecover_of_high_s_is_empty_on_chains_only(void **state)
{
    (void)state;
    const char *input = MESSAGE_HASH "000000000000000000000000000000000000000000000000000000000000001b" ECRECOVER_R
                        /* n - s */ "b0751c428acadb72f42bb7d6733d1df79c5843b9a7d3c407b39bd3a37fb11667";
    chain_rules newest = rules_of(VERSION_NEWEST);
    assert_gives(NULL, 1, input, "0000000000000000000000007156526fbd7a3c72969b54f64e42c10fbb768c8a");
    assert_gives(&newest, 1, input, "");
}

static void hashes_and_identity(void **state)
{
    (void)state;
    assert_gives(NULL, 2, "616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_gives(NULL, 2, "", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_gives(NULL, 3, "616263", "0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
    assert_gives(NULL, 3, "", "0000000000000000000000009c1185a5c5e9fc54612808977ee8f548b2258d31");
    assert_gives(NULL, 4, "0102030405", "0102030405");
    assert_gives(NULL, 4, "", "");
}

/* execution.md 6: what national chains of old versions do at addresses 1 and 2. */
static void national_chains_before_2_4_and_2_5(void **state)
{
    (void)state;
    chain_rules rules = rules_of(VERSION_OF(2, 3, 0));
    rules.suite = &crypto_national;
    secret_key key = {{7}};
    public_key pub;
    assert_true(crypto_national.public_of(&key, &pub));
    uint8_t in[160], signature[128];
    hash256 digest = digest_of(DIGEST_SM3, BYTES_OF_LITERAL("old"));
    crypto_national.sign(&key, &digest, signature);
    memcpy(in, digest.b, 32), memcpy(in + 32, pub.b, 64), memcpy(in + 96, signature, 64);
    uint8_t expected[32] = {0};
    address who = address_of_key(&crypto_national, &pub);
    memcpy(expected + 12, who.b, 20);
    bytes output;
    assert_true(run(&rules, 1, bytes_of(in, sizeof in), &output));
    assert_bytes_equal(output, bytes_of(expected, 32));
    in[100] ^= 1;
    assert_true(run(&rules, 1, bytes_of(in, sizeof in), &output));
    assert_int_equal(output.size, 0);
    assert_gives(&rules, 1, MESSAGE_HASH V28 ECRECOVER_R ECRECOVER_S, "");
    assert_gives(&rules, 2, "616263", "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");

    /* From 2.4.0 on ECDSA and SHA-256; the address by SM3 until 2.5.0. */
    rules.version = VERSION_OF(2, 4, 0);
    assert_gives(&rules, 2, "616263", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    bytes input = from_hex(MESSAGE_HASH V28 ECRECOVER_R ECRECOVER_S);
    memcpy(digest.b, input.data, 32);
    memcpy(signature, input.data + 64, 64);
    signature[64] = 1;
    assert_true(crypto_standard.recover(&digest, bytes_of(signature, 65), &pub));
    who = address_of_key(&crypto_national, &pub);
    memcpy(expected + 12, who.b, 20);
    assert_true(run(&rules, 1, input, &output));
    assert_bytes_equal(output, bytes_of(expected, 32));
    rules.version = VERSION_OF(2, 5, 0);
    assert_gives(&rules, 1, MESSAGE_HASH V28 ECRECOVER_R ECRECOVER_S,
                 "0000000000000000000000007156526fbd7a3c72969b54f64e42c10fbb768c8a");
}

/* --- modexp --- */

#define WORD_1 "0000000000000000000000000000000000000000000000000000000000000001"
#define WORD_2 "0000000000000000000000000000000000000000000000000000000000000002"
#define WORD_32 "0000000000000000000000000000000000000000000000000000000000000020"
#define WORD_0 "0000000000000000000000000000000000000000000000000000000000000000"
#define WORD_MAX "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
#define P_MINUS_1 "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e"
#define P_ITSELF "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f"

static void modexp_examples_of_eip_198(void **state)
{
    (void)state;
    const char *fermat = WORD_1 WORD_32 WORD_32 "03" P_MINUS_1 P_ITSELF;
    assert_gives(NULL, 5, fermat, WORD_1);
    assert_int_equal(gas(NULL, 5, from_hex(fermat)), 13056);
    assert_gives(NULL, 5, WORD_0 WORD_32 WORD_32 P_MINUS_1 P_ITSELF, WORD_0);
    const char *endless = WORD_0 WORD_32 WORD_MAX
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe"
        "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffd";
    assert_int_equal(gas(NULL, 5, from_hex(endless)), INT64_MAX);
    assert_fails(NULL, 5, endless);
    const char *expected = "3b01b01ac41f2d6e917c6d6a221ce793802469026d9ab7578fa2e79e4da6aaab";
    assert_gives(NULL, 5, WORD_1 WORD_2 WORD_32 "03ffff8000000000000000000000000000000000000000000000000000000000000000" "07",
                 expected);
    assert_gives(NULL, 5, WORD_1 WORD_2 WORD_32 "03ffff80", expected);
    assert_int_equal(gas(NULL, 5, from_hex(WORD_1 WORD_2 WORD_32 "03ffff80")), 32 * 32 * 15 / 20);
}

static void put_length(uint8_t *out, uint64_t value)
{
    memset(out, 0, 32);
    write_be64(out + 24, value);
}

static bytes modexp_input(uint64_t base, uint64_t exponent, uint64_t modulus, bytes rest)
{
    uint8_t *out = arena_take(&memory, 96 + rest.size);
    put_length(out, base), put_length(out + 32, exponent), put_length(out + 64, modulus);
    if (rest.size)
        memcpy(out + 96, rest.data, rest.size);
    return bytes_of(out, 96 + rest.size);
}

static void modexp_borders(void **state)
{
    (void)state;
    bytes output;
    /* 0^0 = 1; anything mod 1 = 0; modulus 0 gives zeros; no modulus gives nothing */
    assert_gives(NULL, 5, WORD_0 WORD_0 WORD_1 "05", "01");
    assert_gives(NULL, 5, WORD_0 WORD_0 WORD_1 "01", "00");
    assert_gives(NULL, 5, WORD_1 WORD_1 WORD_1 "070301", "00");
    assert_gives(NULL, 5, WORD_1 WORD_1 WORD_2 "07030000", "0000");
    assert_gives(NULL, 5, WORD_1 WORD_1 WORD_2 "0703", "0000");
    assert_gives(NULL, 5, WORD_1 WORD_1 WORD_0 "0703", "");
    assert_gives(NULL, 5, WORD_1 WORD_1 WORD_2 "07030100", "0057"); /* 343 mod 256 */
    assert_gives(NULL, 5, "", "");
    assert_int_equal(gas(NULL, 5, BYTES_EMPTY), 0);
    /* no operands: free and empty, whatever is claimed of the exponent */
    assert_int_equal(gas(NULL, 5, from_hex(WORD_0 WORD_MAX WORD_0)), 0);
    assert_gives(NULL, 5, WORD_0 WORD_MAX WORD_0, "");
    assert_int_equal(gas(NULL, 5, from_hex(WORD_1 WORD_MAX WORD_0)), INT64_MAX);
    assert_gives(NULL, 5, WORD_1 WORD_MAX WORD_0, "");
    assert_fails(NULL, 5, WORD_1 WORD_MAX WORD_1);
    assert_fails(NULL, 5, WORD_MAX WORD_1 WORD_1);
    /* an operand at its limit and one above */
    assert_int_equal(gas(NULL, 5, modexp_input(1 << 20, 1, 1, BYTES_EMPTY)),
                     ((1ll << 40) / 16 + 480 * (1ll << 20) - 199680) / 20);
    assert_int_equal(gas(NULL, 5, modexp_input((1 << 20) + 1, 1, 1, BYTES_EMPTY)), INT64_MAX);
    assert_int_equal(gas(NULL, 5, modexp_input(1, 1, UINT64_MAX, BYTES_EMPTY)), INT64_MAX);
    assert_int_equal(gas(NULL, 5, modexp_input(1, UINT32_MAX, 1, BYTES_EMPTY)), 8ll * (UINT32_MAX - 32) / 20);
    assert_int_equal(gas(NULL, 5, modexp_input(1, UINT32_MAX + 1ull, 1, BYTES_EMPTY)), INT64_MAX);
    assert_true(run(NULL, 5, modexp_input(1 << 20, 1, 1, BYTES_OF_LITERAL("\3")), &output)); /* all zero: modulus 0 */
    assert_int_equal(output.size, 1);
}

/* complexity's three pieces and the exponent's length, EIP-198 */
static void modexp_gas_pieces(void **state)
{
    (void)state;
    static const struct {
        uint64_t base, exponent, modulus;
        const char *exponent_text;
        int64_t gas;
    } cases[] = {
        {1, 0, 64, "", 4096 / 20},
        {65, 1, 1, "\xff", (65 * 65 / 4 + 96 * 65 - 3072) * 7 / 20},
        {1, 1, 1024, "\x80", (1024 * 1024 / 4 + 96 * 1024 - 3072) * 7ll / 20},
        {1025, 1, 1, "\x02", (1025 * 1025 / 16 + 480 * 1025 - 199680) / 20},
        {1, 32, 32, "\x80", 1024 * 255 / 20},
        {1, 33, 32, "\x80", 1024 * (255 + 8) / 20},
        {1, 100, 32, "\0\0\1", 1024 * (8 * 68 + 232) / 20},
        {1, 100, 32, "", 1024 * 8 * 68 / 20},
        {1, 32, 32, "", 1024 / 20},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        uint8_t rest[3000] = {0};
        size_t size = i == 6 ? 3 : strlen(cases[i].exponent_text);
        memcpy(rest + cases[i].base, cases[i].exponent_text, size);
        bytes input = modexp_input(cases[i].base, cases[i].exponent, cases[i].modulus, bytes_of(rest, sizeof rest));
        assert_int_equal(gas(NULL, 5, input), cases[i].gas);
    }
}

static uint64_t seed = 99;

static uint64_t random_u64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Square and multiply with plain division, over the whole exponent: nothing in common with the function under test. */
static void naive_modexp(bytes base, bytes exponent, bytes modulus, uint8_t *out)
{
    mpz_t b, m, power;
    mpz_inits(b, m, power, NULL);
    mpz_import(b, base.size, 1, 1, 1, 0, base.data);
    mpz_import(m, modulus.size, 1, 1, 1, 0, modulus.data);
    memset(out, 0, modulus.size);
    if (mpz_sgn(m) != 0) {
        mpz_set_ui(power, 1);
        mpz_mod(power, power, m);
        for (size_t bit = 0; bit < exponent.size * 8; bit++) {
            mpz_mul(power, power, power);
            if (exponent.data[bit / 8] >> (7 - bit % 8) & 1)
                mpz_mul(power, power, b);
            mpz_mod(power, power, m);
        }
        size_t size = (mpz_sizeinbase(power, 2) + 7) / 8, written;
        if (mpz_sgn(power) != 0)
            mpz_export(out + modulus.size - size, &written, 1, 1, 1, 0, power);
    }
    mpz_clears(b, m, power, NULL);
}

static void modexp_equals_the_naive_way(void **state)
{
    (void)state;
    for (int round = 0; round < 1500; round++) {
        uint8_t numbers[200] = {0}, expected[60];
        size_t base = random_u64() % 60, exponent = random_u64() % (round % 2 ? 60 : 6), modulus = random_u64() % (round % 3 ? 6 : 60);
        size_t all = base + exponent + modulus;
        for (size_t i = 0; i < all; i++)
            numbers[i] = random_u64() % 4 ? (uint8_t)random_u64() : 0;
        /* cut the input, so that it is padded somewhere in the modulus, or in the exponent with a modulus of zero */
        size_t given = all > 0 && round % 4 == 0 ? random_u64() % all : all;
        memset(numbers + given, 0, sizeof numbers - given);
        bytes output;
        assert_true(run(NULL, 5, modexp_input(base, exponent, modulus, bytes_of(numbers, given)), &output));
        assert_int_equal(output.size, modulus);
        naive_modexp(bytes_of(numbers, base), bytes_of(numbers + base, exponent), bytes_of(numbers + base + exponent, modulus),
                     expected);
        if (modulus)
            assert_memory_equal(output.data, expected, modulus);
        arena_reset(&memory);
    }
}

/* --- bn254: the arithmetic is tested in crypto; here padding and what failing means --- */

static void bn254_inputs_are_padded_and_cut(void **state)
{
    (void)state;
    const char *twice = "030644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd3"
                        "15ed738c0e0a7c92e7845f96b2ae9c0a68a6a449e3538fc7ff3ebf7a5a18a2c4";
    assert_gives(NULL, 6, WORD_1 WORD_2 WORD_1 WORD_2, twice);
    assert_gives(NULL, 6, WORD_1 WORD_2 WORD_1 WORD_2 "ffffff", twice);
    assert_gives(NULL, 6, WORD_1 WORD_2, WORD_1 WORD_2);
    assert_gives(NULL, 6, "", WORD_0 WORD_0);
    assert_fails(NULL, 6, WORD_1 WORD_1);
    assert_fails(NULL, 6, WORD_1);
    assert_gives(NULL, 7, WORD_1 WORD_2 WORD_2, twice);
    assert_gives(NULL, 7, WORD_1 WORD_2 WORD_2 "01", twice);
    assert_gives(NULL, 7, WORD_1 WORD_2, WORD_0 WORD_0);
    assert_fails(NULL, 7, WORD_1 WORD_1 WORD_2);
    assert_gives(NULL, 8, "", WORD_1);
    assert_fails(NULL, 8, "00");
    assert_gives(NULL, 8, WORD_0 WORD_0 WORD_0 WORD_0 WORD_0 WORD_0, WORD_1);
    assert_gives(NULL, 8, WORD_1 WORD_2 WORD_0 WORD_0 WORD_0 WORD_0, WORD_1);
    assert_fails(NULL, 8, WORD_1 WORD_2 WORD_0 WORD_0 WORD_0 WORD_1);
}

/* --- blake2 F: the test vectors of EIP-152 --- */

#define BLAKE2_REST                                                                                                         \
    "48c9bdf267e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5d182e6ad7f520e511f6c3e2b8c68059b6bbd41fbabd9831f7921"  \
    "7e1319cde05b" "6162630000000000000000000000000000000000000000000000000000000000" WORD_0 WORD_0 WORD_0                    \
    "03000000000000000000000000000000"

static void blake2f_vectors_of_eip_152(void **state)
{
    (void)state;
    assert_fails(NULL, 9, "");
    assert_fails(NULL, 9, "00000c" BLAKE2_REST "01");
    assert_fails(NULL, 9, "000000000c" BLAKE2_REST "01");
    assert_fails(NULL, 9, "0000000c" BLAKE2_REST "02");
    assert_gives(NULL, 9, "00000000" BLAKE2_REST "01",
                 "08c9bcf367e6096a3ba7ca8485ae67bb2bf894fe72f36e3cf1361d5f3af54fa5"
                 "d282e6ad7f520e511f6c3e2b8c68059b9442be0454267ce079217e1319cde05b");
    assert_gives(NULL, 9, "0000000c" BLAKE2_REST "01",
                 "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
                 "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
    assert_gives(NULL, 9, "0000000c" BLAKE2_REST "00",
                 "75ab69d3190a562c51aef8d88f1c2775876944407270c42c9844252c26d28752"
                 "98743e7f6d5ea2f2d3e8d226039cd31b4e426ac4f2d3d666a610c2116fde4735");
    assert_gives(NULL, 9, "00000001" BLAKE2_REST "01",
                 "b63a380cb2897d521994a85234ee2c181b5f844d2c624c002677e9703449d2fb"
                 "a551b3a8333bcdf5f2f7e08993d53923de3d64fcc68c034e717b9293fed7a421");
    assert_int_equal(gas(NULL, 9, from_hex("0000000c" BLAKE2_REST "01")), 12);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(which_addresses_exist, forget),
        cmocka_unit_test_teardown(gas_of_the_table, forget),
        cmocka_unit_test_teardown(ecrecover_recovers, forget),
        cmocka_unit_test_teardown(ecrecover_without_a_signer_is_empty, forget),
        cmocka_unit_test_teardown(ecrecover_of_high_s_is_empty_on_chains_only, forget),
        cmocka_unit_test_teardown(hashes_and_identity, forget),
        cmocka_unit_test_teardown(national_chains_before_2_4_and_2_5, forget),
        cmocka_unit_test_teardown(modexp_examples_of_eip_198, forget),
        cmocka_unit_test_teardown(modexp_borders, forget),
        cmocka_unit_test_teardown(modexp_gas_pieces, forget),
        cmocka_unit_test_teardown(modexp_equals_the_naive_way, forget),
        cmocka_unit_test_teardown(bn254_inputs_are_padded_and_cut, forget),
        cmocka_unit_test_teardown(blake2f_vectors_of_eip_152, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
