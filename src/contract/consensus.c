/* Consensus, 0x1003: who seals and who watches. Source: spec/precompiled.md 7.5. */
#include "contract/contract.h"

#include "codec/hex.h"

enum { NODE_ID_DIGITS = 128 };

static const bytes node_key = {(const uint8_t *)"node", 4};

static bool is_node_id(const contract_call *c, bytes text)
{
    if (text.size != NODE_ID_DIGITS)
        return false;
    if (rules_have(c->rules, GATE_NODE_ID_DIGITS))
        for (size_t i = 0; i < text.size; i++)
            if (hex_digit((char)text.data[i]) < 0)
                return false;
    return true;
}

typedef struct {
    state_table *table;
    bytes id;
    bool exists;
    bool is_last; /* the chain would have no sealer without it */
} node_place;

static bool type_is(const contract_call *c, const state_row *r, const char *type)
{
    return bytes_equal_text(tx_state_field_named(c->state, r, "type"), type);
}

static node_place find_node(contract_call *c)
{
    node_place p = {.id = contract_lower(c, abi_read_bytes(&c->arguments))};
    p.table = tx_state_open(c->state, bytes_of_text(TABLE_CONSENSUS));
    state_rows rows = tx_state_select(c->state, p.table, node_key, NULL);
    size_t sealers = 0, working = 0;
    bool is_sealer = false, is_working = false;
    for (size_t i = 0; i < rows.count; i++) {
        bool same = bytes_equal(tx_state_field_named(c->state, rows.rows[i], "node_id"), p.id);
        bool sealer = type_is(c, rows.rows[i], "sealer"), works = type_is(c, rows.rows[i], "wSealer");
        p.exists |= same;
        sealers += sealer, working += works;
        is_sealer |= same && sealer, is_working |= same && works;
    }
    p.is_last = (is_sealer && sealers == 1 && working == 0) || (is_working && working == 1);
    return p;
}

static condition *same_node(contract_call *c, const node_place *p)
{
    condition *same = arena_take(c->memory, sizeof *same);
    condition_add(same, c->memory, CONDITION_EQ, BYTES_OF_LITERAL("node_id"), p->id);
    return same;
}

static int set_type(contract_call *c, const node_place *p, const char *type)
{
    const row_field fields[] = {field_of("enable_num", contract_decimal(c, contract_next_number(c))), field_of("name", node_key),
                                field_of("node_id", p->id), field_of("type", bytes_of_text(type))};
    if (p->exists)
        return tx_state_update(c->state, p->table, node_key, fields, COUNT(fields), same_node(c, p), &c->origin);
    return tx_state_insert(c->state, p->table, node_key, fields, COUNT(fields), &c->origin);
}

static contract_outcome add_sealer(contract_call *c)
{
    node_place p = find_node(c);
    return contract_answer_code(c, is_node_id(c, p.id) ? set_type(c, &p, "sealer") : CODE_INVALID_NODEID);
}

static contract_outcome add_observer(contract_call *c)
{
    node_place p = find_node(c);
    if (!is_node_id(c, p.id))
        return contract_answer_code(c, CODE_INVALID_NODEID);
    if (p.is_last)
        return contract_answer_code(c, CODE_LAST_SEALER);
    return contract_answer_code(c, set_type(c, &p, "observer"));
}

static contract_outcome remove_node(contract_call *c)
{
    node_place p = find_node(c);
    if (!is_node_id(c, p.id))
        return contract_answer_code(c, CODE_INVALID_NODEID);
    if (p.is_last)
        return contract_answer_code(c, CODE_LAST_SEALER);
    return contract_answer_code(c, tx_state_remove(c->state, p.table, node_key, same_node(c, &p), &c->origin));
}

static const contract_method methods[] = {
    {"addSealer(string)", 0, false, add_sealer},
    {"addObserver(string)", 0, false, add_observer},
    {"remove(string)", 0, false, remove_node},
};

const contract contract_consensus = {
    .address = 0x1003, .name = "Consensus", .unknown = UNKNOWN_WORD, .methods = methods, .method_count = COUNT(methods)};
