/* Event subscriptions: each log once and in the chain's order, whatever happens to connections (spec/network.md 11).

   A registration covers a stretch of blocks. Its end is told by the node, and so marks a place before which nothing has to be looked
   for again. When a node is lost, the rest of the stretch is registered at another one, from the block of the log told last on;
   what comes again is known by its place and dropped. */
#include "client/subscription.h"

#include "base/memory.h"
#include "codec/hex.h"
#include "codec/json_write.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#define VERSION_OF_SCAN VERSION_OF(2, 7, 0) /* spec/interfaces.md 4.1: since when nodes have getBatchReceiptsByBlockNumberAndRange */

enum {
    STRETCH_BLOCKS = 1000,      /* of one registration */
    FILTER_VALUES_MAX = 1024,   /* addresses, or values of one topic */
    EMPTY_BLOCK = -40099        /* getBatchReceipts...: no receipt with index 0 */
};

typedef struct client_events_waiter {
    pthread_cond_t done;
    bool is_done;
    hanse_error error;
} waiter;

/* error NULL: it went well. Otherwise the subscription is over before whoever waits hears of it: then the client may go. */
static void tell_waiter(hanse_subscription *s, const hanse_error *error)
{
    waiter *w = s->events.waiter;
    if (w == NULL)
        return;
    s->events.waiter = NULL;
    if (error)
        client_subscription_end(s);
    pthread_mutex_lock(&s->core->lock);
    if (error)
        w->error = *error;
    w->is_done = true;
    pthread_cond_signal(&w->done);
    pthread_mutex_unlock(&s->core->lock);
}

void client_events_free(client_events *e)
{
    json_decref(e->addresses);
    json_decref(e->topics);
}

/* ---- telling ---- */

/* false: the subscription is over. */
static bool tell_log(hanse_subscription *s, const json_t *log, const client_log_place *place)
{
    client_events *e = &s->events;
    if (e->has_last && client_log_place_compare(place, &e->last) <= 0)
        return true; /* told before */
    char *text = client_json_text(log);
    if (text == NULL)
        return true; /* nested too deeply for any log: malformed, as one without a place */
    e->last = *place;
    e->has_last = true;
    client_callback_begins(s->core);
    e->arrived(s->context, text);
    bool goes_on = !s->is_gone;
    client_callback_ends(s->core);
    free(text);
    return goes_on;
}

static void tell_end(hanse_subscription *s)
{
    s->events.state = EVENTS_DONE;
    client_callback_begins(s->core);
    s->events.arrived(s->context, NULL);
    client_callback_ends(s->core);
}

/* Everything up to `block` is told. */
static void pass(hanse_subscription *s, int64_t block)
{
    if (block >= s->events.to)
        tell_end(s);
    else
        s->events.from = block + 1;
}

/* ---- registration ---- */

static void write_filter(const hanse_subscription *s, buffer *out)
{
    const client_events *e = &s->events;
    char number[32];
    buffer_append(out, BYTES_OF_LITERAL("\x01")); /* an empty topic */
    json_writer w = json_write_to(out);
    json_write_begin_object(&w);
    json_write_key(&w, "addresses");
    json_write_value(&w, e->addresses);
    json_write_key(&w, "filterID");
    json_write_text(&w, e->id);
    json_write_key(&w, "fromBlock");
    snprintf(number, sizeof number, "%lld", (long long)(e->has_last && e->last.block > e->from ? e->last.block : e->from));
    json_write_text(&w, number);
    json_write_key(&w, "groupID");
    snprintf(number, sizeof number, "%d", s->group);
    json_write_text(&w, number);
    json_write_key(&w, "toBlock");
    snprintf(number, sizeof number, "%lld", (long long)e->stretch_to);
    json_write_text(&w, number);
    json_write_key(&w, "topics");
    json_write_value(&w, e->topics);
    json_write_end_object(&w);
}

static void on_timer(uv_timer_t *timer)
{
    client_events_go_on(timer->data);
}

static void on_no_height(uv_timer_t *timer)
{
    hanse_subscription *s = timer->data;
    hanse_error error = {0};
    client_fail(&error, HANSE_ERROR_TIMEOUT, 0, "no node told the height of group %d within %u ms", s->group, s->core->timeout_ms);
    tell_waiter(s, &error);
}

static void try_again_later(hanse_subscription *s)
{
    s->events.state = EVENTS_IDLE;
    s->events.node = NULL;
    uv_timer_start(&s->timer, on_timer, s->core->reconnect_ms, 0);
}

static void begin_scan(hanse_subscription *s);

static const char *refusal_text(int code)
{
    switch (code) {
    case -41001:
        return "the node does not take the filter";
    case -41002:
        return "the node does not have the group";
    case -41003:
        return "the node refuses the range of blocks";
    case -41006:
        return "this client may not use the group";
    }
    return "the node refuses the filter";
}

