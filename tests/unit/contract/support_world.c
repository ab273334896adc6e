#include "support_world.h"

static world *make(uint32_t version, const contract *const *more, size_t count)
{
    world *w = calloc(1, sizeof *w);
    w->rules = (chain_rules){.suite = &crypto_standard, .version = version};
    assert_int_equal(store_memory.open(&w->store, &(store_config){0}, NULL), STORE_OK);
    w->block = block_state_new(&w->rules, w->store, NULL, 0, 1);
    w->tx = tx_state_new(w->block);
    w->registry = contract_registry_new_with(&w->rules, more, count);
    return w;
}

world *world_new(uint32_t version)
{
    return make(version, NULL, 0);
}

world *world_new_with(const contract *one_more)
{
    return make(VERSION_NEWEST, &one_more, 1);
}

void world_free(world *w)
{
    contract_registry_free(w->registry);
    tx_state_free(w->tx);
    block_state_free(w->block);
    store_close(w->store);
    free(w);
}

address address_of_number(uint32_t number)
{
    address a = {{0}};
    write_be32(a.b + 16, number);
    return a;
}

contract_call world_call(world *w, const contract *one, const address *from, const char *signature, abi_writer *arguments,
                         contract_outcome expected)
{
    contract_call c = {.state = w->tx, .origin = *from, .sender = *from,
                       .data = abi_written_call(arguments, w->rules.suite, signature)};
    address where = address_of_number(one->address);
    uint64_t gas;
    assert_int_equal(contract_run(w->registry, &where, &c, &gas), expected);
    return c;
}
