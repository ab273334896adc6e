/* queue.h: a bounded hand-over from many threads to one owner. The bounds, in items and in bytes, are fixed at creation; nothing
   is allocated later. The queue owns an item from QUEUE_OK until it is popped; after any other answer the caller still owns it. */
#ifndef HANSE_BASE_QUEUE_H
#define HANSE_BASE_QUEUE_H

#include "base/bytes.h"

typedef enum { QUEUE_OK, QUEUE_FULL, QUEUE_CLOSED } queue_result;

/* Embed as the first member of what is queued. item_bytes: what the item counts against the byte limit. */
typedef struct queue_link {
    struct queue_link *next;
    size_t item_bytes;
} queue_link;

typedef struct queue queue;

queue *queue_new(size_t max_items, size_t max_bytes) MUST_USE;
void queue_free(queue *q);                                        /* the queue must be empty */
MUST_USE queue_result queue_push(queue *q, queue_link *item);     /* any thread; never blocks */
/* Owner's own notes and completions that were accounted for elsewhere: always accepted until the queue is closed. */
MUST_USE queue_result queue_push_unbounded(queue *q, queue_link *item);
queue_link *queue_pop_all(queue *q);                              /* owner only; the whole batch, oldest first */
/* Owner only: the same, but waits until there is something, the steady time is reached, or the queue is closed (NULL). */
queue_link *queue_wait(queue *q, uint64_t until_steady_ms);
bool queue_is_congested(queue *q);                                /* set at 2/3 of either limit, cleared below 1/2 */
void queue_close(queue *q);                                       /* any thread; wakes the owner; later pushes: QUEUE_CLOSED */

#endif
