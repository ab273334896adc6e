#include "vm/precompiles.h"

#include <assert.h>

#include "crypto/blake2f.h"
#include "crypto/bn254.h"
#include "crypto/modexp.h"

/* Where the reference would try to allocate what the input claims, these limits refuse: gas is INT64_MAX and the contract
   fails. The first operand beyond them would cost 3,460 million gas at least, the first exponent 1,717 million; a
   transaction has 300 million unless the chain was told otherwise. */
enum { MODEXP_OPERAND_MAX_BYTES = 1 << 20 };
#define MODEXP_EXPONENT_MAX_BYTES UINT32_MAX

enum { BLAKE2F_INPUT_BYTES = 213, ECRECOVER_INPUT_BYTES = 128, NATIONAL_RECOVER_INPUT_BYTES = 160, MODEXP_HEADER_BYTES = 96 };

typedef struct {
    int64_t (*gas)(bytes input);
    bool (*run)(const chain_rules *rules, bytes input, arena *a, bytes *output);
} eth_precompile;

static bool have(const chain_rules *rules, gate g)
{
    return rules == NULL || rules_have(rules, g);
}

/* `size` bytes of the input from `from` on, as if zeros followed it for ever. */
static void read_padded(bytes input, size_t from, uint8_t *out, size_t size)
{
    bytes rest = bytes_from(input, from);
    size_t have_bytes = rest.size < size ? rest.size : size;
    memset(out, 0, size);
    if (have_bytes > 0)
        memcpy(out, rest.data, have_bytes);
}

static int64_t linear_gas(bytes input, int64_t base, int64_t per_word)
{
    return base + per_word * (int64_t)((input.size + 31) / 32);
}

/* 1: ecrecover */

static int64_t ecrecover_gas(bytes input)
{
    (void)input;
    return 3000;
}

static void write_address(digest_kind kind, const public_key *key, arena *a, bytes *output)
{
    hash256 hash = digest_of(kind, BYTES_OF_VALUE(*key));
    uint8_t *out = arena_take(a, 32);
    memcpy(out + 12, hash.b + 12, 20);
    *output = bytes_of(out, 32);
}

/* QUIRK execution.md 6: national chains below 2.4.0 recover by SM2, from hash, public key, r, s. */
static void national_recover(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    uint8_t in[NATIONAL_RECOVER_INPUT_BYTES], signature[128];
    read_padded(input, 0, in, sizeof in);
    memcpy(signature, in + 96, 64);
    memcpy(signature + 64, in + 32, 64);
    hash256 digest;
    memcpy(digest.b, in, 32);
    public_key key;
    if (rules->suite->recover(&digest, bytes_of(signature, sizeof signature), &key))
        write_address(rules->suite->hash, &key, a, output);
}

static bool ecrecover_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    *output = BYTES_EMPTY; /* stays so when there is no signer: that is no failure */
    if (!have(rules, GATE_ETH_STANDARD_HASHES) && rules->suite->is_national) {
        national_recover(rules, input, a, output);
        return true;
    }
    uint8_t in[ECRECOVER_INPUT_BYTES], signature[65];
    read_padded(input, 0, in, sizeof in);
    u256 v = u256_from_be(bytes_of(in + 32, 32));
    if (!u256_fits_u64(v) || (v.limb[0] != 27 && v.limb[0] != 28))
        return true;
    memcpy(signature, in + 64, 64);
    signature[64] = (uint8_t)(v.limb[0] - 27);
    bytes view = bytes_of(signature, sizeof signature);
    if (rules != NULL && !crypto_standard.is_well_formed(view))
        return true; /* high s, which Ethereum accepts here (execution.md 6) */
    hash256 digest;
    memcpy(digest.b, in, 32);
    public_key key;
    if (crypto_standard.recover(&digest, view, &key))
        write_address(have(rules, GATE_ECRECOVER_KECCAK) ? DIGEST_KECCAK256 : rules->suite->hash, &key, a, output);
    return true;
}

/* 2, 3, 4: sha256, ripemd160, identity */

static int64_t sha256_gas(bytes input)
{
    return linear_gas(input, 60, 12);
}

