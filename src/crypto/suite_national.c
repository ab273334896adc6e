/* The national suite: SM3 and SM2 (GB/T 32918.2-2016). What is signed is e = SM3(Z || digest), where Z binds the signer's key and
   the fixed identity (spec/data-model.md 1.3). Keys and signatures are made on OpenSSL's curve arithmetic; verifying, which a
   node does for every transaction, has its own, some three times as fast (sm2_curve.h; bench_crypto measures it).

   Secrets: the private key and the nonce meet the curve only as the one scalar of EC_POINT_mul, which OpenSSL does as a
   constant-time ladder; they are flagged BN_FLG_CONSTTIME, and every number here is cleared when freed. */
#include <assert.h>
#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <pthread.h>

#include "crypto/sm2_curve.h"
#include "crypto/suite.h"

enum { NATIONAL_SIGNATURE_BYTES = 128, SCALAR_BYTES = 32, SIGNER_OFFSET = 64 };

/* ENTL || ID || a || b || Gx || Gy: the part of Z's preimage that is the same for every key. */
static const uint8_t z_prefix[] =
    "\x00\x80"
    "1234567812345678"
    "\xff\xff\xff\xfe\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xfc"
    "\x28\xe9\xfa\x9e\x9d\x9f\x5e\x34\x4d\x5a\x9e\x4b\xcf\x65\x09\xa7\xf3\x97\x89\xf5\x15\xab\x8f\x92\xdd\xbc\xbd\x41\x4d\x94\x0e\x93"
    "\x32\xc4\xae\x2c\x1f\x19\x81\x19\x5f\x99\x04\x46\x6a\x39\xc9\x94\x8f\xe3\x0b\xbf\xf2\x66\x0b\xe1\x71\x5a\x45\x89\x33\x4c\x74\xc7"
    "\xbc\x37\x36\xa2\xf4\xf6\x77\x9c\x59\xbd\xce\xe3\x6b\x69\x21\x53\xd0\xa9\x87\x7c\xc6\x2a\x47\x40\x02\xdf\x32\xe5\x21\x39\xf0\xa0";

/* QUIRK data-model.md 1.3: well-formedness is measured with the order of secp256k1, which is the larger one. */
static const uint8_t secp256k1_order[SCALAR_BYTES] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xfe,
    0xba, 0xae, 0xdc, 0xe6, 0xaf, 0x48, 0xa0, 0x3b, 0xbf, 0xd2, 0x5e, 0x8c, 0xd0, 0x36, 0x41, 0x41,
};

/* Made once, never changed, so threads share it. */
static EC_GROUP *sm2_group;
static pthread_once_t sm2_group_once = PTHREAD_ONCE_INIT;

static void make_group(void)
{
    sm2_group = EC_GROUP_new_by_curve_name(NID_sm2);
    assert(sm2_group != NULL);
}

static const EC_GROUP *group(void)
{
    pthread_once(&sm2_group_once, make_group);
    return sm2_group;
}

static const BIGNUM *group_order(void)
{
    return EC_GROUP_get0_order(group());
}

/* Numbers of one computation; scratch_end clears and frees them all. */
typedef struct {
    BN_CTX *numbers;
    EC_POINT *point;
} scratch;

static scratch scratch_begin(void)
{
    scratch s = {BN_CTX_secure_new(), EC_POINT_new(group())};
    assert(s.numbers != NULL && s.point != NULL);
    BN_CTX_start(s.numbers);
    return s;
}

static void scratch_end(scratch *s)
{
    EC_POINT_clear_free(s->point);
    BN_CTX_end(s->numbers);
    BN_CTX_free(s->numbers);
}

static BIGNUM *number(scratch *s)
{
    BIGNUM *n = BN_CTX_get(s->numbers);
    assert(n != NULL); /* only memory can be missing */
    return n;
}

static BIGNUM *number_from(scratch *s, const uint8_t be[SCALAR_BYTES])
{
    BIGNUM *n = number(s);
    BN_bin2bn(be, SCALAR_BYTES, n);
    return n;
}

/* e */
static hash256 message_of(const public_key *key, const hash256 *digest)
{
    hash256 z = suite_hash2(&crypto_national, bytes_of(z_prefix, sizeof z_prefix - 1), BYTES_OF_VALUE(*key));
    return suite_hash2(&crypto_national, BYTES_OF_VALUE(z), BYTES_OF_VALUE(*digest));
}

static BIGNUM *secret_number_from(scratch *s, const secret_key *key)
{
    BIGNUM *d = number_from(s, key->b);
    BN_set_flags(d, BN_FLG_CONSTTIME);
    return d;
}

/* The key of a private number, and whether it is one: 0 < d < order - 1, since signing divides by d + 1. */
static bool national_public_of(const secret_key *key, public_key *out)
{
    scratch s = scratch_begin();
    BIGNUM *d = secret_number_from(&s, key), *limit = number(&s);
    bool ok = BN_copy(limit, group_order()) && BN_sub_word(limit, 1) && !BN_is_zero(d) && BN_cmp(d, limit) < 0;
    if (ok) {
        uint8_t text[1 + sizeof out->b];
        int done = EC_POINT_mul(group(), s.point, d, NULL, NULL, s.numbers);
        assert(done);
        size_t size = EC_POINT_point2oct(group(), s.point, POINT_CONVERSION_UNCOMPRESSED, text, sizeof text, s.numbers);
        assert(size == sizeof text);
        memcpy(out->b, text + 1, sizeof out->b);
    }
    scratch_end(&s);
    return ok;
}

