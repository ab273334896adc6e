/* Any input to any Ethereum precompile, on three kinds of chain: it must not crash, and gas bounds what it may do. */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

#include "vm/precompiles.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { GAS_LIMIT = 300000 }; /* small, so that the fuzzer stays fast */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    static const uint32_t versions[] = {VERSION_RC1, VERSION_OF(2, 4, 1), VERSION_NEWEST};
    chain_rules rules = {.suite = &crypto_standard, .version = versions[data[1] % COUNT(versions)], .group_id = 1};
    const chain_rules *chosen = data[1] & 0x80 ? NULL : &rules;
    address where = {{0}};
    where.b[19] = data[0] % 11;
    if (!eth_precompile_exists(chosen, &where))
        return 0;
    bytes input = bytes_of(data + 2, size - 2), output;
    int64_t gas = eth_precompile_gas(chosen, &where, input);
    assert(gas >= 0);
    if (gas > GAS_LIMIT)
        return 0;
    arena a = {0};
    if (!eth_precompile_run(chosen, &where, input, &a, &output))
        assert(output.size == 0);
    assert(a.used_bytes <= size + 16384); /* a claimed modulus costs gas for its size: at most 8 KB of it here */
    arena_reset(&a);
    return 0;
}
