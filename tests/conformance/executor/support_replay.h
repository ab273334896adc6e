/* support_replay.h: executes a recorded chain from its genesis on a memory store and compares every block with the recording.
   A chain is kept by a few lines here, not by the ledger: that floor lies above. */
#ifndef HANSE_TESTS_SUPPORT_REPLAY_H
#define HANSE_TESTS_SUPPORT_REPLAY_H

#include "golden.h"

#include "executor/executor.h"

typedef struct {
    golden_chain *golden;
    executor *executor;
    store *store;
    uint64_t last_id;
    parent_block head;
} replay;

replay *replay_open(const char *name); /* of tests/golden; with its genesis rows */
void replay_close(replay *r);
/* The next recorded block without anything that execution fills. The caller drops it. */
block *replay_proposal(const replay *r);
/* Executes and commits the next block. Prints what differs and returns false when header or receipts are not the recorded ones. */
bool replay_next(replay *r);
/* The same for a block that records a race: its transactions had declared conflict keys that do not cover what they write, ran
   at the same time, and took effect in `order` instead of block order (spec/execution.md 10.3: such a result is undefined).
   Receipts and state root are compared; the header cannot be. */
bool replay_next_race(replay *r, const uint8_t *order, size_t count);
/* Compares the rows of the store with those of the recording, as far as execution writes them. Returns how many keys differ. */
size_t replay_compare_rows(replay *r);

#endif
