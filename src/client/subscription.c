#include "client/subscription.h"

#include "base/memory.h"

#include <stdlib.h>

enum { BLOCKS_A_TURN = 256 }; /* told to one subscription before the loop looks after its connections again */

/* ---- the list ---- */

hanse_subscription *client_subscription_new(hanse_client *owner, void *context, hanse_error *error)
{
    client_core *core = owner->core;
    if (core->stopping || owner->is_closing) {
        client_fail(error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
        return NULL;
    }
    if (core->subscription_count == CLIENT_SUBSCRIPTIONS_MAX) {
        client_fail(error, HANSE_ERROR_LIMIT, 0, "a client has at most %d subscriptions", CLIENT_SUBSCRIPTIONS_MAX);
        return NULL;
    }
    hanse_subscription *s = memory_new(sizeof *s);
    *s = (hanse_subscription){.next = core->subscriptions, .core = core, .owner = owner, .group = owner->group, .context = context};
    uv_timer_init(&core->loop, &s->timer);
    s->timer.data = s;
    core->subscriptions = s;
    core->subscription_count++;
    return s;
}

static void on_closed(uv_handle_t *timer)
{
    hanse_subscription *s = timer->data;
    client_events_free(&s->events);
    free(s);
}

static void sweep(client_core *core)
{
    for (hanse_subscription **at = &core->subscriptions; *at;) {
        hanse_subscription *s = *at;
        if (!s->is_gone) {
            at = &s->next;
            continue;
        }
        *at = s->next;
        core->subscription_count--;
        uv_close((uv_handle_t *)&s->timer, on_closed);
    }
}

void client_callback_begins(client_core *core)
{
    core->callbacks++;
}

void client_callback_ends(client_core *core)
{
    if (--core->callbacks == 0)
        sweep(core);
}

void client_subscription_end(hanse_subscription *s)
{
    if (s->is_gone)
        return;
    s->is_gone = true;
    uv_timer_stop(&s->timer);
    if (s->block_arrived == NULL)
        client_events_end(s);
    if (s->core->callbacks == 0)
        sweep(s->core);
}

void client_subscriptions_drop(client_core *core, const hanse_client *owner)
{
    client_callback_begins(core);
    for (hanse_subscription *s = core->subscriptions; s; s = s->next)
        if (owner == NULL || s->owner == owner)
            client_subscription_end(s);
    client_amop_drop(core, owner);
    client_callback_ends(core);
}

static void end_one(client_core *core, void *subscription)
{
    (void)core;
    client_subscription_end(subscription);
}

void hanse_unsubscribe(hanse_subscription *subscription)
{
    if (subscription)
        client_run(subscription->core, end_one, subscription);
}

/* ---- blocks ---- */

static void tell_blocks(hanse_subscription *s)
{
    client_core *core = s->core;
    const client_node *n = client_node_choose(core, s->group);
    int64_t height = n ? client_node_height(n, s->group) : -1; /* of whom requests are asked: what is told can be read there */
    if (height >= 0 && s->next_block < 0)
        s->next_block = height + 1;
    client_callback_begins(core);
    for (int told = 0; !s->is_gone && s->next_block >= 0 && s->next_block <= height; told++) {
        if (told == BLOCKS_A_TURN) {
            uv_timer_start(&core->pump, client_on_pump, 0, 0);
            break;
        }
        s->block_arrived(s->context, s->next_block++);
    }
    client_callback_ends(core);
}

/* group 0: all of them. */
static void go_on(client_core *core, int group)
{
    client_callback_begins(core);
    for (hanse_subscription *s = core->subscriptions; s; s = s->next) {
        if (s->is_gone || (group && s->group != group))
            continue;
        if (s->block_arrived)
            tell_blocks(s);
        else
            client_events_go_on(s);
    }
    client_callback_ends(core);
}

void client_on_pump(uv_timer_t *timer)
{
    go_on(timer->data, 0);
}

typedef struct {
    hanse_client *client;
    int64_t from;
    hanse_block_arrived arrived;
    void *context;
    hanse_error *error;
    hanse_subscription *made;
} new_blocks;

static void subscribe_blocks(client_core *core, void *argument)
{
    new_blocks *b = argument;
    hanse_subscription *s = client_subscription_new(b->client, b->context, b->error);
    b->made = s;
    if (s == NULL)
        return;
    s->block_arrived = b->arrived;
    s->next_block = b->from < 0 ? -1 : b->from;
    if (s->next_block < 0) {
        const client_node *n = client_node_choose(core, s->group);
        int64_t height = n ? client_node_height(n, s->group) : -1;
        s->next_block = height < 0 ? -1 : height + 1;
    }
    uv_timer_start(&core->pump, client_on_pump, 0, 0);
}

hanse_subscription *hanse_blocks_subscribe(hanse_client *client, int64_t from, hanse_block_arrived arrived, void *context, hanse_error *error)
{
    client_succeed(error);
    new_blocks b = {.client = client, .from = from, .arrived = arrived, .context = context, .error = error};
    if (!client_run(client->core, subscribe_blocks, &b))
        client_fail(error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
    return b.made;
}

/* ---- what nodes do ---- */

void client_on_height(client_core *core, int group)
{
    go_on(core, group);
}

void client_on_node_ready(client_node *n)
{
    client_amop_node_ready(n);
    if (n->core->transport->has_pushes)
        client_send_topics(n);
    go_on(n->core, 0);
}

void client_on_node_lost(client_node *n)
{
    client_core *core = n->core;
    client_amop_node_lost(n);
    client_callback_begins(core);
    for (hanse_subscription *s = core->subscriptions; s; s = s->next)
        if (!s->is_gone && s->block_arrived == NULL)
            client_events_lose(s, n);
    client_callback_ends(core);
    go_on(core, 0);
}

void client_on_event_push(client_node *n, const channel_frame *f)
{
    client_core *core = n->core;
    client_event_push push;
    if (!client_read_event_push(f->body, &push))
        return;
    client_callback_begins(core);
    for (hanse_subscription *s = core->subscriptions; s; s = s->next)
        if (!s->is_gone && s->block_arrived == NULL && strcmp(s->events.id, push.id) == 0) {
            client_events_take(s, n, &push);
            break;
        }
    client_callback_ends(core);
    json_decref(push.root);
}
