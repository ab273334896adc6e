/* Any text as a group's genesis file. */
#include <assert.h>
#include <stdlib.h>

#include "chain/genesis.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    arena a = {0};
    ini file;
    genesis g;
    error_text why = {""};
    uint32_t version;
    chain_rules rules = {.suite = &crypto_standard, .version = VERSION_NEWEST};
    if (version_parse(bytes_of(data, size < 12 ? size : 12), &version, &why))
        rules.version = version;
    if (ini_parse(&a, "fuzz", bytes_of(data, size), &file, &why) && genesis_read(&rules, &file, &a, &g, &why)) {
        block *b = genesis_block(&rules, &g);
        buffer encoded = buffer_init(BUFFER_NO_LIMIT);
        block_encode(&rules, b, BLOCK_FULL, &encoded);
        block *back = block_decode(&rules, buffer_bytes(&encoded), (block_decode_options){TX_CHECK_NOTHING, true}, &why);
        assert(back && hash256_equal(&back->hash, &b->hash));
        block_drop(back);
        block_drop(b);
        buffer_free(&encoded);
    }
    arena_reset(&a);
    return 0;
}
