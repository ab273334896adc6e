#include "node/group_table.h"
#include "base/memory.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

typedef struct {
    group_host *host;
    size_t holders;
} table_entry;

struct group_table {
    pthread_mutex_t lock;
    pthread_cond_t released;
    table_entry entries[NODE_GROUPS_MAX]; /* ascending id */
    size_t count;
    node_id sessions[NET_SESSIONS_MAX];
    size_t session_count;
};

group_table *group_table_new(void)
{
    group_table *t = memory_new(sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->released, NULL);
    return t;
}

void group_table_free(group_table *t)
{
    if (t == NULL)
        return;
    assert(t->count == 0);
    pthread_cond_destroy(&t->released);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* Where id stands or would stand. */
static size_t place_of(const group_table *t, int32_t id)
{
    size_t low = 0, high = t->count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (group_host_id(t->entries[middle].host) < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static table_entry *find(group_table *t, int32_t id)
{
    size_t place = place_of(t, id);
    return place < t->count && group_host_id(t->entries[place].host) == id ? &t->entries[place] : NULL;
}

bool group_table_add(group_table *t, group_host *h)
{
    pthread_mutex_lock(&t->lock);
    bool room = t->count < NODE_GROUPS_MAX && find(t, group_host_id(h)) == NULL;
    if (room) {
        size_t place = place_of(t, group_host_id(h));
        memmove(&t->entries[place + 1], &t->entries[place], (t->count - place) * sizeof t->entries[0]);
        t->entries[place] = (table_entry){.host = h};
        t->count++;
        group_host_sessions(h, t->sessions, t->session_count);
    }
    pthread_mutex_unlock(&t->lock);
    return room;
}

group_host *group_table_remove(group_table *t, int32_t id)
{
    pthread_mutex_lock(&t->lock);
    table_entry *entry = find(t, id);
    group_host *h = entry ? entry->host : NULL;
    while (entry && entry->holders) {
        pthread_cond_wait(&t->released, &t->lock);
        entry = find(t, id);
    }
    if (entry) {
        size_t place = (size_t)(entry - t->entries);
        t->count--;
        memmove(entry, entry + 1, (t->count - place) * sizeof *entry);
    }
    pthread_mutex_unlock(&t->lock);
    return h;
}

group_host *group_table_hold(group_table *t, int32_t id)
{
    pthread_mutex_lock(&t->lock);
    table_entry *entry = find(t, id);
    if (entry)
        entry->holders++;
    group_host *h = entry ? entry->host : NULL;
    pthread_mutex_unlock(&t->lock);
    return h;
}

void group_table_release(group_table *t, group_host *h)
{
    pthread_mutex_lock(&t->lock);
    table_entry *entry = find(t, group_host_id(h));
    assert(entry && entry->holders > 0);
    entry->holders--;
    if (entry->holders == 0)
        pthread_cond_broadcast(&t->released);
    pthread_mutex_unlock(&t->lock);
}

size_t group_table_ids(group_table *t, int32_t *out, size_t max)
{
    pthread_mutex_lock(&t->lock);
    size_t count = t->count < max ? t->count : max;
    for (size_t i = 0; i < count; i++)
        out[i] = group_host_id(t->entries[i].host);
    pthread_mutex_unlock(&t->lock);
    return count;
}

void group_table_session(group_table *t, const node_id *node, bool up)
{
    pthread_mutex_lock(&t->lock);
    size_t place = 0;
    while (place < t->session_count && !node_id_equal(&t->sessions[place], node))
        place++;
    bool known = place < t->session_count;
    if (up && !known && t->session_count < NET_SESSIONS_MAX)
        t->sessions[t->session_count++] = *node;
    else if (!up && known)
        t->sessions[place] = t->sessions[--t->session_count];
    for (size_t i = 0; i < t->count; i++)
        group_host_sessions(t->entries[i].host, t->sessions, t->session_count);
    pthread_mutex_unlock(&t->lock);
}
