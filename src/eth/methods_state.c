/* Methods about the state. A node keeps the newest state only: other blocks than the newest are refused. */
#include "eth/inside.h"

/* The newest block, if parameter `index` means it. The caller drops it. */
static block *newest_block(rpc_call *c, ledger *l, size_t index)
{
    ledger_tip tip = ledger_head(l);
    eth_block_name name;
    if (!eth_read_block(c, index, tip.number, &name))
        return NULL;
    bool is_newest = name.by_hash ? hash256_equal(&name.hash, &tip.hash) : name.number == tip.number;
    if (!is_newest) {
        rpc_error(c, ETH_SERVER_ERROR,
                  "this node keeps no state of other blocks than the newest (now %lld): ask for \"latest\"",
                  (long long)tip.number);
        return NULL;
    }
    block *b = ledger_block_by_number(l, tip.number);
    if (b == NULL)
        rpc_error(c, ETH_SERVER_ERROR, "the newest block cannot be read");
    return b;
}

/* ---- accounts ---- */

static bool read_account(rpc_call *c, size_t block_index, const u256 *slot, account_facts *out)
{
    address account;
    error_text why;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_address(c, 0, eth_param(c, 0), &account))
        return false;
    block *b = newest_block(c, l, block_index);
    if (b == NULL)
        return false;
    bool ok = executor_read_account(ledger_executor(l), ledger_store(l), &b->header, &account, slot, out, &why);
    block_drop(b);
    return ok || rpc_error(c, ETH_SERVER_ERROR, "%s", why.text);
}

static void get_balance(rpc_call *c)
{
    account_facts facts;
    if (read_account(c, 1, &U256_ZERO, &facts))
        json_write_quantity(&c->out, facts.balance);
}

static void get_transaction_count(rpc_call *c)
{
    account_facts facts;
    if (read_account(c, 1, &U256_ZERO, &facts))
        json_write_quantity(&c->out, facts.nonce);
}

static void get_storage_at(rpc_call *c)
{
    account_facts facts;
    u256 slot;
    if (!eth_read_quantity(c, 1, eth_param(c, 1), &slot) || !read_account(c, 2, &slot, &facts))
        return;
    hash256 value;
    u256_to_be(facts.storage, value.b);
    json_write_hex(&c->out, BYTES_OF_VALUE(value));
}

static void get_code(rpc_call *c)
{
    address contract;
    bytes code = BYTES_EMPTY;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_address(c, 0, eth_param(c, 0), &contract))
        return;
    block *b = newest_block(c, l, 1);
    if (b == NULL)
        return;
    block_drop(b);
    if (ledger_code(l, &contract, c->memory, &code))
        json_write_hex(&c->out, code);
    else
        rpc_error(c, ETH_SERVER_ERROR, "the code cannot be read");
}

/* ---- calls ---- */

static const json_t *member(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    return json_is_null(value) ? NULL : value;
}

static bool read_call(rpc_call *c, transaction_fields *fields, address *from)
{
    const json_t *request = eth_param(c, 0);
    *fields = (transaction_fields){.gas_price = u256_of(1), .gas = u256_of(INT64_MAX)};
    *from = (address){{0}};
    if (request == NULL)
        return rpc_error(c, RPC_INVALID_PARAMS, "missing value for required argument 0");
    if (!json_is_object(request))
        return eth_bad_param(c, 0, "expected a transaction object");
    const json_t *sender = member(request, "from"), *to = member(request, "to"), *value = member(request, "value");
    const json_t *input = member(request, "input") ? member(request, "input") : member(request, "data");
    fields->is_creation = to == NULL;
    return (sender == NULL || eth_read_address(c, 0, sender, from)) &&
           (to == NULL || eth_read_address(c, 0, to, &fields->to)) &&
           (input == NULL || eth_read_bytes(c, 0, input, &fields->data)) &&
           (value == NULL || eth_read_quantity(c, 0, value, &fields->value));
}

/* Overrides of state and block are not ignored in silence. */
static bool has_no_overrides(rpc_call *c)
{
    for (size_t i = 2; i <= 3; i++)
        if (eth_param(c, i) && json_object_size(eth_param(c, i)))
            return eth_bad_param(c, i, "overrides of state or block are not supported");
    return true;
}

/* What the message of Solidity's Error(string) says; NULL: the output is none. */
static const char *reason_of(arena *a, bytes output)
{
    static const uint8_t selector[] = {0x08, 0xc3, 0x79, 0xa0};
    enum { HEAD_BYTES = 4 + 32 + 32, REASON_MAX_BYTES = 500 };
    if (output.size < HEAD_BYTES || memcmp(output.data, selector, sizeof selector) != 0)
        return NULL;
    u256 offset = u256_from_be(bytes_part(output, 4, 32)), size = u256_from_be(bytes_part(output, 4 + 32, 32));
    if (!u256_equal(offset, u256_of(32)) || !u256_fits_u64(size) || size.limb[0] > output.size - HEAD_BYTES)
        return NULL;
    size_t shown = size.limb[0] < REASON_MAX_BYTES ? (size_t)size.limb[0] : REASON_MAX_BYTES;
    return arena_copy_text(a, bytes_part(output, HEAD_BYTES, shown));
}

/* Always false. */
static bool call_failed(rpc_call *c, const call_result *result)
{
    const char *reason = reason_of(c->memory, result->output);
    bool is_revert = result->status == STATUS_REVERT;
    rpc_error(c, is_revert ? ETH_REVERTED : ETH_SERVER_ERROR, "%s%s%s",
              is_revert ? "execution reverted" : status_text(result->status), reason ? ": " : "", reason ? reason : "");
    c->error_has_data = is_revert || result->output.size > 0;
    c->error_data = result->output;
    return false;
}

/* false: the error is set. An address without code answers nothing, as it does on Ethereum. */
static bool run_call(rpc_call *c, call_result *result)
{
    transaction_fields fields;
    address from;
    error_text why;
    ledger *l = eth_take_group(c);
    if (l == NULL || !read_call(c, &fields, &from) || !has_no_overrides(c))
        return false;
    block *latest = newest_block(c, l, 1);
    if (latest == NULL)
        return false;
    transaction *tx = transaction_unsigned_call(ledger_rules(l), &fields, &from);
    bool ok =
        executor_call_from_anyone(ledger_executor(l), ledger_store(l), &latest->header, tx, c->memory, result, &why);
    transaction_drop(tx);
    block_drop(latest);
    if (!ok)
        return rpc_error(c, ETH_SERVER_ERROR, "%s", why.text);
    if (result->status == STATUS_CALL_ADDRESS_ERROR && !fields.is_creation)
        *result = (call_result){.status = STATUS_OK, .gas_used = result->gas_used};
    return result->status == STATUS_OK || call_failed(c, result);
}

static void eth_call(rpc_call *c)
{
    call_result result;
    if (run_call(c, &result))
        json_write_hex(&c->out, result.output);
}

static void estimate_gas(rpc_call *c)
{
    call_result result;
    if (run_call(c, &result))
        json_write_quantity(&c->out, result.gas_used);
}

const rpc_method eth_state_methods[] = {
    {"eth_call", NULL, eth_call},
    {"eth_estimateGas", NULL, estimate_gas},
    {"eth_getBalance", NULL, get_balance},
    {"eth_getTransactionCount", NULL, get_transaction_count},
    {"eth_getStorageAt", NULL, get_storage_at},
    {"eth_getCode", NULL, get_code},
};
const size_t eth_state_method_count = COUNT(eth_state_methods);
