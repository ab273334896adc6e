/* job.h: work that a group asks its shell to do away from the state machines: decoding and signature checks, execution, the
   disk. A job is made by group_step, run by group_job_run on any thread, and goes back as GROUP_EVENT_JOB_DONE.

   Order: the jobs of one group whose kind is JOB_EXECUTE, JOB_PERSIST or JOB_COMMIT run one at a time, in the order in which
   they were given out; the others may run at any time and beside them. */
#ifndef HANSE_GROUP_JOB_H
#define HANSE_GROUP_JOB_H

#include "group/chain_view.h"

typedef enum {
    JOB_VERIFY,  /* raw transactions -> transactions with senders */
    JOB_DECODE,  /* one block fetched from a peer -> block, every transaction checked */
    JOB_SERVE,   /* stored blocks -> one Blocks packet */
    JOB_EXECUTE, /* block -> execution */
    JOB_PERSIST, /* remember the prepared block */
    JOB_COMMIT   /* execution and signatures -> durable; chain view after it */
} group_job_kind;

enum { SERVE_PACKET_BYTES = 4 * 1024 * 1024 }; /* a Blocks packet is closed when it is that large (HARDEN: 100 MiB allowed) */

typedef struct group_job {
    group_job_kind kind;
    bool for_sync;           /* asked by sync, else by consensus */
    uint64_t ticket;
    arena memory;            /* owns the copies below */

    /* in */
    node_id peer;            /* VERIFY, DECODE: where it came from; SERVE: who asked */
    bytes *raw;              /* VERIFY: transactions; DECODE, PERSIST: one value */
    size_t raw_count;
    int64_t from, count;     /* SERVE */
    block *proposal;         /* EXECUTE; owned */
    execution *executed;     /* COMMIT; owned */
    block_signature *signatures;
    size_t signature_count;

    /* out */
    bool ok;
    error_text why;          /* when !ok */
    transaction **transactions; /* VERIFY; each owned */
    size_t transaction_count;
    block *decoded;          /* DECODE; owned */
    execution *result;       /* EXECUTE; owned */
    chain_view *view;        /* COMMIT; owned */
    bool store_failed;       /* the disk failed: the group must stop */
    bytes packet;            /* SERVE */
    int64_t next;            /* SERVE: first number not in the packet */
} group_job;

group_job *group_job_new(group_job_kind kind, uint64_t ticket, bool for_sync) MUST_USE;
/* Any thread, within the order stated above. */
void group_job_run(group_job *j, ledger *l);
void group_job_free(group_job *j); /* NULL is allowed */

static inline bool group_job_is_ordered(group_job_kind kind)
{
    return kind >= JOB_EXECUTE;
}

#endif
