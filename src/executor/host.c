/* What contracts ask of the chain: spec/execution.md sections 3 and 5. */
#include "executor/run.h"

#include "base/memory.h"
#include "codec/hex.h"
#include "vm/precompiles.h"

#include <stdio.h>

enum { REFUND_CLEARED_SLOT = 15000 };

static u256 get_storage(void *context, const address *self, const u256 *slot)
{
    tx_run *run = context;
    return account_storage(run->state, self, slot);
}

static evm_storage_change set_storage(void *context, const address *self, const u256 *slot, const u256 *value)
{
    tx_run *run = context;
    if (!account_may_write(run->state, self, &run->origin))
        return EVM_STORAGE_DENIED;
    u256 old = account_storage(run->state, self, slot);
    if (u256_equal(old, *value))
        return EVM_STORAGE_UNCHANGED;
    account_set_storage(run->state, self, slot, value);
    if (u256_is_zero(old))
        return EVM_STORAGE_ADDED;
    if (!u256_is_zero(*value))
        return EVM_STORAGE_MODIFIED;
    run->refunds += REFUND_CLEARED_SLOT;
    return EVM_STORAGE_DELETED;
}

static u256 balance(void *context, const address *account)
{
    tx_run *run = context;
    return account_balance(run->state, account);
}

static bytes code(void *context, const address *account)
{
    tx_run *run = context;
    return account_code(run->state, account);
}

static size_t code_size(void *context, const address *account)
{
    tx_run *run = context;
    return contract_exists(run->block->x->contracts, run->state, account) ? 1 : code(context, account).size;
}

static hash256 code_hash(void *context, const address *account)
{
    tx_run *run = context;
    return account_visible_code_hash(run->state, account);
}

static bool account_exists(void *context, const address *account)
{
    tx_run *run = context;
    return account_is_not_empty(run->state, account);
}

static hash256 block_hash(void *context, int64_t number)
{
    tx_run *run = context;
    hash256 hash = {{0}};
    row_set rows;
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)number);
    if (!block_state_committed(run->block->state, TABLE_NUMBER_TO_HASH, bytes_of(text, (size_t)size), &rows))
        return hash;
    const bytes *value = row_find(&rows.rows[0], bytes_of_text("value"));
    if (value == NULL || !hex_read(*value, hash.b, sizeof hash.b))
        hash = (hash256){{0}};
    return hash;
}

static void emit_log(void *context, const address *self, const hash256 *topics, size_t topic_count, bytes data)
{
    tx_run *run = context;
    if (run->log_count == run->log_capacity) {
        run->log_capacity = run->log_capacity ? run->log_capacity * 2 : 8;
        run->logs = memory_resize(run->logs, run->log_capacity, sizeof *run->logs);
    }
    log_entry *entry = &run->logs[run->log_count++];
    *entry = (log_entry){.from = *self, .topic_count = topic_count, .data = arena_copy(tx_state_memory(run->state), data)};
    memcpy(entry->topics, topics, topic_count * sizeof *topics);
}

static void self_destruct(void *context, const address *self, const address *beneficiary)
{
    tx_run *run = context;
    (void)beneficiary;
    for (size_t i = 0; i < run->killed_count; i++)
        if (memcmp(&run->killed[i], self, sizeof *self) == 0)
            return;
    if (run->killed_count == run->killed_capacity) {
        run->killed_capacity = run->killed_capacity ? run->killed_capacity * 2 : 4;
        run->killed = memory_resize(run->killed, run->killed_capacity, sizeof *run->killed);
    }
    run->killed[run->killed_count++] = *self;
}

static const evm_environment *environment(void *context)
{
    tx_run *run = context;
    return &run->environment;
}

const evm_host executor_host = {.get_storage = get_storage,
                                .set_storage = set_storage,
                                .balance = balance,
                                .code_size = code_size,
                                .code = code,
                                .code_hash = code_hash,
                                .account_exists = account_exists,
                                .block_hash = block_hash,
                                .emit_log = emit_log,
                                .self_destruct = self_destruct,
                                .environment = environment};
