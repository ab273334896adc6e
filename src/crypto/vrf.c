#include "crypto/vrf.h"

#include "codec/hex.h"

#include <assert.h>
#include <openssl/evp.h>
#include <sodium.h>

typedef struct {
    uint8_t b[crypto_core_ristretto255_BYTES];
} group_element;

typedef struct {
    uint8_t b[crypto_core_ristretto255_SCALARBYTES];
} scalar;

static const bytes bar = {(const uint8_t *)"|", 1};

/* SHA3-512 of the parts, one behind the other. */
static void sha3_512(const bytes *parts, size_t count, uint8_t out[64])
{
    unsigned size = 64;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int good = context && EVP_DigestInit_ex(context, EVP_sha3_512(), NULL);
    for (size_t i = 0; good && i < count; i++)
        good = EVP_DigestUpdate(context, parts[i].data, parts[i].size);
    good = good && EVP_DigestFinal_ex(context, out, &size);
    assert(good);
    EVP_MD_CTX_free(context);
}

static scalar hash_to_scalar(const bytes *parts, size_t count)
{
    uint8_t wide[64];
    scalar s;
    sha3_512(parts, count, wide);
    crypto_core_ristretto255_scalar_reduce(s.b, wide);
    sodium_memzero(wide, sizeof wide);
    return s;
}

static group_element hash_to_group(const bytes *parts, size_t count)
{
    uint8_t wide[64];
    group_element p;
    sha3_512(parts, count, wide);
    int failed = crypto_core_ristretto255_from_hash(p.b, wide);
    assert(!failed);
    (void)failed;
    return p;
}

/* p is valid; the identity is a result like any other (libsodium returns -1 for it, and the right bytes). */
static group_element multiply(const scalar *s, const group_element *p)
{
    group_element q;
    (void)!crypto_scalarmult_ristretto255(q.b, s->b, p->b);
    return q;
}

static group_element multiply_base(const scalar *s)
{
    group_element q;
    (void)!crypto_scalarmult_ristretto255_base(q.b, s->b);
    return q;
}

static group_element add(const group_element *p, const group_element *q)
{
    group_element sum;
    int failed = crypto_core_ristretto255_add(sum.b, p->b, q->b);
    assert(!failed);
    (void)failed;
    return sum;
}

typedef struct {
    char digits[VRF_KEY_DIGITS];
} hex64;

static hex64 hex_of(const uint8_t b[32])
{
    hex64 text;
    hex_write(bytes_of(b, 32), text.digits);
    return text;
}

static bool is_continuation(bytes text, size_t at, uint8_t low, uint8_t high)
{
    return at < text.size && text.data[at] >= low && text.data[at] <= high;
}

/* Length of the UTF-8 sequence at `at`, or 0 (RFC 3629, section 4). */
static size_t utf8_length(bytes text, size_t at)
{
    uint8_t lead = text.data[at];
    if (lead < 0x80)
        return 1;
    if (lead >= 0xc2 && lead <= 0xdf)
        return is_continuation(text, at + 1, 0x80, 0xbf) ? 2 : 0;
    uint8_t low = lead == 0xe0 ? 0xa0 : lead == 0xf0 ? 0x90 : 0x80;
    uint8_t high = lead == 0xed ? 0x9f : lead == 0xf4 ? 0x8f : 0xbf;
    size_t length = lead >= 0xe0 && lead <= 0xef ? 3 : lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
    if (length == 0 || !is_continuation(text, at + 1, low, high))
        return 0;
    for (size_t i = 2; i < length; i++)
        if (!is_continuation(text, at + i, 0x80, 0xbf))
            return 0;
    return length;
}

/* What a C string of the reference's library holds. false: not UTF-8. */
static bool take_text(bytes in, bytes *out)
{
    const uint8_t *end = in.size ? memchr(in.data, 0, in.size) : NULL;
    *out = bytes_of(in.data, end ? (size_t)(end - in.data) : in.size);
    for (size_t at = 0, length; at < out->size; at += length)
        if ((length = utf8_length(*out, at)) == 0)
            return false;
    return true;
}

static bool read_element(bytes text, group_element *out)
{
    return hex_read(text, out->b, sizeof out->b) && crypto_core_ristretto255_is_valid_point(out->b) == 1;
}

static bool read_scalar(bytes text, scalar *out)
{
    if (!hex_read(text, out->b, sizeof out->b))
        return false;
    out->b[sizeof out->b - 1] &= 0x7f;
    return true;
}

