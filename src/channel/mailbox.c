#include "channel/mailbox.h"
#include "base/memory.h"
#include "base/reference.h"

#include <pthread.h>
#include <stdlib.h>

struct mailbox {
    reference_count references;
    pthread_mutex_t lock; /* guards is_open, and with it wake */
    bool is_open;
    queue *waiting;
    uv_async_t *wake;
};

mailbox *mailbox_new(uv_async_t *wake, size_t max_items, size_t max_bytes)
{
    mailbox *m = memory_new(sizeof *m);
    reference_init(&m->references);
    pthread_mutex_init(&m->lock, NULL);
    m->is_open = true;
    m->waiting = queue_new(max_items, max_bytes);
    m->wake = wake;
    return m;
}

mailbox *mailbox_keep(mailbox *m)
{
    reference_add(&m->references);
    return m;
}

void mailbox_release(mailbox *m)
{
    if (!reference_drop(&m->references))
        return;
    queue_free(m->waiting);
    pthread_mutex_destroy(&m->lock);
    free(m);
}

static bool put(mailbox *m, mail *one, bool bounded)
{
    pthread_mutex_lock(&m->lock);
    bool taken = m->is_open && (bounded ? queue_push(m->waiting, &one->link) : queue_push_unbounded(m->waiting, &one->link)) == QUEUE_OK;
    if (taken)
        uv_async_send(m->wake);
    pthread_mutex_unlock(&m->lock);
    return taken;
}

void mailbox_post(mailbox *m, mail *one)
{
    if (!put(m, one, false))
        one->drop(one);
}

bool mailbox_offer(mailbox *m, mail *one)
{
    return put(m, one, true);
}

void mailbox_run(mailbox *m, struct channel_door *d)
{
    for (queue_link *link = queue_pop_all(m->waiting), *next; link; link = next) {
        next = link->next;
        mail *one = (mail *)link;
        one->run(d, one);
    }
}

void mailbox_close(mailbox *m)
{
    pthread_mutex_lock(&m->lock);
    m->is_open = false;
    pthread_mutex_unlock(&m->lock);
    for (queue_link *link = queue_pop_all(m->waiting), *next; link; link = next) {
        next = link->next;
        mail *one = (mail *)link;
        one->drop(one);
    }
}
