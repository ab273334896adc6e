#include "base/queue.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct queue {
    pthread_mutex_t lock;
    pthread_cond_t ready;
    queue_link *first, **end;
    size_t items, bytes;
    size_t max_items, max_bytes;
    bool congested, closed, owner_waits;
};

queue *queue_new(size_t max_items, size_t max_bytes)
{
    queue *q = memory_new(sizeof *q);
    *q = (queue){.max_items = max_items, .max_bytes = max_bytes};
    q->end = &q->first;
    pthread_mutex_init(&q->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&q->ready, &monotonic);
    pthread_condattr_destroy(&monotonic);
    return q;
}

void queue_free(queue *q)
{
    if (q == NULL)
        return;
    assert(q->first == NULL);
    pthread_cond_destroy(&q->ready);
    pthread_mutex_destroy(&q->lock);
    free(q);
}

static void note_level(queue *q)
{
    if (q->items >= q->max_items / 3 * 2 || q->bytes >= q->max_bytes / 3 * 2)
        q->congested = true;
    else if (q->items < q->max_items / 2 && q->bytes < q->max_bytes / 2)
        q->congested = false;
}

static queue_result push(queue *q, queue_link *item, bool bounded)
{
    pthread_mutex_lock(&q->lock);
    queue_result result = QUEUE_OK;
    if (q->closed)
        result = QUEUE_CLOSED;
    else if (bounded && (q->items >= q->max_items || item->item_bytes > q->max_bytes - (q->bytes < q->max_bytes ? q->bytes : q->max_bytes)))
        result = QUEUE_FULL;
    if (result == QUEUE_OK) {
        item->next = NULL;
        *q->end = item;
        q->end = &item->next;
        q->items++;
        q->bytes += item->item_bytes;
        note_level(q);
        /* Under the lock: once the owner has the item, it may end and free the queue. */
        if (q->owner_waits)
            pthread_cond_signal(&q->ready);
    }
    pthread_mutex_unlock(&q->lock);
    return result;
}

queue_result queue_push(queue *q, queue_link *item)
{
    return push(q, item, true);
}

queue_result queue_push_unbounded(queue *q, queue_link *item)
{
    return push(q, item, false);
}

static queue_link *take_all(queue *q)
{
    queue_link *batch = q->first;
    q->first = NULL;
    q->end = &q->first;
    q->items = q->bytes = 0;
    q->congested = false;
    return batch;
}

queue_link *queue_pop_all(queue *q)
{
    pthread_mutex_lock(&q->lock);
    queue_link *batch = take_all(q);
    pthread_mutex_unlock(&q->lock);
    return batch;
}

queue_link *queue_wait(queue *q, uint64_t until_steady_ms)
{
    struct timespec until = {(time_t)(until_steady_ms / 1000), (long)(until_steady_ms % 1000) * 1000000};
    pthread_mutex_lock(&q->lock);
    q->owner_waits = true;
    int timed_out = 0;
    while (q->first == NULL && !q->closed && !timed_out)
        timed_out = pthread_cond_timedwait(&q->ready, &q->lock, &until);
    q->owner_waits = false;
    queue_link *batch = take_all(q);
    pthread_mutex_unlock(&q->lock);
    return batch;
}

bool queue_is_congested(queue *q)
{
    pthread_mutex_lock(&q->lock);
    bool congested = q->congested;
    pthread_mutex_unlock(&q->lock);
    return congested;
}

void queue_close(queue *q)
{
    pthread_mutex_lock(&q->lock);
    q->closed = true;
    pthread_cond_broadcast(&q->ready);
    pthread_mutex_unlock(&q->lock);
}
