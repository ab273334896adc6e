/* engine.h: the threads that own the groups' state machines. Each group belongs to one engine; only that engine steps it.
   Everything that concerns a group arrives as an item in its engine's inbox (bounded); the engine takes all that waits, steps
   each group once with its events, performs the actions, and sleeps until the next item or the earliest deadline. */
#ifndef HANSE_NODE_ENGINE_H
#define HANSE_NODE_ENGINE_H

#include "base/queue.h"

/* Limits of one engine's inbox. Frames beyond them: the sending peer is paused (NET_CONGESTED). Submissions: refused, the client
   is told that the node is busy. Completions of jobs are always taken: what is under way is bounded elsewhere. */
enum { ENGINE_INBOX_ITEMS = 200000, ENGINE_INBOX_BYTES = 256 * 1024 * 1024 };

typedef struct engine engine;
struct group_host;

typedef enum {
    ENGINE_FRAME,
    ENGINE_SUBMIT,
    ENGINE_JOB_DONE,
    ENGINE_SESSIONS,
    ENGINE_QUERY,  /* a door wants to look at the machines */
    ENGINE_ATTACH, /* the group joins this engine; from now on it is stepped */
    ENGINE_DETACH  /* it leaves as soon as no job is under way */
} engine_item_kind;

/* Embedded as the first member of what is sent. */
typedef struct {
    queue_link link;
    engine_item_kind kind;
    struct group_host *host;
} engine_item;

/* inbox_drained is called on the engine's thread after a congested inbox was emptied (may be NULL). */
engine *engine_start(const char *thread_name, void (*inbox_drained)(void *context), void *context) MUST_USE;
/* Ends the thread. Every group must be detached; later items are refused. */
void engine_stop(engine *e);

MUST_USE queue_result engine_offer(engine *e, engine_item *item); /* bounded; any thread */
MUST_USE queue_result engine_post(engine *e, engine_item *item);  /* unbounded: completions, life cycle */

#endif
