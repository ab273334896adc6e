#include "tool/eth_transaction.h"

#include "codec/rlp.h"
#include "tool/eth_run.h"

#include <stdlib.h>

enum { GAS_CALL = 21000, GAS_CREATE = 53000, GAS_ZERO_BYTE = 4, REFUND_SHARE = 2 };

const eth_fork eth_petersburg = {.name = "ConstantinopleFix",
                                 .evm = {EVM_CONSTANTINOPLE, &evm_gas_petersburg, DIGEST_KECCAK256},
                                 .nonzero_byte_gas = 68,
                                 .has_old_precompiles = true};
const eth_fork eth_istanbul = {
    .name = "Istanbul", .evm = {EVM_ISTANBUL, &evm_gas_ethereum, DIGEST_KECCAK256}, .nonzero_byte_gas = 16 /* EIP-2028 */};

static int64_t intrinsic_gas(const eth_fork *fork, const eth_transaction *tx)
{
    int64_t gas = tx->is_creation ? GAS_CREATE : GAS_CALL;
    for (size_t i = 0; i < tx->data.size; i++)
        gas += tx->data.data[i] ? fork->nonzero_byte_gas : GAS_ZERO_BYTE;
    return gas;
}

/* gas times price plus value; false: beyond 256 bits. */
static bool most_it_may_cost(const eth_transaction *tx, u256 *cost)
{
    u256 product = u256_mul(tx->gas_limit, tx->gas_price), quotient, remainder;
    u256_divide(product, tx->gas_limit, &quotient, &remainder);
    if (!u256_is_zero(tx->gas_limit) && !u256_equal(quotient, tx->gas_price))
        return false;
    *cost = u256_add(product, tx->value);
    return !u256_is_less(*cost, product);
}

static bool is_valid(const eth_world *w, const eth_fork *fork, const eth_block *block, const eth_transaction *tx,
                     error_text *why)
{
    uint64_t nonce = eth_world_nonce(w, &tx->sender);
    u256 cost;
    if (eth_world_code(w, &tx->sender).size != 0)
        return error_set(why, "the sender is a contract (EIP-3607)");
    if (tx->nonce != nonce || nonce == UINT64_MAX)
        return error_set(why, "nonce %llu, expected %llu", (unsigned long long)tx->nonce, (unsigned long long)nonce);
    if (u256_compare(tx->gas_limit, block->gas_limit) > 0 || u256_compare(tx->gas_limit, u256_of(INT64_MAX)) > 0)
        return error_set(why, "the gas limit is above that of the block");
    if (tx->gas_limit.limb[0] < (uint64_t)intrinsic_gas(fork, tx))
        return error_set(why, "the gas limit is below the intrinsic gas");
    if (!most_it_may_cost(tx, &cost) || u256_compare(eth_world_balance(w, &tx->sender), cost) < 0)
        return error_set(why, "the sender cannot pay for gas and value");
    return true;
}

/* Runs what the gas was bought for. Returns the gas used after refunds. */
static uint64_t run_valid(eth_run *run, const eth_transaction *tx)
{
    int64_t limit = (int64_t)tx->gas_limit.limb[0];
    evm_request outermost = {
        .kind = tx->is_creation ? EVM_KIND_CREATE : EVM_KIND_CALL,
        .message = {.self = tx->to, .caller = tx->sender, .value = tx->value, .input = tx->data,
                    .gas = limit - intrinsic_gas(run->fork, tx)},
        .code_from = tx->to,
    };
    if (!tx->is_creation)
        eth_world_set_nonce(run->world, &tx->sender, tx->nonce + 1);
    uint64_t used = (uint64_t)(limit - eth_run_frames(run, &outermost));
    uint64_t refund = run->refunds > 0 ? (uint64_t)run->refunds : 0;
    return used - (refund < used / REFUND_SHARE ? refund : used / REFUND_SHARE);
}

bool eth_transaction_run(eth_world *w, const eth_fork *fork, const eth_block *block, const eth_transaction *tx, buffer *trace,
                         eth_outcome *out, error_text *why)
{
    *out = (eth_outcome){0};
    bool ok = is_valid(w, fork, block, tx, why);
    if (ok) {
        eth_run run = {.world = w,
                       .fork = fork,
                       .environment = {.gas_price = tx->gas_price, .gas_limit = block->gas_limit,
                                       .difficulty = block->difficulty, .chain_id = u256_of(1), .origin = tx->sender,
                                       .coinbase = block->coinbase, .number = block->number, .timestamp = block->timestamp},
                       .trace = trace,
                       .memory = &out->memory};
        u256 bought = u256_mul(tx->gas_limit, tx->gas_price);
        eth_world_set_balance(w, &tx->sender, u256_sub(eth_world_balance(w, &tx->sender), bought));
        out->gas_used = run_valid(&run, tx);
        u256 fee = u256_mul(u256_of(out->gas_used), tx->gas_price);
        eth_world_add_balance(w, &tx->sender, u256_sub(bought, fee));
        eth_world_add_balance(w, &block->coinbase, fee);
        out->logs = run.logs;
        out->log_count = run.log_count;
        arena_reset(&run.answer);
        free(run.frames);
    }
    eth_world_touch(w, &block->coinbase); /* by the reward of zero that the tests' blocks pay */
    return ok;
}

void eth_outcome_free(eth_outcome *o)
{
    free(o->logs);
    arena_reset(&o->memory);
    *o = (eth_outcome){0};
}

hash256 eth_outcome_logs_hash(const eth_outcome *o)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    size_t list = rlp_begin_list(&b);
    for (size_t i = 0; i < o->log_count; i++) {
        const log_entry *entry = &o->logs[i];
        size_t fields = rlp_begin_list(&b);
        rlp_write_string(&b, BYTES_OF_VALUE(entry->from));
        size_t topics = rlp_begin_list(&b);
        for (size_t k = 0; k < entry->topic_count; k++)
            rlp_write_string(&b, BYTES_OF_VALUE(entry->topics[k]));
        rlp_end_list(&b, topics);
        rlp_write_string(&b, entry->data);
        rlp_end_list(&b, fields);
    }
    rlp_end_list(&b, list);
    hash256 hash = suite_hash(&crypto_standard, buffer_bytes(&b));
    buffer_free(&b);
    return hash;
}
