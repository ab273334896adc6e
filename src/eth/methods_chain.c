/* Methods about blocks, transactions and receipts. What does not exist is null. */
#include "eth/inside.h"

static void need_senders(ledger *l, block *b)
{
    for (size_t i = 0; i < b->transaction_count; i++)
        if (!b->transactions[i]->sender_known) {
            transaction_recover_senders(ledger_rules(l), b->transactions, b->transaction_count);
            return;
        }
}

/* Parameter `index` names a block. NULL: there is none (null is written), or the error is set. *given: that group. */
static block *block_by_hash(rpc_call *c, size_t index, ledger **given)
{
    hash256 hash;
    *given = eth_take_group(c);
    if (*given == NULL || !eth_read_hash(c, index, eth_param(c, index), &hash))
        return NULL;
    block *b = ledger_block_by_hash(*given, &hash);
    if (b == NULL)
        json_write_null(&c->out);
    return b;
}

static block *block_by_number(rpc_call *c, size_t index, ledger **given)
{
    int64_t number;
    *given = eth_take_group(c);
    if (*given == NULL || !eth_read_block_number(c, index, eth_param(c, index), ledger_head(*given).number, &number))
        return NULL;
    block *b = ledger_block_by_number(*given, number);
    if (b == NULL)
        json_write_null(&c->out);
    return b;
}

static block *block_by_any(rpc_call *c, size_t index, ledger **given)
{
    eth_block_name name;
    *given = eth_take_group(c);
    if (*given == NULL || !eth_read_block(c, index, ledger_head(*given).number, &name))
        return NULL;
    block *b = name.by_hash ? ledger_block_by_hash(*given, &name.hash) : ledger_block_by_number(*given, name.number);
    if (b == NULL)
        json_write_null(&c->out);
    return b;
}

static void answer_block(rpc_call *c, ledger *l, block *b)
{
    bool full;
    if (b == NULL)
        return;
    eth_rendering r = eth_rendering_of(eth_asker_of(c)->service, l);
    if (eth_read_flag(c, 1, false, &full)) {
        if (full)
            need_senders(l, b);
        eth_write_block(&c->out, &r, b, full ? ETH_BLOCK_FULL : ETH_BLOCK_HASHES);
    }
    block_drop(b);
}

static void get_block_by_number(rpc_call *c)
{
    ledger *l;
    block *b = block_by_number(c, 0, &l);
    answer_block(c, l, b);
}

static void get_block_by_hash(rpc_call *c)
{
    ledger *l;
    block *b = block_by_hash(c, 0, &l);
    answer_block(c, l, b);
}

static void block_number(rpc_call *c)
{
    ledger *l = eth_take_group(c);
    if (l)
        json_write_quantity_u64(&c->out, (uint64_t)ledger_head(l).number);
}

static void answer_transaction_count(rpc_call *c, block *b)
{
    if (b)
        json_write_quantity_u64(&c->out, b->transaction_count);
    block_drop(b);
}

static void get_transaction_count_by_number(rpc_call *c)
{
    ledger *l;
    answer_transaction_count(c, block_by_number(c, 0, &l));
}

static void get_transaction_count_by_hash(rpc_call *c)
{
    ledger *l;
    answer_transaction_count(c, block_by_hash(c, 0, &l));
}

static void answer_uncle_count(rpc_call *c, block *b)
{
    if (b)
        json_write_quantity_u64(&c->out, 0);
    block_drop(b);
}

static void get_uncle_count_by_number(rpc_call *c)
{
    ledger *l;
    answer_uncle_count(c, block_by_number(c, 0, &l));
}

static void get_uncle_count_by_hash(rpc_call *c)
{
    ledger *l;
    answer_uncle_count(c, block_by_hash(c, 0, &l));
}

static void get_uncle(rpc_call *c)
{
    json_write_null(&c->out);
}

/* ---- transactions ---- */

static void answer_by_index(rpc_call *c, ledger *l, block *b)
{
    uint64_t index;
    if (b && eth_read_count(c, 1, eth_param(c, 1), &index)) {
        if (index >= b->transaction_count) {
            json_write_null(&c->out);
        } else {
            need_senders(l, b);
            eth_rendering r = eth_rendering_of(eth_asker_of(c)->service, l);
            eth_write_transaction(&c->out, &r, b->transactions[index], b, (size_t)index);
        }
    }
    block_drop(b);
}

