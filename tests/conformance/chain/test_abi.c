/* The ABI against what compilers and the C++ node's clients made: selectors of every function, and calls, results and events of
   the recorded workload decoded and encoded again. */
#include "golden.h"

#include "codec/abi.h"
#include "codec/hex.h"

typedef struct {
    const char *name;
    abi_contract abi;
} known_contract;

typedef struct {
    arena memory;
    buffer pack;
    json_t *root;
    known_contract *contracts;
    size_t count;
} compiled;

static void read_compiled(compiled *c)
{
    error_text why = {""};
    assert_true(pack_read_file(GOLDEN("contracts.pack"), &c->pack, &why));
    bytes text = golden_file(&c->pack, "contracts.json");
    c->root = json_loadb((const char *)text.data, text.size, 0, NULL);
    assert_non_null(c->root);
    c->contracts = arena_take_array(&c->memory, json_object_size(c->root), sizeof *c->contracts);
    const char *name;
    json_t *value;
    json_object_foreach(c->root, name, value) {
        char *abi = json_dumps(json_object_get(value, "abi"), 0);
        known_contract *known = &c->contracts[c->count++];
        known->name = name;
        if (!abi_contract_parse(&c->memory, bytes_of_text(abi), &known->abi, &why))
            fail_msg("%s: %s", name, why.text);
        free(abi);
    }
}

static void free_compiled(compiled *c)
{
    json_decref(c->root);
    buffer_free(&c->pack);
    arena_reset(&c->memory);
}

static void selectors_are_those_of_the_compiler(void **state)
{
    (void)state;
    compiled c = {0};
    size_t checked = 0;
    read_compiled(&c);
    for (size_t i = 0; i < c.count; i++) {
        const char *signature;
        json_t *selector;
        json_object_foreach(json_object_get(json_object_get(c.root, c.contracts[i].name), "methods"), signature, selector) {
            assert_non_null(abi_contract_find(&c.contracts[i].abi, ABI_FUNCTION, bytes_of_text(signature), NULL));
            hash256 hash = digest_of(DIGEST_KECCAK256, bytes_of_text(signature));
            uint8_t expected[4];
            assert_true(hex_read(bytes_of_text(json_string_value(selector)), expected, 4));
            assert_memory_equal(hash.b, expected, 4);
            checked++;
        }
    }
    assert_true(checked > 100);
    free_compiled(&c);
}

/* The one entry whose signature hashes to what `wanted` begins with; overloads across contracts have equal types. */
static const abi_entry *find_by_hash(const compiled *c, abi_entry_kind kind, bytes wanted)
{
    for (size_t i = 0; i < c->count; i++)
        for (size_t k = 0; k < c->contracts[i].abi.count; k++) {
            const abi_entry *entry = &c->contracts[i].abi.entries[k];
            hash256 hash = digest_of(DIGEST_KECCAK256, bytes_of_text(entry->signature));
            if (entry->kind == kind && bytes_start_with(BYTES_OF_VALUE(hash), wanted))
                return entry;
        }
    return NULL;
}

/* Decodes and encodes again; false when the data is not of this type. */
static bool round_trips(const abi_type *type, bytes data)
{
    arena a = {0};
    abi_value value;
    error_text why = {""};
    bool ok = abi_decode(&a, type, data, &value, &why);
    if (ok) {
        buffer again = buffer_init(BUFFER_NO_LIMIT);
        abi_encode(&value, &again);
        assert_bytes_equal(buffer_bytes(&again), data);
        buffer_free(&again);
    }
    arena_reset(&a);
    return ok;
}

typedef struct {
    size_t calls, results, events, refused;
} tally;

static void check_transaction(const compiled *c, const transaction *tx, const receipt *done, tally *t)
{
    if (tx->is_creation || tx->data.size < 4)
        return;
    const abi_entry *function = find_by_hash(c, ABI_FUNCTION, bytes_of(tx->data.data, 4));
    if (function == NULL)
        return;
    if (round_trips(&function->inputs, bytes_from(tx->data, 4)))
        t->calls++;
    else
        t->refused++;
    if (done->status == STATUS_OK && done->output.size)
        t->results += round_trips(&function->outputs, done->output);
    for (size_t i = 0; i < done->log_count; i++) {
        const log_entry *entry = &done->logs[i];
        const abi_entry *event = entry->topic_count ? find_by_hash(c, ABI_EVENT, BYTES_OF_VALUE(entry->topics[0])) : NULL;
        if (event == NULL)
            continue;
        arena a = {0};
        bytes topics[LOG_TOPICS_MAX];
        abi_value value;
        error_text why = {""};
        for (size_t k = 0; k < entry->topic_count; k++)
            topics[k] = BYTES_OF_VALUE(entry->topics[k]);
        if (!abi_decode_event(&a, event, topics, entry->topic_count, entry->data, &value, &why))
            fail_msg("%s: %s", event->signature, why.text);
        t->events++;
        arena_reset(&a);
    }
}

static void the_recorded_workload_decodes(void **state)
{
    (void)state;
    compiled c = {0};
    tally t = {0};
    read_compiled(&c);
    golden_chain *chain = golden_open("ecdsa1");
    for (size_t i = 1; i < chain->block_count; i++) {
        block *b = golden_decode(chain, i);
        for (size_t k = 0; k < b->transaction_count; k++)
            check_transaction(&c, b->transactions[k], &b->receipts[k], &t);
        block_drop(b);
    }
    golden_close(chain);
    free_compiled(&c);
    printf("calls %zu, of them %zu no ABI; results %zu, events %zu\n", t.calls, t.refused, t.results, t.events);
    assert_true(t.calls > 300 && t.results > 100 && t.events > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_are_those_of_the_compiler),
        cmocka_unit_test(the_recorded_workload_decodes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
