/* Methods that send transactions or run them without keeping anything (spec/interfaces.md 4.10, 4.11). */
#include "rpc/method.h"

static void finish_ticket(rpc_receipt_ticket *ticket, rpc_receipt_kind kind, transaction_status status)
{
    if (ticket)
        ticket->done(ticket, (rpc_receipt_outcome){.kind = kind, .status = status});
}

/* The transaction is in a block, or was dropped from the pool. */
static void on_receipt_ready(void *context, int64_t number, size_t index)
{
    rpc_receipt_ticket *ticket = context;
    if (number < 0)
        finish_ticket(ticket, RPC_RECEIPT_REFUSED, STATUS_TRANSACTION_REFUSED);
    else
        ticket->done(ticket, (rpc_receipt_outcome){.kind = RPC_RECEIPT_STORED, .number = number, .index = index});
}

static void on_submit_answer(void *context, transaction_status status, const char *reason)
{
    rpc_call *c = context;
    if (status == STATUS_OK) {
        rpc_write_hash(&c->out, &c->sent->hash);
    } else {
        finish_ticket(c->ticket, RPC_RECEIPT_NONE, status);
        rpc_internal_error(c, "%s", reason);
    }
    rpc_call_resume(c);
}

static void submit_and_wait(rpc_call *c)
{
    c->waits = true;
    if (c->backend->submit(c->group, c->sent, on_submit_answer, c, c->ticket ? on_receipt_ready : NULL, c->ticket))
        return; /* the call may be answered already: c is not touched any more */
    c->waits = false;
    finish_ticket(c->ticket, RPC_RECEIPT_NONE, STATUS_TX_POOL_IS_FULL);
    rpc_internal_error(c, "TransactionSubmitFailed: the node is busy, try again");
}

static void on_later_answer(void *context, transaction_status status, const char *reason)
{
    (void)reason;
    if (status != STATUS_OK)
        finish_ticket(context, RPC_RECEIPT_REFUSED, status);
}

/* Protocol 3: the answer is the hash, whatever the pool says; its refusal comes as a receipt. */
static void submit_without_waiting(rpc_call *c)
{
    rpc_write_hash(&c->out, &c->sent->hash);
    if (!c->backend->submit(c->group, c->sent, on_later_answer, c->ticket, on_receipt_ready, c->ticket))
        finish_ticket(c->ticket, RPC_RECEIPT_REFUSED, STATUS_TX_POOL_IS_FULL);
}

static void send_transaction(rpc_call *c, bool with_proof)
{
    bytes raw;
    error_text why;
    bool is_asynchronous = c->client && c->client->is_asynchronous;
    if (!rpc_take_group(c, is_asynchronous ? RPC_GROUP_EXISTS : RPC_GROUP_MEMBER) || !rpc_bytes_text(c, rpc_text(c, 1), &raw))
        return;
    const chain_rules *rules = ledger_rules(c->backend->ledger_of(c->group));
    c->sent = transaction_decode(rules, raw, TX_CHECK_EVERYTHING, NULL, &why);
    if (c->sent == NULL) {
        rpc_internal_error(c, "%s", why.text);
        return;
    }
    c->sent->from_rpc = true;
    if (c->client)
        c->ticket = c->client->expect_receipt(c->client, rules->group_id, with_proof && rules_have(rules, GATE_MERKLE_16));
    if (is_asynchronous)
        submit_without_waiting(c);
    else
        submit_and_wait(c);
}

static void send_raw_transaction(rpc_call *c)
{
    send_transaction(c, false);
}

/* Without a client that gets receipts the two methods answer the same (interfaces.md 4.10). */
static void send_raw_transaction_and_get_proof(rpc_call *c)
{
    send_transaction(c, true);
}

/* ---- call ---- */

static const char *text_member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text && *text ? text : NULL;
}

/* Members that are parsed, and refused when they are no numbers, but not used. */
static bool check_numbers(rpc_call *c, const json_t *request, transaction_fields *fields)
{
    static const char *const keys[] = {"gas", "gasPrice", "blockLimit"};
    u256 ignored;
    for (size_t i = 0; i < COUNT(keys); i++) {
        const char *text = text_member(request, keys[i]);
        if (text && !rpc_number_text(c, text, &ignored))
            return false;
    }
    const char *value = text_member(request, "value"), *nonce = text_member(request, "randomid");
    return (value == NULL || rpc_number_text(c, value, &fields->value)) && (nonce == NULL || rpc_number_text(c, nonce, &fields->nonce));
}

static bool read_call(rpc_call *c, transaction_fields *fields, address *from)
{
    const json_t *request = json_array_get(c->params, 1);
    const char *from_text = text_member(request, "from");
    if (from_text == NULL)
        return rpc_error(c, RPC_CALL_NEEDS_FROM, "Call needs a 'from' field");
    *fields = (transaction_fields){.gas_price = u256_of(1), .gas = u256_of(INT64_MAX)};
    if (!rpc_address_text(c, from_text, from))
        return false;
    const char *to = text_member(request, "to"), *data = text_member(request, "data"), *code = text_member(request, "code");
    if (to && strcmp(to, "0x") != 0 && !rpc_address_text(c, to, &fields->to))
        return false;
    const char *input = code ? code : data;
    return (input == NULL || rpc_bytes_text(c, input, &fields->data)) && check_numbers(c, request, fields);
}

static void run_call(rpc_call *c)
{
    transaction_fields fields;
    address from;
    if (!rpc_take_group(c, RPC_GROUP_MEMBER) || !read_call(c, &fields, &from))
        return;
    ledger *l = c->backend->ledger_of(c->group);
    block *latest = ledger_block_by_number(l, ledger_head(l).number);
    if (latest == NULL) {
        rpc_internal_error(c, "the latest block cannot be read");
        return;
    }
    transaction *tx = transaction_unsigned_call(ledger_rules(l), &fields, &from);
    call_result result;
    error_text why;
    if (executor_call(ledger_executor(l), ledger_store(l), &latest->header, &latest->hash, tx, c->memory, &result, &why)) {
        json_writer *w = &c->out;
        json_write_begin_object(w);
        json_write_key(w, "currentBlockNumber");
        json_write_quantity_u64(w, (uint64_t)latest->header.number);
        json_write_key(w, "output");
        json_write_hex(w, result.output);
        json_write_key(w, "status");
        json_write_quantity_u64(w, result.status);
        json_write_end_object(w);
    } else {
        rpc_internal_error(c, "%s", why.text);
    }
    transaction_drop(tx);
    block_drop(latest);
}

static void get_code(rpc_call *c)
{
    address contract;
    bytes code = BYTES_EMPTY;
    if (!rpc_take_group(c, RPC_GROUP_MEMBER) || !rpc_address_text(c, rpc_text(c, 1), &contract))
        return;
    if (!ledger_code(c->backend->ledger_of(c->group), &contract, c->memory, &code))
        code = BYTES_EMPTY;
    json_write_hex(&c->out, code);
}

const rpc_method rpc_send_methods[] = {
    {"sendRawTransaction", "is", send_raw_transaction},
    {"sendRawTransactionAndGetProof", "is", send_raw_transaction_and_get_proof},
    {"call", "io", run_call},
    {"getCode", "is", get_code},
};
const size_t rpc_send_method_count = COUNT(rpc_send_methods);
