/* What contracts ask of Ethereum's world. */
#include "tool/eth_run.h"

#include "base/memory.h"

#include <stdio.h>

enum { REFUND_CLEARED_SLOT = 15000, REFUND_SELF_DESTRUCT = 24000 };

static u256 get_storage(void *context, const address *self, const u256 *slot)
{
    eth_run *run = context;
    return eth_world_slot(run->world, self, slot);
}

static u256 original_storage(void *context, const address *self, const u256 *slot)
{
    eth_run *run = context;
    return eth_world_original_slot(run->world, self, slot);
}

static evm_storage_change set_storage(void *context, const address *self, const u256 *slot, const u256 *value)
{
    eth_run *run = context;
    u256 old = eth_world_slot(run->world, self, slot);
    if (u256_equal(old, *value))
        return EVM_STORAGE_UNCHANGED;
    eth_world_set_slot(run->world, self, slot, value);
    if (u256_is_zero(old))
        return EVM_STORAGE_ADDED;
    if (!u256_is_zero(*value))
        return EVM_STORAGE_MODIFIED;
    if (!run->fork->evm.gas->net_metering) /* else the frame counts refunds */
        run->refunds += REFUND_CLEARED_SLOT;
    return EVM_STORAGE_DELETED;
}

static u256 balance(void *context, const address *account)
{
    eth_run *run = context;
    return eth_world_balance(run->world, account);
}

static bytes code(void *context, const address *account)
{
    eth_run *run = context;
    return eth_world_code(run->world, account);
}

static size_t code_size(void *context, const address *account)
{
    return code(context, account).size;
}

static bool account_exists(void *context, const address *account)
{
    eth_run *run = context;
    return !eth_world_is_empty(run->world, account);
}

static hash256 code_hash(void *context, const address *account)
{
    eth_run *run = context;
    return account_exists(run, account) ? eth_world_code_hash(run->world, account) : (hash256){{0}};
}

/* The tests have no chain: the hash of a block is that of its number in decimal digits. */
static hash256 block_hash(void *context, int64_t number)
{
    (void)context;
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)number);
    return suite_hash(&crypto_standard, bytes_of(text, (size_t)size));
}

static void emit_log(void *context, const address *self, const hash256 *topics, size_t topic_count, bytes data)
{
    eth_run *run = context;
    if (run->log_count == run->log_capacity) {
        run->log_capacity = run->log_capacity ? run->log_capacity * 2 : 8;
        run->logs = memory_resize(run->logs, run->log_capacity, sizeof *run->logs);
    }
    log_entry *entry = &run->logs[run->log_count++];
    *entry = (log_entry){.from = *self, .topic_count = topic_count, .data = arena_copy(run->memory, data)};
    if (topic_count)
        memcpy(entry->topics, topics, topic_count * sizeof *topics);
}

/* The balance goes first and is then set to zero: what an account leaves to itself is gone. */
static void self_destruct(void *context, const address *self, const address *beneficiary)
{
    eth_run *run = context;
    eth_world_add_balance(run->world, beneficiary, eth_world_balance(run->world, self));
    eth_world_set_balance(run->world, self, U256_ZERO);
    if (eth_world_kill(run->world, self))
        run->refunds += REFUND_SELF_DESTRUCT;
}

static const evm_environment *environment(void *context)
{
    eth_run *run = context;
    return &run->environment;
}

const evm_host eth_host = {.get_storage = get_storage,
                           .set_storage = set_storage,
                           .balance = balance,
                           .code_size = code_size,
                           .code = code,
                           .code_hash = code_hash,
                           .account_exists = account_exists,
                           .block_hash = block_hash,
                           .emit_log = emit_log,
                           .self_destruct = self_destruct,
                           .environment = environment,
                           .original_storage = original_storage};
