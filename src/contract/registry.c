#include "contract/contract.h"

#include "base/memory.h"
#include "contract/parallel.h"
#include "state/address_text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static const contract *const contracts[] = {
    &contract_system_config,
    &contract_table_factory,
    &contract_crud,
    &contract_consensus,
    &contract_cns,
    &contract_permission,
    &contract_parallel_config,
    &contract_life_cycle,
    &contract_governance,
    &contract_gas_charge,
    &contract_kv_table_factory,
    &contract_dag_transfer,
    &contract_crypto,
    &contract_paillier,
    &contract_group_sig,
    &contract_ring_sig,
    &contract_working_sealers,
    &contract_table,
    &contract_kv_table,
    &contract_entry,
    &contract_entries,
    &contract_condition,
};

enum { FIRST_OBJECT_ADDRESS = 0x10001 };

typedef struct {
    const contract *kind;
    uint32_t *selectors; /* of kind->methods; see is_callable */
    bool *is_callable;
} registered;

struct contract_registry {
    const chain_rules *rules;
    registered *entries;
    size_t count;
};

const contract *contract_at(size_t index)
{
    return index < COUNT(contracts) ? contracts[index] : NULL;
}

static void register_contract(contract_registry *r, const contract *kind)
{
    registered *entry = &r->entries[r->count++];
    *entry = (registered){kind, memory_new_array(kind->method_count, sizeof(uint32_t)),
                          memory_new_array(kind->method_count, sizeof(bool))};
    for (size_t m = 0; m < kind->method_count; m++) {
        const contract_method *method = &kind->methods[m];
        bool begun = r->rules->version >= method->since;
        entry->is_callable[m] = begun || method->is_zero_before;
        entry->selectors[m] = begun ? abi_selector(r->rules->suite, method->signature) : 0;
    }
}

contract_registry *contract_registry_new_with(const chain_rules *rules, const contract *const *more, size_t count)
{
    contract_registry *r = memory_new(sizeof *r);
    r->rules = rules;
    r->entries = memory_new_array(COUNT(contracts) + count, sizeof *r->entries);
    for (size_t i = 0; i < COUNT(contracts); i++)
        register_contract(r, contracts[i]);
    for (size_t i = 0; i < count; i++)
        register_contract(r, more[i]);
    return r;
}

contract_registry *contract_registry_new(const chain_rules *rules)
{
    return contract_registry_new_with(rules, NULL, 0);
}

void contract_registry_free(contract_registry *r)
{
    if (r == NULL)
        return;
    for (size_t i = 0; i < r->count; i++) {
        free(r->entries[i].selectors);
        free(r->entries[i].is_callable);
    }
    free(r->entries);
    free(r);
}

/* The number an address is made of; false: more than 64 bits. */
static bool number_of(const address *where, uint64_t *out)
{
    for (size_t i = 0; i < sizeof where->b - 8; i++)
        if (where->b[i])
            return false;
    *out = read_be64(where->b + sizeof where->b - 8);
    return true;
}

static const registered *entry_of_kind(const contract_registry *r, const contract *kind)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i].kind == kind)
            return &r->entries[i];
    return NULL;
}

static const registered *entry_at(const contract_registry *r, const tx_state *t, const address *where, void **object)
{
    uint64_t number;
    *object = NULL;
    if (!number_of(where, &number) || number == 0)
        return NULL;
    if (number >= FIRST_OBJECT_ADDRESS) {
        contract_object *found = tx_state_object(t, number);
        *object = found;
        return found ? entry_of_kind(r, found->kind) : NULL;
    }
    for (size_t i = 0; i < r->count; i++)
        if (r->entries[i].kind->address == number)
            return r->rules->version >= r->entries[i].kind->since ? &r->entries[i] : NULL;
    return NULL;
}

bool contract_exists(const contract_registry *r, const tx_state *t, const address *where)
{
    void *object;
    return entry_at(r, t, where, &object) != NULL;
}

static contract_outcome answer_unknown(contract_call *c)
{
    switch (c->kind->unknown) {
    case UNKNOWN_WORD:
        return contract_answer_i64(c, c->kind->unknown_code);
    case UNKNOWN_CODE:
        return contract_answer_code(c, c->kind->unknown_code);
    case UNKNOWN_UINT32: /* QUIRK: not extended by its sign (precompiled.md 1.4) */
        return contract_answer_u256(c, u256_of((uint32_t)c->kind->unknown_code));
    case UNKNOWN_EMPTY:
        break;
    }
    return CONTRACT_DONE;
}

/* The index of the method, or method_count. Fewer than four bytes select nothing (the reference dies of them;
   findings-executor.md). */
static size_t method_of(const registered *entry, bytes data)
{
    size_t count = entry->kind->method_count, m = 0;
    if (data.size < 4)
        return count;
    uint32_t selector = read_be32(data.data);
    while (m < count && !(entry->is_callable[m] && entry->selectors[m] == selector))
        m++;
    return m;
}

static contract_outcome dispatch(const registered *entry, contract_call *c)
{
    size_t m = method_of(entry, c->data);
    return m < c->kind->method_count ? c->kind->methods[m].run(c) : answer_unknown(c);
}

bool parallel_keys_of_call(const contract_registry *r, const address *where, bytes data, bytes keys[PARALLEL_KEYS_MAX],
                           size_t *count)
{
    uint64_t number;
    *count = 0;
    for (size_t i = 0; number_of(where, &number) && i < r->count; i++) {
        const contract *kind = r->entries[i].kind;
        if (kind->address != number || r->rules->version < kind->since || kind->conflict_keys == NULL)
            continue;
        *count = kind->conflict_keys(method_of(&r->entries[i], data), abi_reader_of(bytes_from(data, 4)), keys);
        return true;
    }
    return false;
}

