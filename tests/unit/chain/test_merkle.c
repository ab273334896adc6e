#include "test.h"

#include "chain/index_trie.h"
#include "chain/merkle.h"
#include "support_chain.h"

enum { MANY = 300 };

static void fill(hash256 items[MANY])
{
    for (size_t i = 0; i < MANY; i++)
        memset(items[i].b, (int)(i & 0xff), sizeof items[i]);
}

/* spec/data-model.md 6.3 */
static void roots_of_the_specification(void **state)
{
    (void)state;
    hash256 items[MANY];
    fill(items);
    assert_hash(merkle_root(&crypto_standard, items, 0), "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
    assert_hash(merkle_root(&crypto_standard, items, 2), "8833bd974433b5f6dcc1d803bc458fa8e13dcb3b8ddf1062a1f62038415c7538");
    assert_hash(merkle_root(&crypto_standard, items, 17), "164d961666b2bd38cf2035989f50c292e14b67787d2e1bf4bd7efb3e44c4f280");
}

static void every_item_has_a_proof(void **state)
{
    (void)state;
    static const size_t counts[] = {1, 2, 15, 16, 17, 32, 255, 256, 257, MANY};
    hash256 items[MANY];
    fill(items);
    for (size_t c = 0; c < COUNT(counts); c++) {
        hash256 root = merkle_root(&crypto_standard, items, counts[c]);
        for (size_t i = 0; i < counts[c]; i += counts[c] > 32 ? 7 : 1) {
            arena a = {0};
            merkle_proof proof = merkle_prove(&crypto_standard, items, counts[c], i, &a);
            assert_true(merkle_verify(&crypto_standard, &proof, i, &items[i], &root));
            assert_false(merkle_verify(&crypto_standard, &proof, i + 1, &items[i], &root));
            const merkle_level *last = &proof.levels[proof.level_count - 1];
            assert_int_equal(last->left_count + last->right_count, 0);
            proof.level_count--;
            assert_false(merkle_verify(&crypto_standard, &proof, i, &items[i], &root));
            arena_reset(&a);
        }
    }
}

/* Roots of {RLP(i): byte i repeated 1 + i mod 40 times}, made with the independent trie of ethereum/py-trie. */
static void trie_roots_of_another_implementation(void **state)
{
    (void)state;
    static const struct {
        size_t count;
        const char *root;
    } cases[] = {
        {0, "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"},
        {1, "7da536f7df63a0dfb481590e53be0e3063d9b798925cc3d479a3eb3155d0b394"},
        {2, "47a291e1f0920ea2b564d3d828c0f3a4691bc9f2b15813c5a3a3e7e3d6bd17ef"},
        {17, "fd0acc349d10c623311c31910cd43892a036fc692b96340a9ae1ff4225ef8feb"},
        {128, "2695ae12f944ae911270fc0457218c115d5eda80c662f5a1de95ca0737c37da5"},
        {129, "348c5a76e430d703e4d02e80941e91081af2211e693d506e08efa096c2566ac4"},
        {300, "bf867fe948c8078a13533331868c82048c1a9acc7f36d2170117d9ddf235e1e8"},
    };
    static uint8_t space[MANY][40];
    bytes values[MANY];
    for (size_t i = 0; i < MANY; i++) {
        memset(space[i], (int)(i & 0xff), sizeof space[i]);
        values[i] = bytes_of(space[i], 1 + i % 40);
    }
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_hash(index_trie_root(&crypto_standard, values, cases[i].count), cases[i].root);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(roots_of_the_specification),
        cmocka_unit_test(every_item_has_a_proof),
        cmocka_unit_test(trie_roots_of_another_implementation),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
