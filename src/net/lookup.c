#include "net/lookup.h"

#include "base/memory.h"

#include <netdb.h>
#include <stdlib.h>

struct lookup {
    pthread_mutex_t lock;
    unsigned owners; /* the thread, the asker, who was given it by done */
    void (*done)(void *context, lookup *l); /* NULL: abandoned */
    void *context;
    endpoint where;
    int status;
    struct sockaddr_storage found;
};

static void drop(lookup *l)
{
    pthread_mutex_lock(&l->lock);
    bool last = --l->owners == 0;
    pthread_mutex_unlock(&l->lock);
    if (!last)
        return;
    pthread_mutex_destroy(&l->lock);
    free(l);
}

static void *run(void *argument)
{
    lookup *l = argument;
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_family = AF_UNSPEC}, *list = NULL;
    int status = getaddrinfo(l->where.host, l->where.port, &hints, &list);
    pthread_mutex_lock(&l->lock);
    l->status = status;
    if (status == 0 && list->ai_addrlen <= sizeof l->found)
        memcpy(&l->found, list->ai_addr, list->ai_addrlen); /* the first answer only: spec/network.md 2.1 */
    if (l->done) {
        l->owners++;
        l->done(l->context, l); /* under the lock: the asker cannot go away meanwhile */
    }
    pthread_mutex_unlock(&l->lock);
    if (list)
        freeaddrinfo(list);
    drop(l);
    return NULL;
}

lookup *lookup_start(const endpoint *where, void (*done)(void *context, lookup *l), void *context)
{
    lookup *l = memory_new(sizeof *l);
    *l = (lookup){.owners = 2, .done = done, .context = context, .where = *where};
    pthread_mutex_init(&l->lock, NULL);
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_t thread;
    int failed = pthread_create(&thread, &detached, run, l);
    pthread_attr_destroy(&detached);
    if (!failed)
        return l;
    pthread_mutex_destroy(&l->lock);
    free(l);
    return NULL;
}

void lookup_abandon(lookup *l)
{
    pthread_mutex_lock(&l->lock);
    l->done = NULL;
    pthread_mutex_unlock(&l->lock);
    drop(l);
}

int lookup_answer(const lookup *l, struct sockaddr_storage *out)
{
    *out = l->found;
    return l->status;
}

void lookup_free(lookup *l)
{
    drop(l);
}