static void on_registered(client_request *r)
{
    hanse_subscription *s = r->context;
    client_events *e = &s->events;
    e->asking = NULL;
    int code = 0;
    hanse_error error = r->error;
    bool is_answer = error.kind == HANSE_OK && client_read_registration(buffer_bytes(&r->answer), &code);
    if (error.kind == HANSE_OK && !is_answer)
        client_fail(&error, HANSE_ERROR_PROTOCOL, 0, "the answer to an event registration is not understood");
    else if (code)
        client_fail(&error, HANSE_ERROR_RPC, code, "%d %s", code, refusal_text(code));
    if (error.kind == HANSE_OK) {
        e->state = EVENTS_LISTENING;
        tell_waiter(s, NULL);
    } else if (e->waiter) {
        tell_waiter(s, &error);
    } else if (code) {
        begin_scan(s);
    } else {
        try_again_later(s);
    }
}

static void do_register(hanse_subscription *s, client_node *n)
{
    client_events *e = &s->events;
    e->stretch_to = e->to - e->from < STRETCH_BLOCKS ? e->to : e->from + STRETCH_BLOCKS - 1;
    e->state = EVENTS_REGISTERING;
    e->node = n;
    channel_seq id = client_new_seq(s->core); /* new each time: what is still pushed for the old one is not taken for this */
    memcpy(e->id, id.b, CLIENT_FILTER_ID_DIGITS);
    client_request *r = client_request_new(s->core, s->owner, CHANNEL_REGISTER_EVENTS, on_registered, s);
    r->at = n;
    write_filter(s, &r->body);
    e->asking = r;
    client_request_start(r);
}

/* Best effort: the node forgets the filter with the connection anyway. */
static void unregister(hanse_subscription *s)
{
    client_events *e = &s->events;
    if (e->node == NULL || e->node->state != NODE_READY || e->id[0] == '\0' || s->core->stopping)
        return;
    buffer body = buffer_init(BUFFER_NO_LIMIT);
    write_filter(s, &body);
    channel_seq seq = client_new_seq(s->core);
    client_send_frame(e->node, CHANNEL_UNREGISTER_EVENTS, &seq, 0, BYTES_EMPTY, buffer_bytes(&body));
    buffer_free(&body);
}

/* ---- pushes ---- */

void client_events_take(hanse_subscription *s, client_node *n, const client_event_push *push)
{
    client_events *e = &s->events;
    if (e->node != n || (e->state != EVENTS_LISTENING && e->state != EVENTS_REGISTERING))
        return;
    size_t i;
    json_t *log;
    client_log_place place;
    json_array_foreach(push->logs, i, log)
    {
        if (client_log_place_of(log, &place) && place.block >= e->from && place.block <= e->stretch_to && !tell_log(s, log, &place))
            return;
    }
    if (push->result != 1)
        return;
    e->state = EVENTS_IDLE;
    e->node = NULL;
    e->id[0] = '\0';
    if (e->asking) { /* the end overtook the answer */
        e->asking->done = client_ignore;
        e->asking = NULL;
        tell_waiter(s, NULL);
    }
    pass(s, e->stretch_to);
    if (!s->is_gone)
        client_events_go_on(s);
}

/* ---- scanning ---- */

static bool has_text(const json_t *array, const char *text)
{
    size_t i;
    json_t *one;
    json_array_foreach(array, i, one)
    {
        if (strcmp(json_string_value(one), text) == 0)
            return true;
    }
    return false;
}

static bool matches(const client_events *e, const json_t *log)
{
    const char *from = json_string_value(json_object_get(log, "address"));
    const json_t *topics = json_object_get(log, "topics");
    if (from == NULL || !json_is_array(topics) || (json_array_size(e->addresses) && !has_text(e->addresses, from)))
        return false;
    for (size_t i = 0; i < json_array_size(e->topics); i++) {
        const json_t *wanted = json_array_get(e->topics, i);
        const char *topic = json_string_value(json_array_get(topics, i));
        if (!json_is_null(wanted) && (topic == NULL || !has_text(wanted, topic)))
            return false;
    }
    return true;
}

/* As it would have been pushed. */
static json_t *whole_log(const json_t *log, int64_t block, const json_t *block_hash, const json_t *receipt, size_t index)
{
    char number[32], place[32];
    snprintf(number, sizeof number, "%lld", (long long)block);
    snprintf(place, sizeof place, "0x%zx", index);
    json_t *whole = json_object();
    json_object_set(whole, "address", json_object_get(log, "address"));
    json_object_set(whole, "blockHash", (json_t *)block_hash);
    json_object_set_new(whole, "blockNumber", json_string(number));
    json_object_set(whole, "data", json_object_get(log, "data"));
    json_object_set_new(whole, "logIndex", json_string(place));
    json_object_set(whole, "topics", json_object_get(log, "topics"));
    json_object_set(whole, "transactionHash", json_object_get(receipt, "transactionHash"));
    json_object_set(whole, "transactionIndex", json_object_get(receipt, "transactionIndex"));
    return whole;
}