uint64_t contract_memory_gas(uint64_t size)
{
    uint64_t words = (size + 31) / 32;
    return 3 * words + words * words / 512;
}

contract_outcome contract_run(const contract_registry *r, const address *where, contract_call *c, uint64_t *gas_cost)
{
    const registered *entry = entry_at(r, c->state, where, &c->object);
    *gas_cost = 0;
    if (entry == NULL)
        return CONTRACT_EXCEPTION;
    c->registry = r;
    c->rules = r->rules;
    c->memory = tx_state_memory(c->state);
    c->kind = entry->kind;
    c->arguments = abi_reader_of(bytes_from(c->data, 4));
    c->operations_gas = 0;
    c->memory_bytes = c->kind->memory_of_call_data ? c->data.size : 0;
    c->output = c->failure = BYTES_EMPTY;
    contract_outcome outcome = dispatch(entry, c);
    if (outcome != CONTRACT_DONE)
        return outcome;
    contract_raise_memory(c, c->output.size);
    if (rules_have(r->rules, GATE_PRECOMPILED_GAS))
        *gas_cost = c->operations_gas + contract_memory_gas(c->memory_bytes);
    return CONTRACT_DONE;
}

static const uint32_t operation_gas[OPERATION_COUNT][2] = {
    /* normal, free storage */
    [OPERATION_CONDITION] = {3, 3},
    [OPERATION_GET] = {3, 3},
    [OPERATION_SET] = {3, 3},
    [OPERATION_GET_BYTES32] = {96, 96},
    [OPERATION_GET_BYTES64] = {192, 192},
    [OPERATION_CREATE_TABLE] = {16000, 500},
    [OPERATION_OPEN_TABLE] = {200, 200},
    [OPERATION_SELECT] = {200, 200},
    [OPERATION_INSERT] = {10000, 200},
    [OPERATION_UPDATE] = {10000, 200},
    [OPERATION_REMOVE] = {2500, 200},
    [OPERATION_PAILLIER_ADD] = {20000, 20000},
    [OPERATION_GROUP_SIG] = {20000, 20000},
    [OPERATION_RING_SIG] = {20000, 20000},
};

void contract_charge(contract_call *c, contract_operation operation, uint64_t count)
{
    c->operations_gas += operation_gas[operation][c->rules->gas == GAS_FREE_STORAGE] * count;
}

void contract_raise_memory(contract_call *c, uint64_t size)
{
    if (size > c->memory_bytes)
        c->memory_bytes = size;
}

contract_outcome contract_answer_u256(contract_call *c, u256 value)
{
    abi_writer w = abi_writer_of(c->memory);
    abi_write_u256(&w, value);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

contract_outcome contract_answer_i64(contract_call *c, int64_t value)
{
    return contract_answer_u256(c, u256_of_i64(value));
}

contract_outcome contract_answer_code(contract_call *c, int64_t code)
{
    /* Below rc3 error codes are positive magnitudes. */
    bool negated = !rules_have(c->rules, GATE_NEGATIVE_CODES) && !(code > 0 && code < 128);
    return contract_answer_i64(c, negated ? -code : code);
}

contract_outcome contract_answer_bytes(contract_call *c, bytes text)
{
    abi_writer w = abi_writer_of(c->memory);
    abi_write_bytes(&w, text);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

contract_outcome contract_answer_address(contract_call *c, uint64_t object_number)
{
    return contract_answer_u256(c, u256_of(object_number));
}

PRINTF_LIKE(2, 0) static bytes print_text(contract_call *c, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = arena_take(c->memory, (size_t)(length < 0 ? 0 : length) + 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return bytes_of_text(text);
}

contract_outcome contract_refuse(contract_call *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    c->failure = print_text(c, format, args);
    va_end(args);
    return CONTRACT_REFUSED;
}

contract_outcome contract_refuse_table(contract_call *c, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    c->failure = print_text(c, format, args);
    va_end(args);
    return CONTRACT_TABLE_REFUSED;
}

bytes contract_lower(contract_call *c, bytes text)
{
    uint8_t *lower = arena_take(c->memory, text.size);
    for (size_t i = 0; i < text.size; i++)
        lower[i] = (uint8_t)tolower(text.data[i]);
    return bytes_of(lower, text.size);
}

bytes contract_decimal(contract_call *c, int64_t value)
{
    return bytes_of_text(arena_print(c->memory, "%lld", (long long)value));
}

bytes contract_hex(contract_call *c, const address *a)
{
    char *text = arena_take(c->memory, ADDRESS_HEX_BYTES);
    address_write_hex(a, text);
    return bytes_of_text(text);
}

bytes contract_prefixed(contract_call *c, const address *a)
{
    char *text = arena_take(c->memory, ADDRESS_PREFIXED_BYTES);
    address_write_prefixed(a, text);
    return bytes_of_text(text);
}

int64_t contract_next_number(const contract_call *c)
{
    return block_state_parent_number(tx_state_block(c->state)) + 1;
}

uint64_t contract_add_object(contract_call *c, contract_object *object, const contract *kind)
{
    object->kind = kind;
    return tx_state_add_object(c->state, object);
}

void *contract_object_at(contract_call *c, const address *where, const contract *kind)
{
    uint64_t number;
    if (!number_of(where, &number))
        return NULL;
    contract_object *object = tx_state_object(c->state, number);
    return object && object->kind == kind ? object : NULL;
}
