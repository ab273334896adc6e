#include "support_state.h"

static const bool written[] = {true};

world *world_new(uint32_t version, const crypto_suite *suite)
{
    world *w = calloc(1, sizeof *w);
    w->rules = (chain_rules){.suite = suite, .version = version, .enable_parallel = true, .chain_id = 1, .group_id = 1};
    assert_int_equal(store_memory.open(&w->store, &(store_config){0}, NULL), STORE_OK);
    row_field fields[] = {{TEXT("enable_num"), TEXT("0")}, {TEXT("key"), TEXT("tx_gas_limit")}, {TEXT("value"), TEXT("300000000")}};
    row gas_limit = {.id = 100002, .fields = fields, .field_count = COUNT(fields)};
    store_put put = {{TEXT(TABLE_CONFIG), TEXT("tx_gas_limit")}, {&gas_limit, 1}, written};
    assert_int_equal(store_apply(w->store, &(store_batch){0, &put, 1}, NULL), STORE_OK);
    w->last_id = 100002;
    w->block = block_state_new(&w->rules, w->store, NULL, 0, 7);
    return w;
}

void world_free(world *w)
{
    block_state_free(w->block);
    store_close(w->store);
    free(w);
}

hash256 world_next_block(world *w)
{
    arena a = {0};
    store_put *puts;
    size_t count;
    hash256 root = block_state_root(w->block);
    block_state_changes(w->block, &a, ++w->number, &w->last_id, &puts, &count);
    assert_int_equal(store_apply(w->store, &(store_batch){w->number, puts, count}, NULL), STORE_OK);
    arena_reset(&a);
    block_state_free(w->block);
    w->block = block_state_new(&w->rules, w->store, NULL, w->number, 7);
    return root;
}

void assert_root(hash256 root, const char *hex)
{
    char text[65] = {0};
    hex_write(BYTES_OF_VALUE(root), text);
    assert_string_equal(text, hex);
}

address address_of_byte(uint8_t byte)
{
    address a;
    memset(a.b, byte, sizeof a.b);
    return a;
}
