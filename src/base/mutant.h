/* mutant.h: hand-made bugs, so that it can be seen whether the simulator finds them (make sim-mutants,
   tools/sim_mutants.sh). A build made with -DHANSE_MUTANT=n has bug number n; every other build has none: there
   IS_MUTANT is the constant false, and no code is left. */
#ifndef HANSE_BASE_MUTANT_H
#define HANSE_BASE_MUTANT_H

#include <stdbool.h>

enum {
    MUTANT_SMALL_QUORUM = 1,      /* one sealer too few is enough */
    MUTANT_VOTES_OF_ANY_BLOCK,    /* Signs and Commits of a view count whatever block they are for */
    MUTANT_NO_LOCK,               /* a prepared block does not keep others of its height away */
    MUTANT_COMMIT_BEFORE_DURABLE, /* the Commit message does not wait for the disk */
    MUTANT_SIGNERS_COUNTED_TWICE, /* in blocks that sync fetched */
    MUTANT_FIELDS_NOT_VERIFIED, /* height, view and index of a message are not covered by a signature that is checked */
    MUTANT_VOTES_NOT_VERIFIED,
    MUTANT_ROOT_NOT_CHECKED,      /* transactionsRoot of a proposal or fetched block */
    MUTANT_SEALERS_NOT_CHECKED,   /* sealerList, likewise */
    MUTANT_OLD_TRANSACTIONS,      /* proposals may run again what ran already */
    MUTANT_TRIGGER_BY_ONE,        /* one sealer that is ahead pulls the others to its view */
    MUTANT_LOCK_FORGOTTEN,        /* at start the prepared block is not read */
    MUTANT_BLOCKS_NOT_CHECKED,    /* fetched blocks are taken without a look at who signed them */
    MUTANT_BLOCK_NOT_WRITTEN,     /* every fourth block is told before it is on the disk */
    MUTANT_PREPARED_NOT_WRITTEN,  /* the prepared block is said to be durable and is not */
    MUTANT_NONCES_NOT_LOADED,     /* after a restart old nonces pass */
    MUTANT_LIMIT_NOT_CHECKED,     /* block limits */
    MUTANT_SYNC_OFF_BY_ONE,       /* a node that is one block behind does not fetch it */
    MUTANT_TIMESTAMP_BACK,        /* a block's time is the proposer's, whatever its parent says */
    MUTANT_NO_TIMEOUT,            /* a leader that proposes nothing is waited for */
    MUTANT_STORE_FAILURE_IGNORED, /* a group goes on after its disk failed */
    MUTANT_VOTES_OF_ANY_VIEW,     /* Signs and Commits of a block count whatever view they are for */
    MUTANT_TRIGGER_TOO_LATE,      /* more than f + 1 sealers must be ahead, not more than f, to pull the others along */
    MUTANT_FORM_REFUSED,          /* a fetched block is refused for the form of a client's signature */
    MUTANT_REQUESTS_UNBOUNDED,    /* however many transactions are announced, all are noted */
    MUTANT_COUNT                  /* tools/sim_mutants.sh counts up to here */
};

#ifdef HANSE_MUTANT
#define IS_MUTANT(which) (HANSE_MUTANT == (which))
#else
#define IS_MUTANT(which) false
#endif

#endif
