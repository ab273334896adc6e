/* replay_inside.h: what the files of the replay share. */
#ifndef HANSE_TOOL_REPLAY_INSIDE_H
#define HANSE_TOOL_REPLAY_INSIDE_H

#include "tool/replay_chain.h"

typedef struct {
    dataset *data;
    const replay_options *options;
    replay_totals *totals;
    ledger *ledger;
    int64_t last;       /* block */
    size_t submission;  /* the next one to be compared */
    bool has_diverged;  /* the chain is another one than recorded: hashes of blocks are not compared any more */
    bool is_over;       /* a difference, and no keep_going; or nothing can follow */
    bool is_broken;     /* is_over, and why says what could not be done */
    error_text *why;
} replay;

/* Reports one difference; where is the format's text. note may be NULL. */
void replay_differs(replay *r, int64_t number, const char *note, const char *expected, const char *found, const char *format, ...)
    PRINTF_LIKE(6, 7);
void replay_break(replay *r);

/* replay_answers.c: a block as the RPC answers about it: an object with "block", "header", "receipts" and, when asked for and the
   version has them, "receiptProofs" and "txProofs". The caller gives it back with json_decref. Senders must be known. */
json_t *replay_render(const chain_rules *rules, const block *b, bool with_proofs);
/* Everything that stands in expected must stand in found. */
void replay_compare_answers(replay *r, int64_t number, const char *note, const json_t *expected, const json_t *found);

/* replay_seal.c: have enough distinct sealers of the group signed the recorded block? */
typedef struct {
    const node_id *indexed, *signing; /* what an index counts in; who may sign. No one: nothing is checked */
    size_t indexed_count, signing_count;
} replay_signers;

/* From the database as it stands before the block, which must agree with the header. In a. */
void replay_take_signers(replay *r, const block *recorded, arena *a, replay_signers *out);
void replay_check_seal(replay *r, const block *recorded, const hash256 *hash, const replay_signers *signers);

/* replay_rows.c: the database and the codes after the last block. */
void replay_compare_state(replay *r);

#endif