static bool sha256_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    bool sm3 = !have(rules, GATE_ETH_STANDARD_HASHES) && rules->suite->is_national;
    hash256 hash = digest_of(sm3 ? DIGEST_SM3 : DIGEST_SHA256, input);
    *output = arena_copy(a, BYTES_OF_VALUE(hash));
    return true;
}

static int64_t ripemd160_gas(bytes input)
{
    return linear_gas(input, 600, 120);
}

static bool ripemd160_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    uint8_t *out = arena_take(a, 32);
    ripemd160_of(input, out + 12);
    *output = bytes_of(out, 32);
    return true;
}

static int64_t identity_gas(bytes input)
{
    return linear_gas(input, 15, 3);
}

static bool identity_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    *output = arena_copy(a, input);
    return true;
}

/* 5: modexp */

typedef struct {
    u256 base, exponent, modulus; /* lengths in bytes, as claimed */
} modexp_lengths;

static modexp_lengths read_lengths(bytes input)
{
    uint8_t in[MODEXP_HEADER_BYTES];
    read_padded(input, 0, in, sizeof in);
    return (modexp_lengths){u256_from_be(bytes_of(in, 32)), u256_from_be(bytes_of(in + 32, 32)),
                            u256_from_be(bytes_of(in + 64, 32))};
}

static bool operands_too_long(const modexp_lengths *n)
{
    u256 limit = u256_of(MODEXP_OPERAND_MAX_BYTES);
    return u256_compare(n->base, limit) > 0 || u256_compare(n->modulus, limit) > 0;
}

static bool exponent_too_long(const modexp_lengths *n)
{
    return u256_compare(n->exponent, u256_of(MODEXP_EXPONENT_MAX_BYTES)) > 0;
}

static uint64_t multiplication_complexity(uint64_t x)
{
    if (x <= 64)
        return x * x;
    if (x <= 1024)
        return x * x / 4 + 96 * x - 3072;
    return x * x / 16 + 480 * x - 199680;
}

/* floor(log2(exponent)) as EIP-198 estimates it: from the length and the first 32 bytes. */
static uint64_t adjusted_exponent_length(bytes input, uint64_t base_bytes, uint64_t exponent_bytes)
{
    uint8_t head[32];
    size_t head_bytes = exponent_bytes < 32 ? (size_t)exponent_bytes : 32;
    read_padded(input, MODEXP_HEADER_BYTES + base_bytes, head, head_bytes);
    unsigned bits = u256_bits(u256_from_be(bytes_of(head, head_bytes)));
    return 8 * (exponent_bytes - head_bytes) + (bits > 0 ? bits - 1 : 0);
}

static int64_t modexp_gas(bytes input)
{
    modexp_lengths n = read_lengths(input);
    if (operands_too_long(&n))
        return INT64_MAX;
    uint64_t base_bytes = n.base.limb[0], modulus_bytes = n.modulus.limb[0];
    uint64_t complexity = multiplication_complexity(base_bytes > modulus_bytes ? base_bytes : modulus_bytes);
    if (complexity == 0)
        return 0; /* free whatever the exponent's length: the output is empty */
    if (exponent_too_long(&n))
        return INT64_MAX;
    uint64_t exponent_bits = adjusted_exponent_length(input, base_bytes, n.exponent.limb[0]);
    /* at most 2^38 times 2^36 */
    unsigned __int128 gas = (unsigned __int128)complexity * (exponent_bits > 1 ? exponent_bits : 1) / 20;
    return gas > INT64_MAX ? INT64_MAX : (int64_t)gas;
}

static padded_number read_number(bytes input, uint64_t from, uint64_t size)
{
    bytes rest = bytes_from(input, from);
    size_t given = rest.size < size ? rest.size : (size_t)size;
    return (padded_number){bytes_of(rest.data, given), size - given};
}

static bool modexp_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    modexp_lengths n = read_lengths(input);
    if (operands_too_long(&n))
        return false;
    *output = BYTES_EMPTY;
    size_t modulus_bytes = n.modulus.limb[0];
    if (modulus_bytes == 0)
        return true;
    if (exponent_too_long(&n))
        return false;
    uint64_t exponent_at = MODEXP_HEADER_BYTES + n.base.limb[0], modulus_at = exponent_at + n.exponent.limb[0];
    uint8_t *out = arena_take(a, modulus_bytes);
    modexp(read_number(input, MODEXP_HEADER_BYTES, n.base.limb[0]), read_number(input, exponent_at, n.exponent.limb[0]),
           read_number(input, modulus_at, modulus_bytes), out, modulus_bytes);
    *output = bytes_of(out, modulus_bytes);
    return true;
}

