#include "client/burst.h"

#include "client/inside.h"

#include <stdio.h>

typedef struct {
    hanse_client *client;
    client_burst *burst;
    size_t window, begun, ended, next_node;
    bool is_beginning;
    pthread_cond_t done;
    bool is_done; /* guarded by the core's lock */
} burst_state;

static bool is_refusal(bytes answer)
{
    static const char word[] = "\"error\"";
    return answer.size == 0 || memmem(answer.data, answer.size, word, sizeof word - 1) != NULL;
}

static void note_refusal(client_burst *b, const client_request *r)
{
    if (b->refused++)
        return;
    if (r->error.kind != HANSE_OK)
        snprintf(b->first_refusal, sizeof b->first_refusal, "%.500s", r->error.text);
    else
        snprintf(b->first_refusal, sizeof b->first_refusal, "%.*s", (int)(r->answer.size < 500 ? r->answer.size : 500),
                 r->answer.size ? (const char *)r->answer.data : "");
}

static void keep_window_full(burst_state *s);

static void on_answer(client_request *r)
{
    burst_state *s = r->context;
    if (r->error.kind != HANSE_OK || is_refusal(buffer_bytes(&r->answer)))
        note_refusal(s->burst, r);
    s->ended++;
    keep_window_full(s);
}

static void begin_one(burst_state *s)
{
    client_core *core = s->client->core;
    client_request *r = client_request_new(core, s->client, CHANNEL_RPC, on_answer, s);
    buffer_append_text(&r->body, s->burst->bodies[s->begun++]);
    for (size_t i = 0; i < core->node_count && r->at == NULL; i++) { /* in turn, without those that are not connected */
        client_node *n = &core->nodes[s->next_node++ % core->node_count];
        r->at = n->state == NODE_READY ? n : NULL;
    }
    client_request_start(r);
}

/* A request that fails at once comes back here through on_answer; the loop that began it goes on. */
static void keep_window_full(burst_state *s)
{
    if (s->is_beginning)
        return;
    s->is_beginning = true;
    while (s->begun < s->burst->count && s->begun - s->ended < s->window)
        begin_one(s);
    s->is_beginning = false;
    if (s->ended < s->burst->count)
        return;
    pthread_mutex_lock(&s->client->core->lock);
    s->is_done = true;
    pthread_cond_signal(&s->done);
    pthread_mutex_unlock(&s->client->core->lock);
}

static void begin(client_core *core, void *argument)
{
    burst_state *s = argument;
    core->lines_max = s->window;
    keep_window_full(s);
}

void client_burst_run(hanse_client *client, client_burst *burst)
{
    client_core *core = client->core;
    burst_state s = {.client = client, .burst = burst};
    s.window = burst->window < CLIENT_BURST_WINDOW_MAX ? burst->window : CLIENT_BURST_WINDOW_MAX;
    pthread_cond_init(&s.done, NULL);
    client_wait_begins(core);
    client_run(core, begin, &s);
    client_wait_ends(core, &s.done, &s.is_done);
    pthread_cond_destroy(&s.done);
}