/* One try with a fresh nonce k: r = e + x(kG), s = (k - r d) / (1 + d). false, with a chance of about 2^-255: another nonce. */
static bool sign_once(const secret_key *key, const public_key *pub, const hash256 *digest, uint8_t *out)
{
    const BIGNUM *n = group_order();
    scratch scratch_space = scratch_begin(), *s = &scratch_space;
    hash256 message = message_of(pub, digest);
    BIGNUM *e = number_from(s, message.b), *d = secret_number_from(s, key);
    BIGNUM *k = number(s), *r = number(s), *sig = number(s), *t = number(s);
    BN_set_flags(k, BN_FLG_CONSTTIME);
    int ok = BN_priv_rand_range(k, n);
    assert(ok); /* without randomness no signature may be made */
    ok = EC_POINT_mul(group(), s->point, k, NULL, NULL, s->numbers) &&
         (BN_is_zero(k) || EC_POINT_get_affine_coordinates(group(), s->point, r, NULL, s->numbers)) &&
         BN_mod_add(r, r, e, n, s->numbers) && BN_add(t, r, k);
    assert(ok);
    bool usable = !BN_is_zero(k) && !BN_is_zero(r) && BN_cmp(t, n) != 0;
    if (usable) {
        BN_set_flags(t, BN_FLG_CONSTTIME);
        ok = BN_mod_mul(sig, r, d, n, s->numbers) && BN_mod_sub(sig, k, sig, n, s->numbers) && BN_copy(t, d) &&
             BN_add_word(t, 1) && BN_mod_inverse(t, t, n, s->numbers) != NULL && BN_mod_mul(sig, sig, t, n, s->numbers) &&
             BN_bn2binpad(r, out, SCALAR_BYTES) == SCALAR_BYTES &&
             BN_bn2binpad(sig, out + SCALAR_BYTES, SCALAR_BYTES) == SCALAR_BYTES;
        assert(ok);
        usable = !BN_is_zero(sig);
    }
    scratch_end(s);
    return usable;
}

static void national_sign(const secret_key *key, const hash256 *digest, uint8_t *out)
{
    public_key pub;
    bool valid = national_public_of(key, &pub);
    assert(valid);
    while (!sign_once(key, &pub, digest, out))
        continue;
    memcpy(out + SIGNER_OFFSET, pub.b, sizeof pub.b);
}

/* Any number modulo the order, which fits once into 2^256. */
static u256 reduce(u256 a)
{
    return u256_compare(a, sm2_order) >= 0 ? u256_sub(a, sm2_order) : a;
}

/* a + b modulo the order, of numbers below it. */
static u256 add_reduced(u256 a, u256 b)
{
    u256 room = u256_sub(sm2_order, b); /* at least 1 */
    return u256_compare(a, room) >= 0 ? u256_sub(a, room) : u256_add(a, b);
}

static bool in_range(u256 n)
{
    return !u256_is_zero(n) && u256_compare(n, sm2_order) < 0;
}

/* r = e + x(sG + (r + s)P), with the key that is asked about, not the one in the signature (spec/data-model.md 1.3). */
static bool national_verify(const public_key *key, const hash256 *digest, bytes signature)
{
    sm2_affine p;
    if (signature.size != NATIONAL_SIGNATURE_BYTES)
        return false;
    u256 r = u256_from_be(bytes_of(signature.data, SCALAR_BYTES));
    u256 s = u256_from_be(bytes_of(signature.data + SCALAR_BYTES, SCALAR_BYTES));
    if (!in_range(r) || !in_range(s) || !sm2_point_read(key->b, &p))
        return false;
    u256 t = add_reduced(r, s);
    if (u256_is_zero(t))
        return false;
    hash256 message = message_of(key, digest);
    u256 e = reduce(u256_from_be(BYTES_OF_VALUE(message)));
    sm2_point sum;
    sm2_point_combine(&sum, s, &p, t);
    return sm2_point_has_x(&sum, u256_is_zero(e) ? r : add_reduced(r, u256_sub(sm2_order, e)));
}

static bool national_is_well_formed(bytes signature)
{
    static const uint8_t zero[sizeof(public_key)];
    if (signature.size != NATIONAL_SIGNATURE_BYTES)
        return false;
    const uint8_t *r = signature.data, *s = r + SCALAR_BYTES, *signer = r + SIGNER_OFFSET;
    return memcmp(signer, zero, sizeof zero) != 0 && memcmp(r, zero, SCALAR_BYTES) != 0 &&
           memcmp(r, secp256k1_order, SCALAR_BYTES) < 0 && memcmp(s, zero, SCALAR_BYTES) != 0 &&
           memcmp(s, secp256k1_order, SCALAR_BYTES) < 0;
}

static bool national_recover(const hash256 *digest, bytes signature, public_key *out)
{
    if (!national_is_well_formed(signature))
        return false;
    public_key signer;
    memcpy(signer.b, signature.data + SIGNER_OFFSET, sizeof signer.b);
    if (!national_verify(&signer, digest, signature))
        return false;
    *out = signer;
    return true;
}

const crypto_suite crypto_national = {
    .name = "national",
    .is_national = true,
    .signature_bytes = NATIONAL_SIGNATURE_BYTES,
    .hash = DIGEST_SM3,
    .old_table_hash = DIGEST_SM3,
    .sign = national_sign,
    .recover = national_recover,
    .verify = national_verify,
    .is_well_formed = national_is_well_formed,
    .public_of = national_public_of,
};
