/* What the C++ nodes answered after the last block of each recorded chain, and what they answered about each transaction
   (tests/golden/README.md: records `answer`, `transaction`, `transaction-proof`, `receipt-proof`). */
#include "codec/hex.h"
#include "support/rpc/world.h"

#include <jansson.h>

/* Answers that are not compared. */
static const struct {
    const char *method, *reason;
} ignored[] = {
    {"getPeers", "sessions of the network"},
    {"getNodeIDList", "sessions of the network"},
};

typedef struct {
    const char *name;
    size_t step; /* every step-th transaction is asked for */
} chain_row;

static const chain_row chains[] = {{"ecdsa1", 10}, {"ecdsa4", 1}, {"gm1", 20},  {"gm4", 20},   {"mpt1", 20},   {"free1", 20},
                                   {"v200", 5},    {"v240", 20},  {"v290", 20}, {"rpbft4", 5}, {"short1_patched", 1}, {"charge1", 1}};

/* The recorded answer of a method, parsed; the caller drops it. */
static json_t *recorded_answer(const buffer *unpacked, const char *method)
{
    rlp_reader records = rlp_reader_of(buffer_bytes(unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "answer") || !bytes_equal_text(rlp_read_string(&one.fields), method))
            continue;
        bytes text = rlp_read_string(&one.fields);
        json_t *answer = json_loadb((const char *)text.data, text.size, 0, NULL);
        assert_non_null(answer);
        return answer;
    }
    fail_msg("no recorded answer of %s", method);
    return NULL;
}

static const char *result_text(json_t *answer, const char *key)
{
    return json_string_value(json_object_get(json_object_get(answer, "result"), key));
}

/* Node 0's identity and build are what it said of itself. */
static world *open_chain(const char *name, json_t **node_info, json_t **version)
{
    arena a = {0};
    buffer unpacked;
    error_text why = {""};
    node_id self;
    if (!pack_read_file(arena_print(&a, "%s%s.pack", GOLDEN(""), name), &unpacked, &why))
        fail_msg("%s", why.text);
    *node_info = recorded_answer(&unpacked, "getNodeInfo");
    *version = recorded_answer(&unpacked, "getClientVersion");
    json_t *view = recorded_answer(&unpacked, "getPbftView");
    assert_true(hex_read(bytes_of_text(result_text(*node_info, "NodeID")), self.b, sizeof self));
    world *w = world_recorded(name, &self);
    w->info.agency = result_text(*node_info, "Agency");
    w->info.p2p_port = (unsigned)atoi(strchr(result_text(*node_info, "IPAndPort"), ':') + 1);
    w->info.build_time = result_text(*version, "Build Time");
    w->info.build_branch = result_text(*version, "Git Branch");
    w->info.version = w->rules.version;
    w->info.supported_version = ini_find(&w->golden->config, "compatibility", "supported_version")->value;
    w->view = strtoull(json_string_value(json_object_get(view, "result")), NULL, 16);
    json_decref(view);
    buffer_free(&unpacked);
    arena_reset(&a);
    return w;
}

/* The views of the other nodes are not this node's; the recording has no line ends. */
static char *without_views(arena *a, const char *text)
{
    char *copy = arena_copy_text(a, bytes_of_text(text));
    char *views = strstr(copy, "},[{\"nodeId\"");
    if (views)
        strcpy(views, "}]");
    copy[strcspn(copy, "\n")] = 0;
    return copy;
}

static bool is_ignored(bytes method)
{
    for (size_t i = 0; i < COUNT(ignored); i++)
        if (bytes_equal_text(method, ignored[i].method))
            return true;
    return false;
}

/* label: the method, and for getSystemConfigByKey the key. */
static size_t compare_answer(world *w, arena *a, bytes label, bytes recorded)
{
    const void *blank = memchr(label.data, ' ', label.size);
    bytes method = blank ? bytes_of(label.data, (size_t)((const uint8_t *)blank - label.data)) : label;
    if (is_ignored(method))
        return 0;
    char *name = arena_copy_text(a, method), *expected = arena_copy_text(a, recorded);
    const char *params = blank ? arena_print(a, "[1,\"%s\"]", arena_copy_text(a, bytes_from(label, method.size + 1))) : "[1]";
    long id = strtol(expected + strlen("{\"id\":"), NULL, 10);
    char *found = world_ask_text(w, arena_print(a, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":%s,\"id\":%ld}", name, params, id));
    size_t differs = strcmp(without_views(a, expected), without_views(a, found)) != 0;
    if (differs)
        print_error("%s %s\n expected %s\n found    %s\n", name, params, expected, found);
    free(found);
    return differs;
}

