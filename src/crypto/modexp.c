#include "crypto/modexp.h"

#include <assert.h>
#include <gmp.h>

enum { TAIL_STEP_BYTES = 1024 };

static void import(mpz_t out, bytes big_endian)
{
    mpz_import(out, big_endian.size, 1, 1, 1, 0, big_endian.data);
}

static void import_padded(mpz_t out, padded_number number)
{
    import(out, number.given);
    if (mpz_sgn(out) != 0)
        mpz_mul_2exp(out, out, (mp_bitcnt_t)number.zero_bytes * 8);
}

/* Euler's totient of a number below 2^32 by trial division: at most 2^16 steps. */
static uint64_t totient(uint64_t n)
{
    uint64_t result = n;
    for (uint64_t d = 2; d * d <= n; d++) {
        if (n % d != 0)
            continue;
        result -= result / d;
        while (n % d == 0)
            n /= d;
    }
    return n > 1 ? result - result / n : result;
}

/* power := base ^ (exponent 256^zero_bytes) for a modulus below 2^32. EIP-198 asks so little gas for small moduli that
   squaring once for each bit would take minutes; but exponents from log2(modulus) on may be reduced modulo the totient,
   when the totient is added once (Euler's theorem for bases that share a factor with the modulus). */
static void power_of_small(mpz_t power, const mpz_t base, const mpz_t exponent, uint64_t zero_bytes, const mpz_t modulus)
{
    mpz_t phi, tail, bits;
    mpz_init_set_ui(phi, totient(mpz_get_ui(modulus)));
    mpz_init_set_ui(tail, 2);
    mpz_init_set_ui(bits, zero_bytes * 8);
    mpz_powm(tail, tail, bits, phi);
    mpz_mul(tail, tail, exponent);
    mpz_mod(tail, tail, phi);
    mpz_add(tail, tail, phi);
    mpz_powm(power, base, tail, modulus);
    mpz_clears(phi, tail, bits, NULL);
}

/* power := power ^ (256 ^ zero_bytes), in steps, so that the exponent is never as large as it claims to be. */
static void raise_by_tail(mpz_t power, uint64_t zero_bytes, const mpz_t modulus)
{
    mpz_t step;
    mpz_init(step);
    while (zero_bytes > 0 && mpz_cmp_ui(power, 1) > 0) {
        uint64_t take = zero_bytes < TAIL_STEP_BYTES ? zero_bytes : TAIL_STEP_BYTES;
        mpz_set_ui(step, 0);
        mpz_setbit(step, take * 8);
        mpz_powm(power, power, step, modulus);
        zero_bytes -= take;
    }
    mpz_clear(step);
}

void modexp(padded_number base, padded_number exponent, padded_number modulus, uint8_t *out, size_t out_bytes)
{
    assert(out_bytes == modulus.given.size + modulus.zero_bytes);
    memset(out, 0, out_bytes);
    mpz_t b, e, m, power;
    mpz_inits(b, e, m, power, NULL);
    import_padded(m, modulus);
    if (mpz_sgn(m) != 0) {
        import_padded(b, base);
        import(e, exponent.given);
        if (mpz_sgn(e) == 0)
            mpz_set_ui(power, mpz_cmp_ui(m, 1) != 0);
        else if (exponent.zero_bytes > 0 && mpz_sizeinbase(m, 2) <= 32)
            power_of_small(power, b, e, exponent.zero_bytes, m);
        else {
            mpz_powm(power, b, e, m);
            raise_by_tail(power, exponent.zero_bytes, m);
        }
        size_t size = (mpz_sizeinbase(power, 2) + 7) / 8, written;
        if (mpz_sgn(power) != 0)
            mpz_export(out + out_bytes - size, &written, 1, 1, 1, 0, power);
    }
    mpz_clears(b, e, m, power, NULL);
}
