/* The VRF of spec/precompiled.md section 9: the worked example there, and what must not verify. */
#include "test.h"

#include "codec/hex.h"
#include "crypto/vrf.h"

#define SECRET "e82a0751b7671d20d24631faa7033ee6909ed73629e1795e830b8fb8666e17b8"
#define KEY "e611c8efc66efc2a89a87ae436a51869003541d8f170c6f21db6375cc9eeb377"
#define INPUT "847adcf9b24cf0041ddff02ffe324e30b1271c5170086f8ee799dd1123dacb2e"
#define GAMMA "18c156ab049252bb16f1a4d6c6ea22ac9decc58c3d1d8e0f28f7971990f0b00a"
#define PROOF GAMMA "|d10eb4cac9b6fb315aaf4b4bdcd485214caf1ef43eb50c90039a37c461981b0f" \
                    "|94fce70a3f473d0a21bb1cd19269fbe0dec710d0f8cf06972582eb749bf4fa08"
#define OUTPUT "da1ab3e8b496c98c75c996bd4cdbab0b6ae7104f746d14654a7181940cb18d8d"

static bool verify(const char *key, const char *input, const char *proof, hash256 *output)
{
    return vrf_verify(bytes_of_text(key), bytes_of_text(input), bytes_of_text(proof), output);
}

static void verifies_the_example(void **state)
{
    (void)state;
    hash256 output, expected;
    assert_true(hex_read(bytes_of_text(OUTPUT), expected.b, sizeof expected.b));
    assert_true(vrf_public_key_is_valid(bytes_of_text(KEY)));
    assert_true(verify(KEY, INPUT, PROOF, &output));
    assert_memory_equal(&output, &expected, sizeof output);
}

static void refuses_what_differs(void **state)
{
    (void)state;
    hash256 output;
    char text[sizeof PROOF];
    for (size_t i = 0; i < sizeof PROOF - 1; i++) {
        memcpy(text, PROOF, sizeof text);
        text[i] = text[i] == '0' ? '1' : '0';
        assert_false(verify(KEY, INPUT, text, &output));
        text[i] = '\0'; /* every truncation */
        assert_false(verify(KEY, INPUT, text, &output));
    }
    assert_false(verify(KEY, INPUT "0", PROOF, &output));
    assert_false(verify(GAMMA, INPUT, PROOF, &output));
    assert_false(verify(KEY, INPUT, PROOF "|", &output));
    /* An upper-case digit of gamma is another text to hash. */
    memcpy(text, PROOF, sizeof text);
    text[3] = 'C';
    assert_false(verify(KEY, INPUT, text, &output));
}

static void reads_texts_as_the_library_does(void **state)
{
    (void)state;
    hash256 output;
    const char with_nul[] = PROOF "\0tail", bad_utf8[] = "a\xc0\xaf";
    assert_true(vrf_verify(bytes_of_text(KEY), bytes_of_text(INPUT), bytes_of(with_nul, sizeof with_nul - 1), &output));
    assert_false(vrf_verify(bytes_of_text(KEY), bytes_of(bad_utf8, 3), bytes_of_text(PROOF), &output));
    assert_false(vrf_public_key_is_valid(bytes_of_text("")));
    /* Not canonical: the field's prime itself, and a negative number. */
    assert_false(vrf_public_key_is_valid(bytes_of_text("edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f")));
    assert_false(vrf_public_key_is_valid(bytes_of_text("0100000000000000000000000000000000000000000000000000000000000000")));
    /* The identity is a point. */
    assert_true(vrf_public_key_is_valid(bytes_of_text("0000000000000000000000000000000000000000000000000000000000000000")));
}

static void proves_what_it_verifies(void **state)
{
    (void)state;
    char key[VRF_KEY_DIGITS], proof[VRF_PROOF_BYTES];
    hash256 output, expected;
    vrf_public_of(bytes_of_text(SECRET), key);
    assert_memory_equal(key, KEY, sizeof key);
    vrf_prove(bytes_of_text(SECRET), bytes_of_text(INPUT), proof);
    assert_memory_equal(proof, GAMMA, VRF_KEY_DIGITS);
    assert_true(vrf_verify(BYTES_OF_VALUE(key), bytes_of_text(INPUT), BYTES_OF_VALUE(proof), &output));
    assert_true(hex_read(bytes_of_text(OUTPUT), expected.b, sizeof expected.b));
    assert_memory_equal(&output, &expected, sizeof output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(verifies_the_example),
        cmocka_unit_test(refuses_what_differs),
        cmocka_unit_test(reads_texts_as_the_library_does),
        cmocka_unit_test(proves_what_it_verifies),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