/* false: the subscription is over. */
static bool tell_receipt(hanse_subscription *s, int64_t block, const json_t *block_hash, const json_t *receipt)
{
    size_t i;
    json_t *log;
    bool goes_on = true;
    json_array_foreach(json_object_get(receipt, "logs"), i, log)
    {
        client_log_place place;
        if (!goes_on || !matches(&s->events, log))
            continue;
        json_t *whole = whole_log(log, block, block_hash, receipt, i);
        goes_on = !client_log_place_of(whole, &place) || tell_log(s, whole, &place);
        json_decref(whole);
    }
    return goes_on;
}

static void tell_block(hanse_subscription *s, const json_t *result)
{
    const json_t *hash = json_object_get(json_object_get(result, "blockInfo"), "blockHash");
    int64_t block = s->events.from;
    size_t i;
    json_t *receipt;
    json_array_foreach(json_object_get(result, "transactionReceipts"), i, receipt)
    {
        if (!tell_receipt(s, block, hash, receipt))
            return;
    }
    pass(s, block);
}

static void on_scanned(client_request *r)
{
    hanse_subscription *s = r->context;
    s->events.asking = NULL;
    hanse_error error;
    json_t *result = client_rpc_result(r, &error);
    client_callback_begins(s->core);
    if (result)
        tell_block(s, result);
    else if (error.kind == HANSE_ERROR_RPC && error.rpc_code == EMPTY_BLOCK)
        pass(s, s->events.from);
    else
        try_again_later(s);
    if (!s->is_gone && s->events.state == EVENTS_SCANNING)
        client_events_go_on(s);
    client_callback_ends(s->core);
    json_decref(result);
}

static void scan_next(hanse_subscription *s)
{
    client_events *e = &s->events;
    client_node *n = client_node_choose(s->core, s->group);
    if (e->asking || n == NULL || client_node_height(n, s->group) < e->from)
        return;
    char number[32];
    snprintf(number, sizeof number, "0x%llx", (unsigned long long)e->from);
    client_request *r = client_rpc_request(s->core, s->owner, "getBatchReceiptsByBlockNumberAndRange",
                                           json_pack("[i,s,s,s,b]", s->group, number, "0", "-1", 0), on_scanned, s);
    r->at = n;
    e->asking = r;
    client_request_start(r);
}

static void begin_scan(hanse_subscription *s)
{
    client_events *e = &s->events;
    e->state = EVENTS_SCANNING;
    e->node = NULL;
    e->id[0] = '\0';
    scan_next(s);
}

/* ---- going on ---- */

void client_events_go_on(hanse_subscription *s)
{
    client_events *e = &s->events;
    if (s->is_gone || e->state == EVENTS_DONE)
        return;
    client_node *n = client_node_choose(s->core, s->group);
    if (e->from < 0) {
        int64_t height = n ? client_node_height(n, s->group) : -1;
        if (height < 0)
            return;
        e->from = height + 1;
    }
    if (e->state == EVENTS_IDLE && n) {
        uv_timer_stop(&s->timer);
        if (s->core->transport->has_pushes)
            do_register(s, n);
        else
            begin_scan(s);
    } else if (e->state == EVENTS_SCANNING) {
        scan_next(s);
    }
}

/* The request that was under way ended with the connection: on_registered and on_scanned try again later. */
void client_events_lose(hanse_subscription *s, const client_node *n)
{
    client_events *e = &s->events;
    if (e->node != n)
        return;
    if (e->state == EVENTS_LISTENING || e->state == EVENTS_REGISTERING)
        e->state = EVENTS_IDLE;
    e->node = NULL;
    e->id[0] = '\0';
}