static void get_transaction_by_number_and_index(rpc_call *c)
{
    ledger *l;
    block *b = block_by_number(c, 0, &l);
    answer_by_index(c, l, b);
}

static void get_transaction_by_hash_and_index(rpc_call *c)
{
    ledger *l;
    block *b = block_by_hash(c, 0, &l);
    answer_by_index(c, l, b);
}

/* The block of a transaction on the chain, with senders. NULL: unknown there. */
static block *block_of_transaction(ledger *l, const hash256 *hash, size_t *index)
{
    transaction_place place;
    block *b = ledger_find_transaction(l, hash, &place) ? ledger_block_by_number(l, place.block_number) : NULL;
    if (b && (place.index >= b->transaction_count || place.index >= b->receipt_count)) {
        block_drop(b);
        return NULL;
    }
    if (b)
        need_senders(l, b);
    *index = place.index;
    return b;
}

static void get_transaction_by_hash(rpc_call *c)
{
    hash256 hash;
    size_t index;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_hash(c, 0, eth_param(c, 0), &hash))
        return;
    eth_rendering r = eth_rendering_of(eth_asker_of(c)->service, l);
    block *b = block_of_transaction(l, &hash, &index);
    transaction *pending = b ? NULL : c->backend->pending_find(c->group, &hash);
    if (b == NULL && pending == NULL) /* it may have gone from the pool into a block between the two looks */
        b = block_of_transaction(l, &hash, &index);
    if (b)
        eth_write_transaction(&c->out, &r, b->transactions[index], b, index);
    else if (pending)
        eth_write_transaction(&c->out, &r, pending, NULL, 0);
    else
        json_write_null(&c->out);
    transaction_drop(pending);
    block_drop(b);
}

static void get_transaction_receipt(rpc_call *c)
{
    hash256 hash;
    size_t index;
    ledger *l = eth_take_group(c);
    if (l == NULL || !eth_read_hash(c, 0, eth_param(c, 0), &hash))
        return;
    block *b = block_of_transaction(l, &hash, &index);
    if (b) {
        eth_rendering r = eth_rendering_of(eth_asker_of(c)->service, l);
        eth_write_receipt(&c->out, &r, b, index);
    } else {
        json_write_null(&c->out);
    }
    block_drop(b);
}

static void get_block_receipts(rpc_call *c)
{
    ledger *l;
    block *b = block_by_any(c, 0, &l);
    if (b == NULL)
        return;
    need_senders(l, b);
    eth_rendering r = eth_rendering_of(eth_asker_of(c)->service, l);
    json_write_begin_array(&c->out);
    eth_write_receipts(&c->out, &r, b);
    json_write_end_array(&c->out);
    block_drop(b);
}

const rpc_method eth_chain_methods[] = {
    {"eth_blockNumber", NULL, block_number},
    {"eth_getBlockByNumber", NULL, get_block_by_number},
    {"eth_getBlockByHash", NULL, get_block_by_hash},
    {"eth_getBlockTransactionCountByNumber", NULL, get_transaction_count_by_number},
    {"eth_getBlockTransactionCountByHash", NULL, get_transaction_count_by_hash},
    {"eth_getTransactionByHash", NULL, get_transaction_by_hash},
    {"eth_getTransactionByBlockHashAndIndex", NULL, get_transaction_by_hash_and_index},
    {"eth_getTransactionByBlockNumberAndIndex", NULL, get_transaction_by_number_and_index},
    {"eth_getTransactionReceipt", NULL, get_transaction_receipt},
    {"eth_getBlockReceipts", NULL, get_block_receipts},
    {"eth_getUncleCountByBlockNumber", NULL, get_uncle_count_by_number},
    {"eth_getUncleCountByBlockHash", NULL, get_uncle_count_by_hash},
    {"eth_getUncleByBlockNumberAndIndex", NULL, get_uncle},
    {"eth_getUncleByBlockHashAndIndex", NULL, get_uncle},
};
const size_t eth_chain_method_count = COUNT(eth_chain_methods);