bool vrf_public_key_is_valid(bytes key_text)
{
    bytes text;
    group_element key;
    return take_text(key_text, &text) && read_element(text, &key);
}

static bool split_proof(bytes proof, bytes parts[3])
{
    size_t count = 0, start = 0;
    for (size_t i = 0; i <= proof.size; i++)
        if (i == proof.size || proof.data[i] == '|') {
            if (count == 3)
                return false;
            parts[count++] = bytes_part(proof, start, i - start);
            start = i + 1;
        }
    return count == 3;
}

/* The challenge: S( key | alpha | key gamma u v ), all of it texts. */
static scalar challenge(bytes key_text, bytes alpha, bytes gamma_text, const group_element *u, const group_element *v)
{
    hex64 u_text = hex_of(u->b), v_text = hex_of(v->b);
    const bytes parts[] = {key_text, bar, alpha, bar, key_text, gamma_text, BYTES_OF_VALUE(u_text.digits),
                           BYTES_OF_VALUE(v_text.digits)};
    return hash_to_scalar(parts, COUNT(parts));
}

static group_element base_of_input(bytes key_text, bytes alpha)
{
    const bytes parts[] = {key_text, bar, alpha};
    return hash_to_group(parts, COUNT(parts));
}

bool vrf_verify(bytes key_text, bytes alpha, bytes proof, hash256 *output)
{
    bytes parts[3];
    group_element key, gamma;
    scalar c, s;
    if (!take_text(key_text, &key_text) || !take_text(alpha, &alpha) || !take_text(proof, &proof) || !split_proof(proof, parts) ||
        !read_element(key_text, &key) || !read_element(parts[0], &gamma) || !read_scalar(parts[1], &c) ||
        !read_scalar(parts[2], &s))
        return false;
    group_element input = base_of_input(key_text, alpha);
    group_element c_key = multiply(&c, &key), s_base = multiply_base(&s), u = add(&c_key, &s_base);
    group_element c_gamma = multiply(&c, &gamma), s_input = multiply(&s, &input), v = add(&c_gamma, &s_input);
    scalar expected = challenge(key_text, alpha, parts[0], &u, &v);
    if (memcmp(expected.b, c.b, sizeof c.b) != 0)
        return false;
    scalar eight = {{8}};
    group_element result = multiply(&eight, &gamma);
    *output = digest_of(DIGEST_KECCAK256, BYTES_OF_VALUE(result));
    return true;
}

void vrf_public_of(bytes secret_text, char key_text[VRF_KEY_DIGITS])
{
    scalar x = hash_to_scalar(&secret_text, 1);
    hex64 text = hex_of(multiply_base(&x).b);
    memcpy(key_text, text.digits, sizeof text.digits);
    sodium_memzero(&x, sizeof x);
}

void vrf_prove(bytes secret_text, bytes alpha, char proof[VRF_PROOF_BYTES])
{
    scalar x = hash_to_scalar(&secret_text, 1), product, s;
    char key[VRF_KEY_DIGITS];
    vrf_public_of(secret_text, key);
    bytes key_text = BYTES_OF_VALUE(key);
    group_element input = base_of_input(key_text, alpha), gamma = multiply(&x, &input);
    hex64 gamma_text = hex_of(gamma.b);
    const bytes nonce_parts[] = {BYTES_OF_LITERAL("vrf nonce|"), secret_text, bar, alpha};
    scalar k = hash_to_scalar(nonce_parts, COUNT(nonce_parts));
    group_element u = multiply_base(&k), v = multiply(&k, &input);
    scalar c = challenge(key_text, alpha, BYTES_OF_VALUE(gamma_text.digits), &u, &v);
    crypto_core_ristretto255_scalar_mul(product.b, c.b, x.b);
    crypto_core_ristretto255_scalar_sub(s.b, k.b, product.b);
    hex64 c_text = hex_of(c.b), s_text = hex_of(s.b);
    memcpy(proof, gamma_text.digits, VRF_KEY_DIGITS);
    proof[VRF_KEY_DIGITS] = '|';
    memcpy(proof + VRF_KEY_DIGITS + 1, c_text.digits, VRF_KEY_DIGITS);
    proof[2 * VRF_KEY_DIGITS + 1] = '|';
    memcpy(proof + 2 * VRF_KEY_DIGITS + 2, s_text.digits, VRF_KEY_DIGITS);
    sodium_memzero(&x, sizeof x);
    sodium_memzero(&k, sizeof k);
    sodium_memzero(&product, sizeof product);
}
