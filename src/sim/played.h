/* played.h: what really happened in a trial, counted where it takes effect: a plan may say "crash" and the node never
   come to it. `hanse sim` prints the table, and --complete fails when a row of it is empty. What liars say is counted
   by lie (liar.h). Thread: any, constant. */
#ifndef HANSE_SIM_PLAYED_H
#define HANSE_SIM_PLAYED_H

typedef enum {
    /* Frames. */
    PLAYED_LOST,
    PLAYED_DELAYED,
    PLAYED_REPEATED,
    PLAYED_OVERTAKEN,   /* it arrives before an older one of the same link */
    PLAYED_CUT,         /* by a partition that leaves the sessions open */
    PLAYED_CUT_ONE_WAY, /* while the other direction works */
    PLAYED_SLOWED,      /* by a link of few bytes a second */
    PLAYED_CLOSED,      /* sessions, by a partition */
    PLAYED_FLAPPED,     /* sessions, by a link that comes and goes */

    /* A node dies: at which boundary. The four jobs stand in the order of job_row(). */
    PLAYED_DIES_SENDING, /* before a frame to one peer, others have theirs */
    PLAYED_DIES_BEFORE_JOB,
    PLAYED_DIES_IN_EXECUTE, /* the result is lost */
    PLAYED_DIES_IN_PERSIST, /* the write of the prepared block is torn */
    PLAYED_DIES_IN_COMMIT,  /* the write of the block is torn */
    PLAYED_DIES_IN_OTHER,
    PLAYED_DIES_AFTER_EXECUTE, /* done, and nobody hears of it */
    PLAYED_DIES_AFTER_PERSIST,
    PLAYED_DIES_AFTER_COMMIT,
    PLAYED_DIES_AFTER_OTHER,
    PLAYED_DIES_BEFORE_TELLING, /* the block is durable and known to the machines, no client has heard of it */
    PLAYED_TORN_KEPT,           /* the store promises all or nothing: after the crash the write is there */
    PLAYED_TORN_LOST,           /* it is not */

    /* Disks. */
    PLAYED_READ_FAILED,
    PLAYED_WRITE_FAILED, /* nothing was written */
    PLAYED_WRITE_UNTOLD, /* written, and yet answered with a failure */
    PLAYED_DISK_FULL,

    /* Clocks and speed. */
    PLAYED_CLOCK_JUMP, /* by less than an hour */
    PLAYED_CLOCK_FAR,  /* by an hour to days */
    PLAYED_CLOCK_BACK, /* of both, those that go back */
    PLAYED_DRIFT,      /* steps on a clock that goes too fast or too slowly */
    PLAYED_SLOW_STEP,

    /* Members, by blocks that were decided. */
    PLAYED_SEALER_ADDED,
    PLAYED_SEALER_REMOVED,
    PLAYED_OBSERVER_ADDED,
    PLAYED_OBSERVER_REMOVED,
    PLAYED_SEALER_TO_OBSERVER,
    PLAYED_OBSERVER_TO_SEALER,

    /* Clients. */
    PLAYED_CONFLICT, /* a block with several transactions about the same account */
    PLAYED_COPY_REFUSED,
    PLAYED_LIMIT_REFUSED, /* past, or too far ahead */

    /* Liars, beside what liar.h names. */
    PLAYED_TWIN_SPOKE, /* a second machine with a sealer's key, in consensus */
    PLAYED_LEADER_SILENT,
    PLAYED_HASHES_WITHHELD, /* a proposal of hashes whose transactions are not given away */
    PLAYED_CUT_CONSENSUS,   /* packets that end too early */
    PLAYED_CUT_SYNC,
    PLAYED_IMPOSSIBLE_HEIGHT, /* claimed by a sync status */
    PLAYED_KINDS
} played_kind;

const char *played_text(played_kind kind);

#endif
