#include "support_world.h"

#include "example_greeting.c"

static void greetings_are_kept(void **state)
{
    (void)state;
    static const address ann = {{1}};
    world *w = world_new_with(&contract_greeting);
    abi_writer none = abi_writer_of(tx_state_memory(w->tx)), text = none, account = none;
    abi_write_bytes(&none, BYTES_EMPTY);
    abi_write_bytes(&text, BYTES_OF_LITERAL("Moin"));
    abi_write_address(&account, &ann);
    world_call(w, &contract_greeting, &ann, "set(string)", &none, CONTRACT_REFUSED);
    world_call(w, &contract_greeting, &ann, "set(string)", &text, CONTRACT_DONE);
    contract_call c = world_call(w, &contract_greeting, &ann, "get(address)", &account, CONTRACT_DONE);
    abi_reader answer = abi_reader_of(c.output);
    assert_bytes_equal(abi_read_bytes(&answer), BYTES_OF_LITERAL("Moin"));
    world_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(greetings_are_kept)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
