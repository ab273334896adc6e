/* eth_getLogs, filters and subscriptions: logs by contract and topics over a range of blocks. Blooms say which blocks
   need not be looked into. */
#include "eth/inside.h"

/* The blooms of a block's receipts joined: remembered, or read from the block as stored, whose transactions are not
   decoded for it. */
static bool bloom_of(eth_blooms *blooms, ledger *l, const hash256 *chain, eth_log_progress *p, bloom *out)
{
    if (eth_blooms_get(blooms, chain, p->number, out))
        return true;
    arena a = {0};
    bytes encoded;
    bool ok = ledger_encoded_block(l, p->number, &a, &encoded) && block_read_bloom(ledger_rules(l), encoded, out);
    if (ok) {
        p->read_bytes += encoded.size;
        eth_blooms_put(blooms, chain, p->number, out);
    }
    arena_reset(&a);
    return ok;
}

/* ETH_SEARCH_DONE: the block is searched. */
static eth_search_result search_block(ledger *l, const log_pattern *pattern, eth_log_progress *p, json_writer *out)
{
    block *b = ledger_block_by_number(l, p->number);
    if (b == NULL)
        return ETH_SEARCH_FAILED;
    size_t room = ETH_LOGS_MAX - p->logs, found = 0;
    for (size_t t = 0; t < b->receipt_count; t++)
        for (size_t i = 0; i < b->receipts[t].log_count; i++)
            found += log_pattern_matches(pattern, &b->receipts[t].logs[i]);
    eth_search_result result = found > room ? ETH_SEARCH_TOO_MANY_LOGS : ETH_SEARCH_DONE;
    if (result == ETH_SEARCH_DONE) {
        if (found)
            eth_write_logs(out, b, pattern);
        p->logs += found;
        p->transactions += b->transaction_count;
        for (size_t t = 0; t < b->transaction_count; t++)
            p->read_bytes += b->transactions[t]->raw.size;
    }
    block_drop(b);
    return result;
}

eth_search_result eth_search_logs(eth_blooms *blooms, ledger *l, const log_pattern *pattern, int64_t to,
                                  eth_log_progress *p, json_writer *out)
{
    const hash256 chain = ledger_head(l).genesis_hash;
    for (; p->number <= to; p->number++) {
        bloom b;
        if (p->transactions >= ETH_LOGS_TRANSACTIONS_MAX || p->read_bytes >= ETH_LOGS_READ_MAX_BYTES)
            return ETH_SEARCH_TOO_MUCH;
        if (!bloom_of(blooms, l, &chain, p, &b))
            return ETH_SEARCH_FAILED;
        if (!log_pattern_may_match(pattern, &b))
            continue;
        eth_search_result result = search_block(l, pattern, p, out);
        if (result != ETH_SEARCH_DONE)
            return result;
    }
    return ETH_SEARCH_DONE;
}
