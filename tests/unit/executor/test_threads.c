/* Calls from several threads while blocks run and are written: under ThreadSanitizer this shows what they share. */
#include "support_chain.h"

#include <pthread.h>
#include <stdatomic.h>

enum { CALLERS = 3, BLOCKS = 20 };

typedef struct {
    chain *c;
    address to;
    atomic_bool stop;
    atomic_int calls;
} shared;

static void *call_again_and_again(void *argument)
{
    shared *s = argument;
    arena a = {0};
    error_text why;
    block_header latest = {.number = 1};
    hash256 hash = {{0}};
    transaction_fields fields = {.to = s->to, .gas = u256_of(INT64_MAX)};
    address from = address_of_hex("77");
    transaction *tx = transaction_unsigned_call(&s->c->rules, &fields, &from);
    uint64_t last = 0;
    while (!atomic_load(&s->stop)) {
        call_result result;
        assert_true(executor_call(s->c->executor, s->c->store, &latest, &hash, tx, &a, &result, &why));
        assert_int_equal(result.status, STATUS_OK);
        uint64_t seen = read_be64(result.output.data + 24);
        assert_true(seen >= last); /* the slot only grows, block by block */
        last = seen;
        arena_reset(&a);
        atomic_fetch_add(&s->calls, 1);
    }
    transaction_drop(tx);
    return NULL;
}

static void calls_beside_blocks(void **state)
{
    (void)state;
    shared s = {.c = chain_new(VERSION_OF(2, 11, 0), &crypto_standard)};
    s.to = chain_deploy(s.c, "6000546001018060005560005260206000f3"); /* slot 0 plus one, stored and returned */
    pthread_t threads[CALLERS];
    for (size_t i = 0; i < CALLERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, call_again_and_again, &s), 0);
    for (unsigned i = 0; i < BLOCKS || atomic_load(&s.calls) < CALLERS; i++)
        assert_int_equal(chain_run_one(s.c, (call){.from = address_of_hex("66"), .to = &s.to, .data = ""})->status, STATUS_OK);
    atomic_store(&s.stop, true);
    for (size_t i = 0; i < CALLERS; i++)
        pthread_join(threads[i], NULL);
    chain_free(s.c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(calls_beside_blocks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
