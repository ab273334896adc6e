#include "crypto/paillier.h"

#include "codec/hex.h"

#include <gmp.h>
#include <stdlib.h>

enum { HEADER_DIGITS = 4, LENGTH_OF_2048 = 256, LENGTH_OF_4096 = 512 };

/* L, or 0. */
static size_t key_length(bytes text)
{
    uint8_t header[HEADER_DIGITS / 2];
    if (text.size < HEADER_DIGITS || !hex_read(bytes_of(text.data, HEADER_DIGITS), header, sizeof header))
        return 0;
    size_t length = read_be16(header);
    bool known = length == LENGTH_OF_2048 || length == LENGTH_OF_4096;
    return known && text.size == HEADER_DIGITS + 6 * length ? length : 0;
}

static bool read_number(bytes digits, mpz_t out)
{
    uint8_t raw[2 * LENGTH_OF_4096];
    size_t size = digits.size / 2;
    if (!hex_read(digits, raw, size))
        return false;
    mpz_import(out, size, 1, 1, 1, 0, raw);
    return true;
}

static bytes write_sum(arena *a, bytes left, size_t length, const mpz_t c)
{
    static const char upper[] = "0123456789ABCDEF";
    uint8_t raw[2 * LENGTH_OF_4096] = {0};
    char *text = arena_take(a, left.size);
    size_t size = (mpz_sizeinbase(c, 2) + 7) / 8, at = HEADER_DIGITS + 2 * length;
    for (size_t i = 0; i < at; i++)
        text[i] = upper[hex_digit((char)left.data[i])];
    if (mpz_sgn(c) != 0)
        mpz_export(raw + 2 * length - size, NULL, 1, 1, 1, 0, c);
    for (size_t i = 0; i < 2 * length; i++) {
        text[at + 2 * i] = upper[raw[i] >> 4];
        text[at + 2 * i + 1] = upper[raw[i] & 15];
    }
    return bytes_of(text, left.size);
}

bool paillier_add(arena *a, bytes left, bytes right, bytes *sum)
{
    size_t length = key_length(left);
    if (length == 0 || right.size != left.size || memcmp(left.data, right.data, HEADER_DIGITS + 2 * length) != 0)
        return false;
    mpz_t n, c, d;
    mpz_inits(n, c, d, NULL);
    bool good = read_number(bytes_of(left.data + HEADER_DIGITS, 2 * length), n) &&
                read_number(bytes_from(left, HEADER_DIGITS + 2 * length), c) &&
                read_number(bytes_from(right, HEADER_DIGITS + 2 * length), d) && mpz_sgn(n) != 0;
    if (good) {
        mpz_mul(n, n, n);
        mpz_mul(c, c, d);
        mpz_mod(c, c, n);
        *sum = write_sum(a, left, length, c);
    }
    mpz_clears(n, c, d, NULL);
    return good;
}
