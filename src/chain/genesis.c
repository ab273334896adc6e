#include "chain/genesis.h"
#include "codec/hex.h"

#include <inttypes.h>

int node_id_compare(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(node_id));
}

char *genesis_mark(const chain_rules *rules, const genesis *g, arena *a)
{
    buffer mark = buffer_init(BUFFER_NO_LIMIT);
    buffer_print(&mark, "%" PRId32 "-", g->group_id);
    for (size_t i = 0; i < g->sealer_count; i++) {
        hex_append(&mark, BYTES_OF_VALUE(g->sealers[i]));
        buffer_append_byte(&mark, ',');
    }
    buffer_print(&mark, "-%s-", g->consensus_text);
    if (!rules_have(rules, GATE_STATUS_BYTE))
        buffer_print(&mark, "%s-", g->storage_text);
    buffer_print(&mark, "%s-", g->state_text);
    if (rules_have(rules, GATE_EVM_FLAGS))
        buffer_print(&mark, "%" PRIu64 "-", g->free_storage ? UINT64_C(1) << 63 : 0);
    buffer_print(&mark, "%" PRId64 "-%" PRId64, g->max_trans_num, g->gas_limit);
    if (g->consensus == CONSENSUS_RPBFT)
        buffer_print(&mark, "-%" PRId64 "-%" PRId64, g->epoch_sealer_num, g->epoch_block_num);
    if (rules_have(rules, GATE_CONSENSUS_TIMEOUT))
        buffer_print(&mark, "-%" PRId64, g->consensus_timeout_s);
    char *text = arena_copy_text(a, buffer_bytes(&mark));
    buffer_free(&mark);
    return text;
}

block *genesis_block(const chain_rules *rules, const genesis *g)
{
    block *b = block_new();
    b->header.timestamp_ms = (uint64_t)g->timestamp_ms;
    b->header.extra_count = 1;
    b->header.extra_data = arena_take(&b->memory, sizeof *b->header.extra_data);
    b->header.extra_data[0] = bytes_of_text(genesis_mark(rules, g, &b->memory));
    block_seal_hash(rules, b);
    return b;
}
