/* replay_chain.h: executes a recorded chain from its genesis, block by block through the ledger, and compares everything that was
   recorded with what comes out. Members that a recording lacks are not compared. Thread: one. */
#ifndef HANSE_TOOL_REPLAY_CHAIN_H
#define HANSE_TOOL_REPLAY_CHAIN_H

#include "ledger/ledger.h"
#include "tool/dataset.h"

typedef struct {
    int64_t block;        /* -1: in the state after the last block */
    const char *where;    /* "receipts[3].gasUsed", "table c_..., key balance, row 1 of 1, column value" */
    const char *expected; /* as recorded */
    const char *found;
    const char *note;     /* lines that help to find the cause, each ended by \n; may be empty */
} replay_difference;

typedef struct {
    store *store;         /* empty; stays the caller's */
    int64_t from, to;     /* blocks that are compared in full. Those before `from` are executed and must give the recorded hash;
                             those behind `to` are left out, and then the state is not compared */
    bool keep_going;      /* false: the first difference ends it */
    void (*on_difference)(void *context, const replay_difference *d);
    void (*on_block)(void *context, int64_t number, int64_t last); /* may be NULL */
    void *context;
} replay_options;

typedef struct {
    uint64_t blocks, transactions; /* executed, without block 0 */
    uint64_t differences;
    uint64_t reordered_blocks;     /* took effect in another order than one worker's (execution_orders_tried) */
    uint64_t rows;                 /* compared */
} replay_totals;

/* false: it could not be carried out, for the reason in why; what was found before is in *out all the same. */
bool replay_chain(dataset *d, const replay_options *options, replay_totals *out, error_text *why) MUST_USE;

#endif
