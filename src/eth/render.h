/* render.h: the chain's values as the JSON of Ethereum's answers (docs/ethereum.md). Senders must be known where
   transactions or receipts are written. */
#ifndef HANSE_ETH_RENDER_H
#define HANSE_ETH_RENDER_H

#include "chain/block.h"
#include "chain/log_pattern.h"
#include "codec/json_write.h"

/* What is the same in every block of a group. */
typedef struct {
    const chain_rules *rules;
    uint64_t chain_id;
    uint64_t gas_limit; /* tx_gas_limit in force */
} eth_rendering;

/* What a block is made of besides; headers of subscriptions have no transactions. */
typedef enum { ETH_BLOCK_HEADER, ETH_BLOCK_HASHES, ETH_BLOCK_FULL } eth_block_form;

void eth_write_block(json_writer *w, const eth_rendering *r, const block *b, eth_block_form form);
/* b NULL: tx is pending. */
void eth_write_transaction(json_writer *w, const eth_rendering *r, const transaction *tx, const block *b, size_t index);
void eth_write_receipt(json_writer *w, const eth_rendering *r, const block *b, size_t index);
/* All receipts of a block, as items of an array. */
void eth_write_receipts(json_writer *w, const eth_rendering *r, const block *b);
/* The logs of a block that match, as items of an array. */
void eth_write_logs(json_writer *w, const block *b, const log_pattern *pattern);
void eth_write_log(json_writer *w, const block *b, size_t tx_index, const log_entry *entry, size_t index_in_block);

#endif
