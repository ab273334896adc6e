/* founding.c: the rows of block 0, and what a stored genesis mark overrides. Source: data-model.md 8.7. */
#include "ledger/inside.h"

#include "codec/hex.h"

#include <inttypes.h>
#include <stdlib.h>
#include <strings.h>

enum { CONFIG_ROWS_MAX = 6, MARK_PARTS_MAX = 8 };

typedef struct {
    const chain_rules *rules;
    const genesis *genesis;
    arena *a;
    uint64_t *last_id;
    store_put *puts;
    size_t count;
} founder;

static void add_config(founder *f, const char *key, int64_t value)
{
    const row_field fields[] = {
        {BYTES_OF_LITERAL("enable_num"), BYTES_OF_LITERAL("0")},
        {BYTES_OF_LITERAL("key"), bytes_of_text(key)},
        {BYTES_OF_LITERAL("value"), bytes_of_text(arena_print(f->a, "%" PRId64, value))},
    };
    row *r = arena_take(f->a, sizeof *r);
    *r = ledger_row(f->a, ++*f->last_id, 0, fields, COUNT(fields));
    f->puts[f->count++] = (store_put){.where = {BYTES_OF_LITERAL(TABLE_CONFIG), bytes_of_text(key)}, .rows = {r, 1}};
}

/* In the order of the keys, which is that of the ids. */
static void add_configs(founder *f)
{
    const genesis *g = f->genesis;
    if (rules_have(f->rules, GATE_CONSENSUS_TIMEOUT))
        add_config(f, "consensus_timeout", g->consensus_timeout_s);
    if (g->consensus == CONSENSUS_RPBFT) {
        add_config(f, "notify_rotate", 0);
        add_config(f, "rpbft_epoch_block_num", g->epoch_block_num);
        add_config(f, "rpbft_epoch_sealer_num", g->epoch_sealer_num);
    }
    add_config(f, "tx_count_limit", g->max_trans_num);
    add_config(f, "tx_gas_limit", g->gas_limit);
}

/* The first working sealers of rpbft: a shuffle that every node computes alike. */
static void choose_working(const founder *f, const node_id *sorted, size_t count, bool *works)
{
    node_id *order = arena_take_array(f->a, count, sizeof *order);
    memcpy(order, sorted, count * sizeof *order);
    uint64_t epoch = (uint64_t)f->genesis->epoch_sealer_num;
    for (size_t i = count; count > epoch && i-- > 1;) {
        hash256 hash = suite_hash(f->rules->suite, BYTES_OF_VALUE(order[i]));
        u256 quotient, j;
        u256_divide(u256_from_be(BYTES_OF_VALUE(hash)), u256_of(i + 1), &quotient, &j);
        node_id swapped = order[i];
        order[i] = order[j.limb[0]];
        order[j.limb[0]] = swapped;
    }
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < count && k < epoch; k++)
            works[i] = works[i] || node_id_equal(&sorted[i], &order[k]);
}

static void add_sealers(founder *f)
{
    const genesis *g = f->genesis;
    if (g->sealer_count == 0)
        return;
    node_id *sorted = arena_take_array(f->a, g->sealer_count, sizeof *sorted);
    bool *works = arena_take_array(f->a, g->sealer_count, sizeof *works);
    memcpy(sorted, g->sealers, g->sealer_count * sizeof *sorted);
    qsort(sorted, g->sealer_count, sizeof *sorted, node_id_compare);
    if (g->consensus == CONSENSUS_RPBFT && rules_have(f->rules, GATE_VRF_SEALERS))
        choose_working(f, sorted, g->sealer_count, works);
    row *rows = arena_take_array(f->a, g->sealer_count, sizeof *rows);
    for (size_t i = 0; i < g->sealer_count; i++) {
        const row_field fields[] = {
            {BYTES_OF_LITERAL("enable_num"), BYTES_OF_LITERAL("0")},
            {BYTES_OF_LITERAL("name"), BYTES_OF_LITERAL(KEY_NODES)},
            {BYTES_OF_LITERAL("node_id"), bytes_of_text(hex_text(f->a, BYTES_OF_VALUE(sorted[i])))},
            {BYTES_OF_LITERAL("type"), works[i] ? BYTES_OF_LITERAL("wSealer") : BYTES_OF_LITERAL("sealer")},
        };
        rows[i] = ledger_row(f->a, ++*f->last_id, 0, fields, COUNT(fields));
    }
    f->puts[f->count++] = (store_put){.where = {BYTES_OF_LITERAL(TABLE_CONSENSUS), BYTES_OF_LITERAL(KEY_NODES)},
                                      .rows = {rows, g->sealer_count}};
}

