/* Calls of built-in contracts, one behind the other in one transaction, so that the objects they make are used too. Each call:
   a byte that names the contract (or an object), two bytes of length, call data. Half of the calls get a real selector. */
#include "base/memory.h"
#include "contract/objects.h"

#include <stdlib.h>

typedef struct {
    chain_rules rules;
    store *store;
    block_state *block;
    tx_state *tx;
    contract_registry *registry;
} world;

static address address_of_number(uint32_t number)
{
    address a = {{0}};
    write_be32(a.b + 16, number);
    return a;
}

static const contract *nth_contract(size_t index)
{
    size_t count = 0;
    while (contract_at(count))
        count++;
    return contract_at(index % count);
}

static void call(world *w, uint8_t which, bytes data)
{
    const contract *kind = nth_contract(which & 0x1f);
    uint32_t number = kind->address ? kind->address : 0x10001u + (which >> 5);
    uint8_t *with_selector = memory_new(data.size);
    if (data.size)
        memcpy(with_selector, data.data, data.size);
    if (data.size >= 5 && data.data[4] < 0x80)
        write_be32(with_selector, abi_selector(w->rules.suite, kind->methods[data.data[0] % kind->method_count].signature));
    address where = address_of_number(number);
    contract_call c = {.state = w->tx, .data = bytes_of(with_selector, data.size), .origin = address_of_number(1),
                       .sender = address_of_number(2)};
    uint64_t cost;
    size_t savepoint = tx_state_savepoint(w->tx);
    if (contract_exists(w->registry, w->tx, &where) && contract_run(w->registry, &where, &c, &cost) != CONTRACT_DONE)
        tx_state_undo(w->tx, savepoint);
    free(with_selector);
}

/* Objects 0x10001 to 0x10005: a table, the same as KVTable, an entry, a condition, the rows of a select. */
static void add_objects(world *w)
{
    bytes name = w->rules.version >= VERSION_OF(2, 2, 0) ? BYTES_OF_LITERAL("u_t") : BYTES_OF_LITERAL("_user_t");
    state_table *table = NULL;
    contract_call c = {.state = w->tx, .memory = tx_state_memory(w->tx), .rules = &w->rules};
    (void)tx_state_create_table(w->tx, name, BYTES_OF_LITERAL("k"), BYTES_OF_LITERAL("a,b"), NULL, &table);
    const row_field fields[] = {field_of("a", BYTES_OF_LITERAL("1"))};
    (void)tx_state_insert(w->tx, table, BYTES_OF_LITERAL(""), fields, 1, NULL);
    add_table_object(&c, &contract_table, name);
    add_table_object(&c, &contract_kv_table, name);
    add_entry_object(&c, tx_state_new_row(w->tx, false));
    add_condition_object(&c);
    add_entries_object(&c, held_rows(&c, tx_state_select(w->tx, table, BYTES_EMPTY, NULL)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const uint32_t versions[] = {VERSION_OF(2, 0, 0), VERSION_OF(2, 4, 0), VERSION_OF(2, 11, 0), VERSION_OF(2, 11, 0)};
    world w = {.rules = {.suite = &crypto_standard, .version = size ? versions[data[0] & 3] : VERSION_OF(2, 11, 0)}};
    if (size == 0 || store_memory.open(&w.store, &(store_config){0}, NULL) != STORE_OK)
        return 0;
    w.block = block_state_new(&w.rules, w.store, NULL, 0, 1);
    w.tx = tx_state_new(w.block);
    w.registry = contract_registry_new(&w.rules);
    add_objects(&w);
    bytes rest = bytes_of(data + 1, size - 1);
    while (rest.size > 3) {
        size_t length = read_be16(rest.data + 1);
        if (length > rest.size - 3)
            length = rest.size - 3;
        call(&w, rest.data[0], bytes_of(rest.data + 3, length));
        rest = bytes_from(rest, 3 + length);
    }
    block_state_merge(w.block, w.tx);
    (void)block_state_root(w.block);
    tx_state_free(w.tx);
    arena a = {0};
    uint64_t last_id = 0;
    store_put *puts;
    size_t count;
    block_state_changes(w.block, &a, 1, &last_id, &puts, &count);
    arena_reset(&a);
    contract_registry_free(w.registry);
    block_state_free(w.block);
    store_close(w.store);
    return 0;
}
