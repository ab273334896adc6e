#include "test.h"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#include "crypto/sm2_curve.h"

static EC_GROUP *group;
static BN_CTX *numbers;

static uint64_t seed = 5;

static uint64_t random_u64(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static int open_group(void **state)
{
    (void)state;
    group = EC_GROUP_new_by_curve_name(NID_sm2);
    numbers = BN_CTX_new();
    return group == NULL || numbers == NULL;
}

static int close_group(void **state)
{
    (void)state;
    EC_GROUP_free(group);
    BN_CTX_free(numbers);
    return 0;
}

static BIGNUM *bn_of(u256 n)
{
    uint8_t be[32];
    u256_to_be(n, be);
    return BN_bin2bn(be, 32, NULL);
}

/* Scalars with the edges: zero, one, order - 1, long runs of ones. */
static u256 scalar(unsigned round)
{
    u256 n;
    for (int i = 0; i < 4; i++)
        n.limb[i] = random_u64() % 3 ? random_u64() : 0 - (random_u64() & 1);
    if (round % 11 == 0)
        n = u256_of(round % 4);
    if (round % 11 == 1)
        n = u256_sub(sm2_order, u256_of(1 + round % 3));
    while (u256_compare(n, sm2_order) >= 0)
        n = u256_shift_right(n, 1);
    return n;
}

static bool openssl_combine(u256 g_times, const EC_POINT *p, u256 p_times, uint8_t x_y[64])
{
    uint8_t text[65];
    EC_POINT *sum = EC_POINT_new(group);
    BIGNUM *g = bn_of(g_times), *t = bn_of(p_times);
    assert_true(EC_POINT_mul(group, sum, g, p, t, numbers));
    bool finite = !EC_POINT_is_at_infinity(group, sum);
    if (finite) {
        EC_POINT_point2oct(group, sum, POINT_CONVERSION_UNCOMPRESSED, text, sizeof text, numbers);
        memcpy(x_y, text + 1, 64);
    }
    EC_POINT_free(sum);
    BN_free(g);
    BN_free(t);
    return finite;
}

static void check_combination(u256 key, u256 g_times, u256 p_times)
{
    uint8_t text[65], expected[64], got[64];
    BIGNUM *k = bn_of(key);
    EC_POINT *p = EC_POINT_new(group);
    assert_true(EC_POINT_mul(group, p, k, NULL, NULL, numbers));
    EC_POINT_point2oct(group, p, POINT_CONVERSION_UNCOMPRESSED, text, sizeof text, numbers);
    sm2_affine ours;
    sm2_point sum;
    assert_true(sm2_point_read(text + 1, &ours));
    sm2_point_combine(&sum, g_times, &ours, p_times);
    bool finite = openssl_combine(g_times, p, p_times, expected);
    assert_int_equal(sm2_point_write(&sum, got), finite);
    if (finite) {
        assert_memory_equal(got, expected, 64);
        u256 x = u256_from_be(bytes_of(expected, 32));
        if (u256_compare(x, sm2_order) >= 0)
            x = u256_sub(x, sm2_order);
        assert_true(sm2_point_has_x(&sum, x));
        assert_false(sm2_point_has_x(&sum, u256_add(x, u256_of(1))));
    } else {
        assert_false(sm2_point_has_x(&sum, u256_of(0)));
    }
    EC_POINT_free(p);
    BN_free(k);
}

static void combinations_agree_with_openssl(void **state)
{
    (void)state;
    for (unsigned round = 0; round < 400; round++) {
        u256 key = scalar(round * 7 + 3);
        if (u256_is_zero(key))
            key = u256_of(5);
        check_combination(key, scalar(round), scalar(round + 5));
    }
}

/* sG + tP where P is a small multiple of G, so that sums meet equal, opposite and infinite points. */
static void colliding_points_agree_with_openssl(void **state)
{
    (void)state;
    for (unsigned key = 1; key <= 4; key++)
        for (unsigned g = 0; g < 20; g++)
            for (unsigned p = 0; p < 5; p++) {
                check_combination(u256_of(key), u256_of(g), u256_of(p));
                check_combination(u256_of(key), u256_of(g), u256_sub(sm2_order, u256_of(p + 1)));
                check_combination(u256_sub(sm2_order, u256_of(key)), u256_of(g), u256_of(p));
            }
}

/* A point whose x lies between the order and the prime is asked for by x - order. */
static void x_is_taken_modulo_the_order(void **state)
{
    (void)state;
    BIGNUM *x = BN_new();
    EC_POINT *point = EC_POINT_new(group);
    uint8_t text[65];
    unsigned found = 0;
    for (unsigned i = 0; i < 40; i++) {
        u256 small = u256_of(i);
        BIGNUM *candidate = bn_of(u256_add(sm2_order, small));
        if (EC_POINT_set_compressed_coordinates(group, point, candidate, 0, numbers)) {
            sm2_affine affine;
            sm2_point same;
            EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, text, sizeof text, numbers);
            assert_true(sm2_point_read(text + 1, &affine));
            sm2_point_combine(&same, u256_of(0), &affine, u256_of(1));
            assert_true(sm2_point_has_x(&same, small));
            assert_false(sm2_point_has_x(&same, u256_of(i + 1)));
            found++;
        }
        BN_free(candidate);
    }
    assert_in_range(found, 5, 35);
    EC_POINT_free(point);
    BN_free(x);
}

static void points_off_the_curve_are_refused(void **state)
{
    (void)state;
    uint8_t text[65];
    sm2_affine out;
    EC_POINT_point2oct(group, EC_GROUP_get0_generator(group), POINT_CONVERSION_UNCOMPRESSED, text, sizeof text, numbers);
    assert_true(sm2_point_read(text + 1, &out));
    for (size_t i = 1; i < 65; i++) {
        text[i] ^= 0x10;
        assert_false(sm2_point_read(text + 1, &out));
        text[i] ^= 0x10;
    }
    uint8_t x_y[64] = {0};
    assert_false(sm2_point_read(x_y, &out));
    memset(x_y, 0xff, 64);
    assert_false(sm2_point_read(x_y, &out));
    /* x = p would be x = 0, which is on the curve with y = sqrt(b) */
    BIGNUM *zero = BN_new();
    EC_POINT *point = EC_POINT_new(group);
    BN_zero(zero);
    assert_true(EC_POINT_set_compressed_coordinates(group, point, zero, 1, numbers));
    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, text, sizeof text, numbers);
    assert_true(sm2_point_read(text + 1, &out));
    BIGNUM *p = BN_new();
    EC_GROUP_get_curve(group, p, NULL, NULL, numbers);
    BN_bn2binpad(p, text + 1, 32);
    assert_false(sm2_point_read(text + 1, &out));
    EC_POINT_free(point);
    BN_free(zero);
    BN_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combinations_agree_with_openssl),
        cmocka_unit_test(colliding_points_agree_with_openssl),
        cmocka_unit_test(x_is_taken_modulo_the_order),
        cmocka_unit_test(points_off_the_curve_are_refused),
    };
    return cmocka_run_group_tests(tests, open_group, close_group);
}
