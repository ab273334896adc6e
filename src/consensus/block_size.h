/* block_size.h: how many transactions the leader puts into a block, as it learns what the group can carry in time.
   A pure value; local policy, nothing on the wire. Source: spec/consensus.md 4.3. */
#ifndef HANSE_CONSENSUS_BLOCK_SIZE_H
#define HANSE_CONSENSUS_BLOCK_SIZE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    bool is_dynamic; /* false: always the limit */
    bool grows;      /* block_size_increase_ratio is not 0 (QUIRK of 1.2: any other value acts as 1.0) */
    bool is_set;
    uint64_t max; /* transactions of the next block */
    uint64_t last_timeout_tx, max_no_timeout_tx, timeout_count;
    int64_t last_number;
} block_size;

block_size block_size_new(bool is_dynamic, double increase_ratio);
/* Transactions that a block may have now; limit: tx_count_limit of the chain. */
uint64_t block_size_now(block_size *s, uint64_t limit);
/* syncing: the sync state is Downloading; known_highest is its goal. */
void block_size_on_timeout(block_size *s, uint64_t sealing_tx, uint64_t limit, bool syncing, int64_t known_highest);
void block_size_on_commit(block_size *s, int64_t number, uint64_t tx, uint64_t limit, bool syncing,
                          int64_t known_highest);

#endif
