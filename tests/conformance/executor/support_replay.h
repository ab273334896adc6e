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
    size_t other_orders; /* blocks that ran in another order than one worker's */
} replay;

replay *replay_open(const char *name); /* of tests/golden; with its genesis rows */
void replay_close(replay *r);
/* The next recorded block without anything that execution fills. The caller drops it. */
block *replay_proposal(const replay *r);
/* Executes and commits the next block. Prints what differs and returns false when header or receipts are not the recorded ones. */
bool replay_next(replay *r);
/* Compares the rows of the store with those of the recording, as far as execution writes them. Returns how many keys differ. */
size_t replay_compare_rows(replay *r);

#endif
