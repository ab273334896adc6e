#include "crypto/bn254.h"

#include "crypto/bn254_group.h"

static bool g1_read(const uint8_t in[BN254_G1_BYTES], g1_affine *out)
{
    return fp_from_be(in, &out->x) && fp_from_be(in + 32, &out->y) && g1_is_on_curve(out);
}

static void g1_write(const g1_point *a, uint8_t out[BN254_G1_BYTES])
{
    g1_affine affine;
    g1_to_affine(&affine, a);
    fp_to_be(&affine.x, out);
    fp_to_be(&affine.y, out + 32);
}

static bool g2_read(const uint8_t in[BN254_G2_BYTES], g2_affine *out)
{
    return fp_from_be(in, &out->x.im) && fp_from_be(in + 32, &out->x.re) && fp_from_be(in + 64, &out->y.im) &&
           fp_from_be(in + 96, &out->y.re) && g2_is_on_curve(out) && g2_is_in_group(out);
}

bool bn254_add(const uint8_t two_points[2 * BN254_G1_BYTES], uint8_t out[BN254_G1_BYTES])
{
    g1_affine a, b;
    if (!g1_read(two_points, &a) || !g1_read(two_points + BN254_G1_BYTES, &b))
        return false;
    g1_point left, right;
    g1_from_affine(&left, &a);
    g1_from_affine(&right, &b);
    g1_add(&left, &left, &right);
    g1_write(&left, out);
    return true;
}

bool bn254_multiply(const uint8_t point[BN254_G1_BYTES], const uint8_t scalar[32], uint8_t out[BN254_G1_BYTES])
{
    g1_affine a;
    if (!g1_read(point, &a))
        return false;
    g1_point product;
    g1_multiply(&product, &a, scalar);
    g1_write(&product, out);
    return true;
}

bool bn254_pairing_is_one(bytes pairs, bool *is_one)
{
    if (pairs.size % BN254_PAIR_BYTES != 0)
        return false;
    fp12 product = fp12_of_one(), part;
    g1_affine p[MILLER_PAIRS_MAX];
    g2_affine q[MILLER_PAIRS_MAX];
    size_t waiting = 0;
    for (size_t at = 0; at < pairs.size; at += BN254_PAIR_BYTES) {
        if (!g1_read(pairs.data + at, &p[waiting]) || !g2_read(pairs.data + at + BN254_G1_BYTES, &q[waiting]))
            return false;
        if (g1_is_infinity(&p[waiting]) || g2_is_infinity(&q[waiting]))
            continue; /* a pairing with infinity is one */
        if (++waiting < MILLER_PAIRS_MAX)
            continue;
        pairing_miller(&part, p, q, waiting);
        fp12_mul(&product, &product, &part);
        waiting = 0;
    }
    pairing_miller(&part, p, q, waiting);
    fp12_mul(&product, &product, &part);
    pairing_finish(&product, &product);
    *is_one = fp12_is_one(&product);
    return true;
}
