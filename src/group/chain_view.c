#include "group/chain_view.h"
#include "base/memory.h"

#include <stdlib.h>

enum { TX_COUNT_LIMIT_DEFAULT = 1000, CONSENSUS_TIMEOUT_DEFAULT_S = 3 };

/* A numeric system configuration value in force for block number; the default when the row is absent or not yet in force. */
static uint64_t config_number(ledger *l, arena *a, const char *key, int64_t number, uint64_t otherwise)
{
    bytes text;
    int64_t enable_number;
    u256 value;
    if (!ledger_system_config(l, key, number, a, &text, &enable_number) || !u256_from_decimal(text, &value) ||
        !u256_fits_u64(value))
        return otherwise;
    return value.limb[0];
}

chain_view *chain_view_load(ledger *l, error_text *why)
{
    chain_view *v = memory_new(sizeof *v);
    reference_init(&v->references);
    v->state.tip = ledger_head(l);
    int64_t number = v->state.tip.number;
    if (!ledger_node_lists(l, number, &v->memory, &v->state.nodes)) {
        error_set(why, "group %d: the node lists of block %lld cannot be read", ledger_rules(l)->group_id, (long long)number);
        chain_view_drop(v);
        return NULL;
    }
    v->state.tx_count_limit = config_number(l, &v->memory, "tx_count_limit", number + 1, TX_COUNT_LIMIT_DEFAULT);
    v->state.consensus_timeout_ms = 1000 * (uint64_t)CONSENSUS_TIMEOUT_DEFAULT_S;
    if (rules_have(ledger_rules(l), GATE_CONSENSUS_TIMEOUT))
        v->state.consensus_timeout_ms =
            1000 * config_number(l, &v->memory, "consensus_timeout", number + 1, CONSENSUS_TIMEOUT_DEFAULT_S);
    return v;
}

chain_view *chain_view_keep(chain_view *v)
{
    reference_add(&v->references);
    return v;
}

void chain_view_drop(chain_view *v)
{
    if (v == NULL || !reference_drop(&v->references))
        return;
    arena_reset(&v->memory);
    free(v);
}

static bool contains(const node_id *nodes, size_t count, const node_id *wanted)
{
    for (size_t i = 0; i < count; i++)
        if (node_id_equal(&nodes[i], wanted))
            return true;
    return false;
}

bool chain_view_has_member(const chain_view *v, const node_id *node)
{
    const node_lists *lists = &v->state.nodes;
    return contains(lists->sealers, lists->sealer_count, node) || contains(lists->observers, lists->observer_count, node);
}