void ledger_genesis_rows(const chain_rules *rules, const genesis *g, arena *a, uint64_t *last_id, store_put **puts, size_t *count)
{
    founder f = {.rules = rules, .genesis = g, .a = a, .last_id = last_id};
    f.puts = arena_take_array(a, CONFIG_ROWS_MAX + 1, sizeof *f.puts);
    add_configs(&f);
    add_sealers(&f);
    *puts = f.puts;
    *count = f.count;
}

/* The parts between '-', empty ones left out as the reference does. */
static size_t split_mark(bytes mark, bytes parts[MARK_PARTS_MAX])
{
    size_t count = 0;
    for (size_t i = 0, start = 0; i <= mark.size && count < MARK_PARTS_MAX; i++)
        if (i == mark.size || mark.data[i] == '-') {
            if (i > start)
                parts[count++] = bytes_of(mark.data + start, i - start);
            start = i + 1;
        }
    return count;
}

static bool take_text(bytes part, char *out, size_t size, error_text *why)
{
    if (part.size >= size)
        return error_set(why, "genesis mark of block 0: a name of %zu bytes", part.size);
    memcpy(out, part.data, part.size);
    out[part.size] = 0;
    return true;
}

static bool take_consensus(genesis *g, error_text *why)
{
    static const struct {
        const char *text;
        consensus_kind kind;
    } kinds[] = {{"pbft", CONSENSUS_PBFT}, {"rpbft", CONSENSUS_RPBFT}, {"raft", CONSENSUS_RAFT}};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcasecmp(g->consensus_text, kinds[i].text) == 0) {
            g->consensus = kinds[i].kind;
            return true;
        }
    return error_set(why, "genesis mark of block 0: unknown consensus type %s", g->consensus_text);
}

bool ledger_follow_mark(bytes mark, chain_rules *rules, genesis *g, error_text *why)
{
    bytes parts[MARK_PARTS_MAX];
    size_t count = split_mark(mark, parts), at = 2; /* behind group id and nodes */
    bool has_storage = !rules_have(rules, GATE_STATUS_BYTE), has_flags = rules_have(rules, GATE_EVM_FLAGS);
    if (count < at + 2 + has_storage + has_flags)
        return error_set(why, "genesis mark of block 0 has %zu parts only", count);
    if (!take_text(parts[at++], g->consensus_text, sizeof g->consensus_text, why) || !take_consensus(g, why))
        return false;
    if (has_storage && !take_text(parts[at++], g->storage_text, sizeof g->storage_text, why))
        return false;
    if (!take_text(parts[at++], g->state_text, sizeof g->state_text, why))
        return false;
    rules->state = genesis_state_kind(g);
    rules->enable_parallel &= rules->state == STATE_STORAGE; /* as genesis_read_chain has it */
    if (has_flags) {
        u256 flags;
        if (!u256_from_decimal(parts[at], &flags) || !u256_fits_u64(flags))
            return error_set(why, "genesis mark of block 0: its evm flags are no number");
        g->free_storage = flags.limb[0] >> 63;
        rules->gas = g->free_storage ? GAS_FREE_STORAGE : GAS_NORMAL;
    }
    return true;
}
