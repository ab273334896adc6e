/* eth_run.h: inside of eth_transaction.h: what a transaction carries while it runs. */
#ifndef HANSE_TOOL_ETH_RUN_H
#define HANSE_TOOL_ETH_RUN_H

#include "tool/eth_transaction.h"

typedef struct {
    evm_frame *vm;
    evm_code *init_code; /* creations */
    bool is_creation;
    address created;
    size_t world_mark, log_mark;
    int64_t refund_mark;
} eth_frame;

typedef struct {
    eth_world *world;
    const eth_fork *fork;
    evm_environment environment;
    buffer *trace; /* NULL: none */
    eth_frame *frames;
    size_t depth, capacity;
    log_entry *logs;
    size_t log_count, log_capacity;
    int64_t refunds; /* may be negative while frames run (EIP-2200) */
    arena *memory;   /* data of logs */
    arena answer;    /* output of the last precompile */
} eth_run;

extern const evm_host eth_host; /* context: eth_run */

/* Runs the outermost call or creation to its end; returns the gas that is left. */
int64_t eth_run_frames(eth_run *run, const evm_request *outermost);

#endif
