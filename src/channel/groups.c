/* What the door knows of a group, and what a block sets off: block pushes, then receipts, then events. */
#include "channel/private.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

static channel_seq push_seq(void)
{
    channel_seq zeros; /* 32 characters: python-sdk knows pushes by them (network.md 10.5) */
    memset(zeros.b, '0', sizeof zeros.b);
    return zeros;
}

channel_group *channel_group_of(channel_door *d, int32_t id)
{
    channel_group *g = map_get(&d->groups, BYTES_OF_VALUE(id));
    if (g)
        return g;
    rpc_group *held = d->backend->find_group(d->backend->context, id);
    if (held == NULL)
        return NULL;
    g = memory_new(sizeof *g);
    *g = (channel_group){.door = d, .id = id, .height = ledger_head(d->backend->ledger_of(held)).number};
    d->backend->release_group(d->backend->context, held);
    g->waiting_end = &g->waiting;
    map_put(&d->groups, BYTES_OF_VALUE(g->id), g);
    return g;
}

void channel_groups_free(channel_door *d)
{
    map_entry *entry;
    for (size_t i = 0; (entry = map_next(&d->groups, &i));) {
        channel_group *g = entry->value;
        while (g->waiting) {
            channel_ticket *gone = g->waiting;
            g->waiting = gone->next;
            channel_ticket_free(gone);
        }
        channel_drop_filters(g);
        free(g);
    }
    map_free(&d->groups);
}

static void push_block(channel_door *d, int32_t group_id, int64_t number)
{
    enum { JSON_SINCE = 2 };
    char topic[40], text[2][96];
    snprintf(topic, sizeof topic, "_block_notify_%d", group_id);
    snprintf(text[0], sizeof text[0], "%d,%lld", group_id, (long long)number);
    snprintf(text[1], sizeof text[1], "{\"blockNumber\":%lld,\"groupID\":%d}\n", (long long)number, group_id);
    char head[48];
    snprintf(head, sizeof head, "%c%s", (int)(1 + strlen(topic)), topic);
    channel_seq seq = push_seq();
    for (channel_session *s = d->first, *next; s; s = next) {
        next = s->next;
        if (s->state == CHANNEL_ACTIVE && channel_session_has_topic(s, bytes_of_text(topic)))
            channel_session_send(s, CHANNEL_BLOCK, &seq, 0, bytes_of_text(head), bytes_of_text(text[s->version >= JSON_SINCE]));
    }
}

void channel_on_block(channel_door *d, int32_t group_id, int64_t number)
{
    channel_group *g = channel_group_of(d, group_id);
    if (g == NULL || d->stopping)
        return;
    if (number > g->height)
        g->height = number;
    push_block(d, group_id, number);
    channel_render_waiting(g);
    channel_search_events(g);
}
