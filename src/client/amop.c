/* AMOP: messages between applications, through the nodes (spec/network.md 6 and 10.5). Topics are listened to at one node at a time,
   so that a message to all listeners comes once. */
#include "client/subscription.h"

#include "base/memory.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct client_listener {
    struct client_listener *next;
    hanse_client *owner;
    char *topic;
    hanse_amop_arrived arrived;
    void *context;
} listener;

struct hanse_amop_message {
    buffer answer;
};

static listener **find(client_core *core, bytes topic)
{
    listener **at = &core->listeners;
    while (*at && !bytes_equal_text(topic, (*at)->topic))
        at = &(*at)->next;
    return at;
}

static void remove_listener(client_core *core, listener **at)
{
    listener *gone = *at;
    *at = gone->next;
    core->listener_count--;
    free(gone->topic);
    free(gone);
}

void client_amop_drop(client_core *core, const hanse_client *owner)
{
    size_t before = core->listener_count;
    for (listener **at = &core->listeners; *at;)
        if (owner == NULL || (*at)->owner == owner)
            remove_listener(core, at);
        else
            at = &(*at)->next;
    if (before != core->listener_count && core->amop_home && !core->stopping)
        client_send_topics(core->amop_home);
}

/* ---- topics ---- */

/* The blocks of every group in use and, at one node, what is listened to. */
void client_send_topics(client_node *n)
{
    client_core *core = n->core;
    int groups[CLIENT_GROUPS_MAX];
    size_t count = client_core_groups(core, groups);
    json_t *topics = json_array();
    for (size_t i = 0; i < count; i++) {
        char topic[40];
        snprintf(topic, sizeof topic, "_block_notify_%d", groups[i]);
        json_array_append_new(topics, json_string(topic));
    }
    for (const listener *l = core->amop_home == n ? core->listeners : NULL; l; l = l->next)
        json_array_append_new(topics, json_string_nocheck(l->topic));
    char *text = client_json_text(topics);
    channel_seq seq = client_new_seq(core);
    client_send_frame(n, CHANNEL_TOPICS, &seq, 0, BYTES_EMPTY, bytes_of_text(text));
    free(text);
    json_decref(topics);
}

void client_amop_node_ready(client_node *n)
{
    if (n->core->amop_home == NULL)
        n->core->amop_home = n;
}

void client_amop_node_lost(client_node *n)
{
    client_core *core = n->core;
    if (core->amop_home != n)
        return;
    core->amop_home = client_node_choose(core, 0);
    if (core->amop_home)
        client_send_topics(core->amop_home);
}

/* ---- receiving ---- */

void hanse_amop_answer(hanse_amop_message *message, const void *data, size_t size)
{
    buffer_clear(&message->answer);
    buffer_append(&message->answer, bytes_of(data, size));
}

void client_on_amop(client_node *n, const channel_frame *f)
{
    client_core *core = n->core;
    bytes topic, data;
    if (!channel_topic_body(f->body, &topic, &data))
        return;
    const listener *l = *find(core, topic);
    if (l == NULL)
        return; /* no longer: the node asks somebody else */
    hanse_amop_message message = {.answer = buffer_init(CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES - 1 - CHANNEL_TOPIC_MAX_BYTES)};
    char name[CHANNEL_TOPIC_MAX_BYTES + 1];
    snprintf(name, sizeof name, "%s", l->topic);
    client_callback_begins(core);
    l->arrived(l->context, name, data.size ? data.data : (const void *)"", data.size, &message);
    client_callback_ends(core);
    if (f->type == CHANNEL_AMOP_REQUEST) {
        if (message.answer.overflowed)
            buffer_clear(&message.answer);
        buffer prefix = buffer_init(1 + CHANNEL_TOPIC_MAX_BYTES);
        buffer_append_byte(&prefix, (uint8_t)(1 + topic.size));
        buffer_append(&prefix, topic);
        if (core->transport->waiting_bytes(n) + message.answer.size > CLIENT_OUT_MAX_BYTES)
            client_node_break(n, "it takes answers to messages more slowly than it asks for them: more than %d MiB wait",
                              CLIENT_OUT_MAX_BYTES >> 20); /* f is gone with the connection */
        else
            client_send_frame(n, CHANNEL_AMOP_RESPONSE, &f->seq, 0, buffer_bytes(&prefix), buffer_bytes(&message.answer));
        buffer_free(&prefix);
    }
    buffer_free(&message.answer);
}

/* ---- listening ---- */

static bool check_topic(const hanse_client *c, const char *topic, hanse_error *error)
{
    size_t size = topic ? strlen(topic) : 0;
    if (!c->core->transport->has_pushes)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "AMOP needs the channel port; this client speaks HTTP");
    if (size == 0 || size > CHANNEL_TOPIC_MAX_BYTES)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "a topic has 1 to %d bytes, this one %zu", CHANNEL_TOPIC_MAX_BYTES, size);
    return true;
}