/* 6, 7, 8: bn254 */

static int64_t bn254_add_gas(bytes input)
{
    (void)input;
    return 150;
}

static bool bn254_add_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    uint8_t in[2 * BN254_G1_BYTES], out[BN254_G1_BYTES];
    read_padded(input, 0, in, sizeof in);
    if (!bn254_add(in, out))
        return false;
    *output = arena_copy(a, BYTES_OF_VALUE(out));
    return true;
}

static int64_t bn254_multiply_gas(bytes input)
{
    (void)input;
    return 6000;
}

static bool bn254_multiply_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    uint8_t in[BN254_G1_BYTES + 32], out[BN254_G1_BYTES];
    read_padded(input, 0, in, sizeof in);
    if (!bn254_multiply(in, in + BN254_G1_BYTES, out))
        return false;
    *output = arena_copy(a, BYTES_OF_VALUE(out));
    return true;
}

static int64_t bn254_pairing_gas(bytes input)
{
    return 45000 + 34000 * (int64_t)(input.size / BN254_PAIR_BYTES);
}

static bool bn254_pairing_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    bool is_one;
    if (!bn254_pairing_is_one(input, &is_one))
        return false;
    uint8_t *out = arena_take(a, 32);
    out[31] = is_one;
    *output = bytes_of(out, 32);
    return true;
}

/* 9: blake2 F */

static int64_t blake2f_gas(bytes input)
{
    return input.size < 4 ? 0 : read_be32(input.data);
}

static bool blake2f_run(const chain_rules *rules, bytes input, arena *a, bytes *output)
{
    (void)rules;
    if (input.size != BLAKE2F_INPUT_BYTES || input.data[212] > 1)
        return false;
    uint64_t numbers[26]; /* h, m, t */
    for (size_t i = 0; i < COUNT(numbers); i++)
        numbers[i] = read_le64(input.data + 4 + 8 * i);
    blake2b_f(read_be32(input.data), numbers, numbers + 8, numbers + 24, input.data[212] == 1);
    uint8_t *out = arena_take(a, 64);
    for (size_t i = 0; i < 8; i++)
        write_le64(out + 8 * i, numbers[i]);
    *output = bytes_of(out, 64);
    return true;
}

static const eth_precompile contracts[] = {
    {ecrecover_gas, ecrecover_run},          {sha256_gas, sha256_run},       {ripemd160_gas, ripemd160_run},
    {identity_gas, identity_run},            {modexp_gas, modexp_run},       {bn254_add_gas, bn254_add_run},
    {bn254_multiply_gas, bn254_multiply_run}, {bn254_pairing_gas, bn254_pairing_run}, {blake2f_gas, blake2f_run},
};

static const eth_precompile *find(const chain_rules *rules, const address *where)
{
    static const uint8_t zeros[19];
    unsigned number = where->b[19];
    if (memcmp(where->b, zeros, sizeof zeros) != 0 || number < 1 || number > COUNT(contracts))
        return NULL;
    if (number > 4 && !have(rules, GATE_ETH_PRECOMPILE_GAS))
        return NULL;
    return &contracts[number - 1];
}

bool eth_precompile_exists(const chain_rules *rules, const address *where)
{
    return find(rules, where) != NULL;
}

int64_t eth_precompile_gas(const chain_rules *rules, const address *where, bytes input)
{
    const eth_precompile *contract = find(rules, where);
    assert(contract != NULL);
    return have(rules, GATE_ETH_PRECOMPILE_GAS) ? contract->gas(input) : 0;
}

bool eth_precompile_run(const chain_rules *rules, const address *where, bytes input, arena *a, bytes *output)
{
    const eth_precompile *contract = find(rules, where);
    assert(contract != NULL);
    *output = BYTES_EMPTY;
    return contract->run(rules, input, a, output);
}