static size_t compare_answers(world *w)
{
    size_t differences = 0, count = 0;
    rlp_reader records = rlp_reader_of(buffer_bytes(&w->golden->unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        if (!pack_is(&one, "answer"))
            continue;
        arena a = {0};
        bytes label = rlp_read_string(&one.fields);
        differences += compare_answer(w, &a, label, rlp_read_string(&one.fields));
        count++;
        arena_reset(&a);
    }
    assert_true(count >= 15);
    return differences;
}

/* ---- transactions ---- */

typedef struct {
    bytes hash, sender, output, message, contract;
    uint64_t block, index, status;
    u256 gas_used;
} recorded_transaction;

static recorded_transaction read_transaction(rlp_reader *fields)
{
    recorded_transaction t;
    t.block = rlp_read_uint(fields, 8);
    t.index = rlp_read_uint(fields, 8);
    t.hash = rlp_read_string(fields);
    t.sender = rlp_read_string(fields);
    t.status = rlp_read_uint(fields, 8);
    t.gas_used = rlp_read_u256(fields);
    t.contract = rlp_read_string(fields);
    t.output = rlp_read_string(fields);
    t.message = rlp_read_string(fields);
    assert_int_equal(fields->error, RLP_OK);
    return t;
}

static size_t expect_part(const char *answer, const char *part)
{
    if (strstr(answer, part))
        return 0;
    print_error("%s\n is not in %.2000s\n", part, answer);
    return 1;
}

static char *ask_by_hash(world *w, arena *a, const char *method, bytes hash)
{
    return world_ask_text(w, arena_print(a, "{\"jsonrpc\":\"2.0\",\"method\":\"%s\",\"params\":[1,\"0x%s\"],\"id\":1}", method,
                                         hex_text(a, hash)));
}

static size_t compare_receipt(world *w, const recorded_transaction *t)
{
    arena a = {0};
    char *found = ask_by_hash(w, &a, "getTransactionReceipt", t->hash);
    const char *const parts[] = {
        arena_print(&a, "\"blockNumber\":\"0x%llx\"", (unsigned long long)t->block),
        arena_print(&a, "\"transactionIndex\":\"0x%llx\"", (unsigned long long)t->index),
        arena_print(&a, "\"status\":\"0x%llx\"", (unsigned long long)t->status),
        arena_print(&a, "\"gasUsed\":\"0x%llx\"", (unsigned long long)t->gas_used.limb[0]),
        arena_print(&a, "\"statusMsg\":\"%s\"", arena_copy_text(&a, t->message)),
        arena_print(&a, "\"from\":\"0x%s\"", hex_text(&a, t->sender)),
        arena_print(&a, "\"output\":\"0x%s\"", hex_text(&a, t->output)),
        t->contract.size == 20 ? arena_print(&a, "\"contractAddress\":\"0x%s\"", hex_text(&a, t->contract)) : "contractAddress",
    };
    size_t differences = 0;
    for (size_t i = 0; i < COUNT(parts); i++)
        differences += expect_part(found, parts[i]);
    free(found);
    arena_reset(&a);
    return differences;
}

static void write_side(buffer *out, const char *key, rlp_reader *items, arena *a)
{
    buffer_print(out, "\"%s\":[", key);
    for (bool first = true; !rlp_at_end(items); first = false)
        buffer_print(out, "%s\"%s\"", first ? "" : ",", hex_text(a, rlp_read_string(items)));
    buffer_append_byte(out, ']');
}

/* fields: behind block and index. */
static size_t compare_proof(world *w, pack_record *record, const char *method, const char *key)
{
    arena a = {0};
    buffer expected = buffer_init(BUFFER_NO_LIMIT);
    uint64_t number = rlp_read_uint(&record->fields, 8), index = rlp_read_uint(&record->fields, 8);
    rlp_reader levels = rlp_read_list(&record->fields);
    buffer_print(&expected, "\"%s\":[", key);
    for (bool first = true; !rlp_at_end(&levels); first = false) {
        rlp_reader level = rlp_read_list(&levels), left = rlp_read_list(&level), right = rlp_read_list(&level);
        buffer_append_text(&expected, first ? "{" : ",{");
        write_side(&expected, "left", &left, &a);
        buffer_append_byte(&expected, ',');
        write_side(&expected, "right", &right, &a);
        buffer_append_byte(&expected, '}');
    }
    buffer_append(&expected, bytes_of("]", 2));
    block *b = ledger_block_by_number(w->ledger, (int64_t)number);
    assert_true(b && index < b->transaction_count);
    char *found = ask_by_hash(w, &a, method, BYTES_OF_VALUE(b->transactions[index]->hash));
    size_t differences = expect_part(found, (char *)expected.data);
    free(found);
    block_drop(b);
    buffer_free(&expected);
    arena_reset(&a);
    return differences;
}

static size_t compare_transactions(world *w, size_t step)
{
    size_t differences = 0, seen = 0;
    rlp_reader records = rlp_reader_of(buffer_bytes(&w->golden->unpacked));
    pack_record one;
    while (pack_next(&records, &one)) {
        bool is_transaction = pack_is(&one, "transaction"), is_proof = pack_is(&one, "transaction-proof");
        if (!is_transaction && !is_proof && !pack_is(&one, "receipt-proof"))
            continue;
        if (seen++ % step)
            continue;
        if (is_transaction) {
            recorded_transaction t = read_transaction(&one.fields);
            differences += compare_receipt(w, &t);
        } else if (is_proof) {
            differences += compare_proof(w, &one, "getTransactionByHashWithProof", "txProof");
        } else {
            differences += compare_proof(w, &one, "getTransactionReceiptByHashWithProof", "receiptProof");
        }
    }
    assert_true(seen > 50);
    return differences;
}

static void compare_chain(void **state)
{
    const chain_row *row_ = *state;
    json_t *node_info, *version;
    world *w = open_chain(row_->name, &node_info, &version);
    size_t differences = compare_answers(w) + compare_transactions(w, row_->step);
    world_close(w);
    json_decref(node_info);
    json_decref(version);
    assert_int_equal(differences, 0);
}

int main(void)
{
    struct CMUnitTest tests[COUNT(chains)];
    for (size_t i = 0; i < COUNT(chains); i++)
        tests[i] = (struct CMUnitTest){.name = chains[i].name, .test_func = compare_chain, .initial_state = (void *)&chains[i]};
    return cmocka_run_group_tests_name("answers", tests, NULL, NULL);
}
