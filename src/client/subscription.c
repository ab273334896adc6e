#include "client/inside.h"

#include <stdio.h>

void client_on_height(client_core *core, int group)
{
    (void)core, (void)group;
}

void client_on_node_ready(client_node *n)
{
    if (n->core->transport->has_pushes)
        client_send_topics(n);
}

void client_on_node_lost(client_node *n)
{
    (void)n;
}

void client_on_event_push(client_node *n, const channel_frame *f)
{
    (void)n, (void)f;
}

void client_on_amop(client_node *n, const channel_frame *f)
{
    (void)n, (void)f;
}

void client_subscriptions_drop(client_core *core, const hanse_client *owner)
{
    (void)core, (void)owner;
}

/* The blocks of every group in use. */
void client_send_topics(client_node *n)
{
    int groups[CLIENT_GROUPS_MAX];
    size_t count = client_core_groups(n->core, groups);
    json_t *topics = json_array();
    for (size_t i = 0; i < count; i++) {
        char topic[40];
        snprintf(topic, sizeof topic, "_block_notify_%d", groups[i]);
        json_array_append_new(topics, json_string(topic));
    }
    char *text = client_json_text(topics);
    channel_seq seq = client_new_seq(n->core);
    client_send_frame(n, CHANNEL_TOPICS, &seq, 0, BYTES_EMPTY, bytes_of_text(text));
    hanse_free(text);
    json_decref(topics);
}