typedef struct {
    hanse_client *client;
    const char *topic;
    hanse_amop_arrived arrived; /* NULL: stop */
    void *context;
    hanse_error *error;
    bool ok;
} topic_change;

static void change_topics(client_core *core, void *argument)
{
    topic_change *c = argument;
    if (core->stopping || c->client->is_closing) {
        c->ok = client_fail(c->error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
        return;
    }
    listener **at = find(core, bytes_of_text(c->topic)), *l = *at;
    c->ok = true;
    if (c->arrived == NULL) {
        if (l)
            remove_listener(core, at);
    } else if (l) {
        l->owner = c->client;
        l->arrived = c->arrived;
        l->context = c->context;
        return;
    } else if (core->listener_count == CLIENT_TOPICS_MAX) {
        c->ok = client_fail(c->error, HANSE_ERROR_LIMIT, 0, "a client listens to at most %d topics", CLIENT_TOPICS_MAX);
        return;
    } else {
        l = memory_new(sizeof *l);
        *l = (listener){.owner = c->client, .topic = memory_copy_text(c->topic), .arrived = c->arrived, .context = c->context};
        *at = l;
        core->listener_count++;
    }
    if (core->amop_home)
        client_send_topics(core->amop_home);
}

static bool change(topic_change *c)
{
    if (!check_topic(c->client, c->topic, c->error))
        return false;
    client_succeed(c->error);
    if (!client_run(c->client->core, change_topics, c))
        return client_fail(c->error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
    return c->ok;
}

bool hanse_amop_listen(hanse_client *client, const char *topic, hanse_amop_arrived arrived, void *context, hanse_error *error)
{
    if (arrived == NULL)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "no callback was given");
    return change(&(topic_change){.client = client, .topic = topic, .arrived = arrived, .context = context, .error = error});
}

bool hanse_amop_stop_listening(hanse_client *client, const char *topic, hanse_error *error)
{
    return change(&(topic_change){.client = client, .topic = topic, .error = error});
}

/* ---- sending ---- */

static const char *result_text(int32_t result)
{
    switch (result) {
    case 100:
        return "no node has a listener of this topic";
    case 102:
        return "the listener did not answer in time";
    case 103:
        return "the node's outgoing bandwidth is used up";
    case 104:
        return "the listener of this topic is gone or did not answer";
    }
    return "the message was not delivered";
}

static bool exchange(hanse_client *client, uint16_t type, const char *topic, bytes data, client_outcome *outcome, hanse_error *error)
{
    if (!check_topic(client, topic, error))
        return false;
    if (data.size > CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES - 1 - CHANNEL_TOPIC_MAX_BYTES)
        return client_fail(error, HANSE_ERROR_LIMIT, 0, "a message of more than 100 MiB");
    client_request *r = client_request_new(client->core, client, type, NULL, NULL);
    buffer_append_byte(&r->body, (uint8_t)(1 + strlen(topic)));
    buffer_append_text(&r->body, topic);
    buffer_append(&r->body, data);
    if (!client_request_wait(r, outcome, error))
        return false;
    if (outcome->result) {
        buffer_free(&outcome->answer);
        return client_fail(error, HANSE_ERROR_RPC, outcome->result, "AMOP %d: %s: %s", outcome->result, topic, result_text(outcome->result));
    }
    client_succeed(error);
    return true;
}

char *hanse_amop_send(hanse_client *client, const char *topic, const void *data, size_t size, size_t *answer_size, hanse_error *error)
{
    client_outcome outcome;
    if (!exchange(client, CHANNEL_AMOP_REQUEST, topic, bytes_of(data, size), &outcome, error))
        return NULL;
    bytes echoed, answer = BYTES_EMPTY;
    if (outcome.answer.size && !channel_topic_body(buffer_bytes(&outcome.answer), &echoed, &answer)) {
        client_fail(error, HANSE_ERROR_PROTOCOL, 0, "the answer to an AMOP message has no topic");
        buffer_free(&outcome.answer);
        return NULL;
    }
    char *copy = memory_new(answer.size + 1);
    if (answer.size)
        memcpy(copy, answer.data, answer.size);
    if (answer_size)
        *answer_size = answer.size;
    buffer_free(&outcome.answer);
    return copy;
}

bool hanse_amop_broadcast(hanse_client *client, const char *topic, const void *data, size_t size, hanse_error *error)
{
    client_outcome outcome;
    bool ok = exchange(client, CHANNEL_AMOP_MULTICAST, topic, bytes_of(data, size), &outcome, error);
    if (ok)
        buffer_free(&outcome.answer);
    return ok;
}
