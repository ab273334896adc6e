#include "test.h"

#include <openssl/evp.h>

#include "codec/hex.h"
#include "crypto/compress.h"
#include "crypto/digest.h"

static const digest_kind all_kinds[] = {DIGEST_KECCAK256, DIGEST_SM3, DIGEST_SHA256};

static void assert_hex(hash256 got, const char *expected)
{
    char text[65] = {0};
    hex_write(BYTES_OF_VALUE(got), text);
    assert_string_equal(text, expected);
}

static void fill(uint8_t *out, size_t size)
{
    uint32_t seed = 7;
    for (size_t i = 0; i < size; i++) {
        seed = seed * 1664525u + 1013904223u;
        out[i] = (uint8_t)(seed >> 24);
    }
}

/* Empty values: spec/data-model.md 1.1. "abc": SM3 GB/T 32905 example 1, SHA-256 FIPS 180-4. */
static void published_vectors(void **state)
{
    (void)state;
    bytes abc = BYTES_OF_LITERAL("abc"), rlp_empty = BYTES_OF_LITERAL("\x80");
    assert_hex(digest_of(DIGEST_KECCAK256, BYTES_EMPTY),
               "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_hex(digest_of(DIGEST_SM3, BYTES_EMPTY), "1ab21d8355cfa17f8e61194831e81a8f22bec8c728fefb747ed035eb5082aa2b");
    assert_hex(digest_of(DIGEST_KECCAK256, rlp_empty),
               "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421");
    assert_hex(digest_of(DIGEST_SM3, rlp_empty), "995b949869f80fa1465a9d8b6fa759ec65c3020d59c2624662bdff059bdf19b3");
    assert_hex(digest_of(DIGEST_KECCAK256, abc), "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
    assert_hex(digest_of(DIGEST_SM3, abc), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
    assert_hex(digest_of(DIGEST_SHA256, abc), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_hex(digest_of(DIGEST_SM3, BYTES_OF_LITERAL("abcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd")),
               "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
}

/* Any way of cutting the input gives the same hash, and a stream may be copied half-way. */
static void pieces_equal_the_whole(void **state)
{
    (void)state;
    uint8_t data[300];
    fill(data, sizeof data);
    for (size_t k = 0; k < COUNT(all_kinds); k++) {
        for (size_t size = 0; size <= sizeof data; size++) {
            hash256 whole = digest_of(all_kinds[k], bytes_of(data, size));
            size_t cuts[] = {0, 1, 63, 64, 135, 136, 137, size / 2, size};
            for (size_t c = 0; c < COUNT(cuts); c++) {
                size_t cut = cuts[c] < size ? cuts[c] : size;
                hash_stream s;
                hash_stream_begin(&s, all_kinds[k]);
                hash_stream_add(&s, bytes_of(data, cut));
                hash_stream copy = s;
                hash_stream_add(&copy, bytes_of(data, size)); /* goes another way; must not disturb s */
                hash_stream_end(&copy);
                hash_stream_add(&s, bytes_of(data + cut, size - cut));
                hash256 got = hash_stream_end(&s);
                assert_memory_equal(got.b, whole.b, 32);
            }
        }
        hash_stream s;
        hash_stream_begin(&s, all_kinds[k]);
        for (size_t i = 0; i < sizeof data; i++)
            hash_stream_add(&s, bytes_of(data + i, 1));
        hash256 got = hash_stream_end(&s), whole = digest_of(all_kinds[k], bytes_of(data, sizeof data));
        assert_memory_equal(got.b, whole.b, 32);
    }
}

static void assert_equals_openssl(const char *name, bytes in, const hash256 *got)
{
    uint8_t expected[32];
    size_t size = sizeof expected;
    assert_true(EVP_Q_digest(NULL, name, NULL, in.data, in.size, expected, &size));
    assert_memory_equal(got->b, expected, 32);
}

/* OpenSSL has no Keccak-256, but SHA3-256 is the same permutation with another padding byte. */
static hash256 sha3_256(bytes in)
{
    uint64_t lanes[25] = {0};
    uint8_t *sponge = (uint8_t *)lanes; /* little-endian machine: good enough for a test */
    size_t at = 0;
    for (size_t i = 0; i < in.size; i++) {
        sponge[at++] ^= in.data[i];
        if (at == 136) {
            keccak_f1600(lanes);
            at = 0;
        }
    }
    sponge[at] ^= 0x06;
    sponge[135] ^= 0x80;
    keccak_f1600(lanes);
    hash256 out;
    memcpy(out.b, sponge, 32);
    return out;
}

static void equals_openssl_at_every_length(void **state)
{
    (void)state;
    uint8_t data[600];
    fill(data, sizeof data);
    for (size_t size = 0; size <= sizeof data; size++) {
        bytes in = bytes_of(data, size);
        hash256 sm3 = digest_of(DIGEST_SM3, in), sha256 = digest_of(DIGEST_SHA256, in), sha3 = sha3_256(in);
        assert_equals_openssl("SM3", in, &sm3);
        assert_equals_openssl("SHA256", in, &sha256);
        assert_equals_openssl("SHA3-256", in, &sha3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors),
        cmocka_unit_test(pieces_equal_the_whole),
        cmocka_unit_test(equals_openssl_at_every_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