void client_events_end(hanse_subscription *s)
{
    client_events *e = &s->events;
    hanse_error error = {0};
    if (e->asking)
        e->asking->done = client_ignore;
    e->asking = NULL;
    unregister(s);
    client_fail(&error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
    tell_waiter(s, &error);
}

/* ---- subscribing ---- */

/* "0x" and `digits` digits in lower case. */
static bool append_hex(json_t *array, const char *text, size_t digits)
{
    char lower[80];
    const char *plain = text && text[0] == '0' && (text[1] == 'x' || text[1] == 'X') ? text + 2 : text;
    if (plain == NULL || strlen(plain) != digits)
        return false;
    snprintf(lower, sizeof lower, "0x%s", plain);
    for (size_t i = 2; i < digits + 2; i++) {
        if (hex_digit(lower[i]) < 0)
            return false;
        lower[i] = (char)tolower((unsigned char)lower[i]);
    }
    json_array_append_new(array, json_string(lower));
    return true;
}

static json_t *hex_array(const char *const *texts, size_t count, size_t digits, const char *what, hanse_error *error)
{
    if (count > FILTER_VALUES_MAX) {
        client_fail(error, HANSE_ERROR_LIMIT, 0, "an event filter has at most %d %ss", FILTER_VALUES_MAX, what);
        return NULL;
    }
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++)
        if (!append_hex(array, texts[i], digits)) {
            client_fail(error, HANSE_ERROR_USAGE, 0, "%.100s: an %s is 0x and %zu hex digits", texts[i] ? texts[i] : "(none)", what, digits);
            json_decref(array);
            return NULL;
        }
    return array;
}

static bool read_filter(const hanse_event_filter *f, client_events *e, hanse_error *error)
{
    *e = (client_events){.from = f->from_block < 0 ? -1 : f->from_block, .to = f->to_block < 0 ? INT64_MAX : f->to_block};
    if (e->to < e->from)
        return client_fail(error, HANSE_ERROR_USAGE, 0, "block %lld comes after block %lld", (long long)e->from, (long long)e->to);
    e->addresses = hex_array(f->addresses, f->address_count, 40, "address", error);
    e->topics = json_array();
    bool ok = e->addresses != NULL;
    size_t used = CLIENT_TOPICS;
    while (used && f->topic_count[used - 1] == 0)
        used--;
    for (size_t i = 0; ok && i < used; i++) {
        json_t *values = f->topic_count[i] ? hex_array(f->topics[i], f->topic_count[i], 64, "event topic", error) : json_null();
        ok = values != NULL;
        if (ok)
            json_array_append_new(e->topics, values);
    }
    return ok;
}

typedef struct {
    hanse_client *client;
    client_events events;
    void *context;
    hanse_error *error;
    hanse_subscription *made;
} new_events;

static void subscribe(client_core *core, void *argument)
{
    new_events *wanted = argument;
    const client_node *n = client_node_choose(core, wanted->client->group);
    bool can_scan = core->transport->has_pushes || n == NULL || n->release == 0 || n->release >= VERSION_OF_SCAN;
    hanse_subscription *s = can_scan ? client_subscription_new(wanted->client, wanted->context, wanted->error) : NULL;
    wanted->made = s;
    if (!can_scan)
        client_fail(wanted->error, HANSE_ERROR_USAGE, 0,
                    "%s is older than 2.7.0 and has no getBatchReceiptsByBlockNumberAndRange: follow events over the channel port", n->name);
    if (s == NULL) {
        client_events_free(&wanted->events);
        return;
    }
    s->events = wanted->events;
    client_callback_begins(core);
    client_events_go_on(s);
    if (!core->transport->has_pushes) {
        tell_waiter(s, NULL);
    } else if (s->events.waiter && s->events.asking == NULL) { /* nothing is under way whose end could be told */
        if (n && client_node_has_group(n, s->group) && s->events.from < 0) {
            uv_timer_start(&s->timer, on_no_height, core->timeout_ms, 0); /* until the height comes, or not */
        } else {
            hanse_error error = {0};
            client_fail(&error, HANSE_ERROR_CONNECTION, 0, "no connected node has group %d", s->group);
            tell_waiter(s, &error);
        }
    }
    client_callback_ends(core);
}

hanse_subscription *hanse_events_subscribe(hanse_client *client, const hanse_event_filter *filter, hanse_event_arrived arrived, void *context,
                                           hanse_error *error)
{
    client_core *core = client->core;
    new_events wanted = {.client = client, .context = context, .error = error};
    if (!read_filter(filter, &wanted.events, error)) {
        client_events_free(&wanted.events);
        return NULL;
    }
    client_succeed(error);
    wanted.events.arrived = arrived;
    waiter w = {.is_done = false};
    bool waits = !client_is_loop(core);
    if (waits) {
        pthread_cond_init(&w.done, NULL);
        wanted.events.waiter = &w;
    }
    if (!waits) {
        client_run(core, subscribe, &wanted);
        return wanted.made;
    }
    client_wait_begins(core);
    if (!client_run(core, subscribe, &wanted)) {
        client_fail(error, HANSE_ERROR_CONNECTION, 0, "the client is being closed");
        client_events_free(&wanted.events);
    }
    client_wait_ends(core, &w.done, wanted.made ? &w.is_done : &(bool){true});
    pthread_cond_destroy(&w.done);
    if (wanted.made == NULL || w.error.kind == HANSE_OK)
        return wanted.made;
    if (error)
        *error = w.error;
    return NULL; /* the subscription ended on the loop */
}
