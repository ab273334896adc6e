#include "node/session_news.h"
#include "base/memory.h"

#include <pthread.h>
#include <stdlib.h>

typedef struct {
    node_id *nodes; /* ascending */
    size_t count;
} node_set;

struct session_news {
    pthread_mutex_t lock; /* guards all but given */
    node_set now;
    node_set known;  /* what the machines have seen */
    node_set steady; /* those of them that were connected all the time since */
    bool waits, is_new;
    node_set given;  /* the machines' copy */
};

static int compare_ids(const void *a, const void *b)
{
    return memcmp(a, b, sizeof(node_id));
}

static void copy_set(node_set *to, const node_id *nodes, size_t count)
{
    node_id *fresh = memory_new_array(count, sizeof *fresh);
    if (count)
        memcpy(fresh, nodes, count * sizeof *fresh);
    free(to->nodes);
    *to = (node_set){fresh, count};
}

static bool holds(const node_set *s, const node_id *id)
{
    return s->count && bsearch(id, s->nodes, s->count, sizeof *id, compare_ids) != NULL;
}

/* Takes out what the other does not have. */
static void narrow(node_set *s, const node_set *other)
{
    size_t kept = 0;
    for (size_t i = 0; i < s->count; i++)
        if (holds(other, &s->nodes[i]))
            s->nodes[kept++] = s->nodes[i];
    s->count = kept;
}

session_news *session_news_new(void)
{
    session_news *n = memory_new(sizeof *n);
    pthread_mutex_init(&n->lock, NULL);
    return n;
}

void session_news_free(session_news *n)
{
    if (n == NULL)
        return;
    pthread_mutex_destroy(&n->lock);
    free(n->now.nodes);
    free(n->known.nodes);
    free(n->steady.nodes);
    free(n->given.nodes);
    free(n);
}

bool session_news_put(session_news *n, const node_id *nodes, size_t count)
{
    pthread_mutex_lock(&n->lock);
    copy_set(&n->now, nodes, count);
    if (count)
        qsort(n->now.nodes, count, sizeof *nodes, compare_ids);
    narrow(&n->steady, &n->now);
    bool calls = !n->waits;
    n->waits = n->is_new = true;
    pthread_mutex_unlock(&n->lock);
    return calls;
}

/* A node that they know is there, but was away. */
static bool has_flapped(const session_news *n)
{
    for (size_t i = 0; i < n->known.count; i++)
        if (holds(&n->now, &n->known.nodes[i]) && !holds(&n->steady, &n->known.nodes[i]))
            return true;
    return false;
}

const node_id *session_news_take(session_news *n, size_t *count)
{
    pthread_mutex_lock(&n->lock);
    bool flapped = has_flapped(n);
    const node_set *next = flapped ? &n->steady : &n->now;
    copy_set(&n->given, next->nodes, next->count);
    copy_set(&n->known, n->given.nodes, n->given.count);
    copy_set(&n->steady, n->given.nodes, n->given.count);
    n->is_new = flapped;
    pthread_mutex_unlock(&n->lock);
    *count = n->given.count;
    return n->given.nodes;
}

bool session_news_seen(session_news *n)
{
    pthread_mutex_lock(&n->lock);
    n->waits = n->is_new;
    bool again = n->waits;
    pthread_mutex_unlock(&n->lock);
    return again;
}

void session_news_drop(session_news *n)
{
    pthread_mutex_lock(&n->lock);
    n->waits = n->is_new = false;
    pthread_mutex_unlock(&n->lock);
}

bool session_news_waits(session_news *n)
{
    pthread_mutex_lock(&n->lock);
    bool waits = n->waits;
    pthread_mutex_unlock(&n->lock);
    return waits;
}
