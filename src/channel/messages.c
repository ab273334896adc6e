/* What a frame of a client means: a row of a table. Handshake, heartbeat and topics are handled here (spec/network.md 10). */
#include "channel/private.h"

#include "base/memory.h"
#include "codec/json_read.h"

#include <stdlib.h>

enum { SMALL_BODY_BYTES = 64 * 1024, MEDIUM_BODY_BYTES = 1024 * 1024, AMOP_BODY_BYTES = CHANNEL_FRAME_MAX_BYTES - CHANNEL_HEADER_BYTES - 16 };

enum { PROTOCOL_MIN = 1, PROTOCOL_MAX = 3, PROTOCOL_JSON = 2 };

/* ---- handshake ---- */

/* An absent member takes the default; anything but a 32-bit integer is wrong. */
static bool read_version(const json_t *root, const char *key, uint32_t *out)
{
    const json_t *value = json_object_get(root, key);
    *out = PROTOCOL_MIN;
    if (value == NULL)
        return true;
    int64_t number = json_integer_value(value);
    *out = (uint32_t)number; /* compared without sign: a negative one is huge (network.md 10.1) */
    return json_is_integer(value) && number >= INT32_MIN && number <= INT32_MAX;
}

static void on_handshake(channel_session *s, const channel_frame *f)
{
    json_t *root = NULL;
    uint32_t min = 0, max = 0;
    bool ok = json_read(f->body, CHANNEL_JSON_VALUES, JSON_WIDE_AS_REAL, &root) == JSON_READ_OK && json_is_object(root) &&
              read_version(root, "minimumSupport", &min) && read_version(root, "maximumSupport", &max);
    const char *client = json_string_value(json_object_get(root, "clientType"));
    if (ok)
        CHANNEL_LOG(s->door, LOG_INFO, "handshake,client=%s,type=%.40s,versions=%u..%u", s->remote, client ? client : "", min, max);
    s->needs_delay = ok && client && strcmp(client, "Go-SDK") == 0;
    s->delays_refusals = s->needs_delay || (ok && client && strcmp(client, "java-sdk") == 0);
    json_decref(root);
    if (!ok)
        return;
    if (min > PROTOCOL_MAX || max < PROTOCOL_MIN) {
        channel_session_close(s, "the client speaks protocol versions %u to %u, this node %d to %d", min, max, PROTOCOL_MIN, PROTOCOL_MAX);
        return;
    }
    s->version = max < PROTOCOL_MAX ? max : PROTOCOL_MAX;
    buffer text = buffer_init(SMALL_BODY_BYTES);
    buffer_print(&text, "{\"nodeVersion\":\"%s\",\"protocol\":%u}\n", s->door->backend->info->supported_version, s->version);
    channel_session_send(s, f->type, &f->seq, f->result, BYTES_EMPTY, buffer_bytes(&text));
    buffer_free(&text);
}

static void on_heartbeat(channel_session *s, const channel_frame *f)
{
    if (s->version >= PROTOCOL_JSON)
        channel_session_send(s, f->type, &f->seq, 0, BYTES_EMPTY, BYTES_OF_LITERAL("{\"heartBeat\":1}\n"));
    else if (bytes_equal_text(f->body, "0"))
        channel_session_send(s, f->type, &f->seq, 0, BYTES_EMPTY, BYTES_OF_LITERAL("1"));
}

/* ---- topics ---- */

/* HARDEN: a topic that cannot be named in a frame, or in the list between nodes, is no topic. */
static bool is_topic(const json_t *value)
{
    const char *text = json_string_value(value);
    size_t size = json_string_length(value);
    return text && size > 0 && size <= CHANNEL_TOPIC_MAX_BYTES && memchr(text, 0, size) == NULL && memchr(text, '\t', size) == NULL;
}

void channel_drop_topics(channel_session *s)
{
    if (s->topic_count)
        s->door->topics_changed = true;
    s->door->topic_count -= s->topic_count;
    free(s->topics_text);
    free(s->topics);
    s->topics_text = NULL;
    s->topics = NULL;
    s->topic_count = 0;
}

static void take_topics(channel_session *s, const json_t *list)
{
    channel_drop_topics(s);
    s->door->topics_changed = true;
    size_t left = CHANNEL_TOPICS_MAX - s->door->topic_count, most = left < CHANNEL_SESSION_TOPICS ? left : CHANNEL_SESSION_TOPICS;
    size_t count = 0, text_bytes = 0, given = json_array_size(list);
    for (size_t i = 0; i < given && count < most; i++)
        if (is_topic(json_array_get(list, i))) {
            count++;
            text_bytes += json_string_length(json_array_get(list, i)) + 1;
        }
    s->door->topic_count += count;
    s->topics_text = memory_new(text_bytes);
    s->topics = memory_new_array(count, sizeof *s->topics);
    char *end = s->topics_text;
    for (size_t i = 0; s->topic_count < count; i++) {
        const json_t *one = json_array_get(list, i);
        if (!is_topic(one))
            continue;
        s->topics[s->topic_count++] = end;
        memcpy(end, json_string_value(one), json_string_length(one) + 1);
        end += json_string_length(one) + 1;
    }
    if (count < given)
        CHANNEL_LOG(s->door, LOG_WARNING, "topics ignored,client=%s,given=%zu,kept=%zu", s->remote, given, count);
}

static void on_topics(channel_session *s, const channel_frame *f)
{
    json_t *root = NULL;
    if (json_read(f->body, CHANNEL_JSON_VALUES, JSON_WIDE_AS_REAL, &root) == JSON_READ_OK && json_is_array(root))
        take_topics(s, root);
    json_decref(root);
}

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The loop wakes up, which is all that it takes. */
static void on_topics_timer(uv_timer_t *timer)
{
    (void)timer;
}

/* The topics of all clients, sorted, each once: what the other nodes learn. */
void channel_publish_topics(channel_door *d)
{
    if (!d->topics_changed || d->stopping)
        return;
    uint64_t now = uv_now(&d->loop), since = now - d->topics_published_ms;
    if (d->topics_published_ms && since < CHANNEL_TOPICS_MS) {
        uv_timer_start(&d->topics_timer, on_topics_timer, CHANNEL_TOPICS_MS - since, 0);
        return;
    }
    d->topics_published_ms = now;
    d->topics_changed = false;
    if (d->backend->net == NULL)
        return;
    size_t total = 0, count = 0;
    for (channel_session *s = d->first; s; s = s->next)
        total += s->topic_count;
    const char **all = memory_new_array(total, sizeof *all);
    for (channel_session *s = d->first; s; s = s->next)
        for (size_t i = 0; i < s->topic_count; i++)
            all[count++] = s->topics[i];
    qsort(all, count, sizeof *all, compare_texts);
    size_t kept = 0;
    for (size_t i = 0; i < count && kept < NET_TOPICS_MAX; i++)
        if (kept == 0 || strcmp(all[kept - 1], all[i]) != 0)
            all[kept++] = all[i];
    net_set_topics(d->backend->net, all, kept);
    free(all);
}

/* ---- the table ---- */

static const struct {
    uint16_t type;
    size_t body_max;
    void (*handle)(channel_session *s, const channel_frame *f);
} kinds[] = {
    {CHANNEL_RPC, RPC_REQUEST_MAX_BYTES, channel_start_call},
    {CHANNEL_HEARTBEAT, SMALL_BODY_BYTES, on_heartbeat},
    {CHANNEL_HANDSHAKE, SMALL_BODY_BYTES, on_handshake},
    {CHANNEL_REGISTER_EVENTS, MEDIUM_BODY_BYTES, channel_register_events},
    {CHANNEL_UNREGISTER_EVENTS, MEDIUM_BODY_BYTES, channel_unregister_events},
    {CHANNEL_AMOP_REQUEST, AMOP_BODY_BYTES, channel_amop_unicast},
    {CHANNEL_AMOP_RESPONSE, AMOP_BODY_BYTES, NULL},
    {CHANNEL_TOPICS, MEDIUM_BODY_BYTES, on_topics},
    {CHANNEL_AMOP_MULTICAST, AMOP_BODY_BYTES, channel_amop_multicast},
    {CHANNEL_VERIFY_TOPIC, SMALL_BODY_BYTES, NULL},
    {CHANNEL_TOPIC_VERIFIED, SMALL_BODY_BYTES, channel_topic_verified},
};

bool channel_is_amop(uint16_t type)
{
    return type == CHANNEL_AMOP_REQUEST || type == CHANNEL_AMOP_RESPONSE || type == CHANNEL_AMOP_MULTICAST;
}

size_t channel_body_limit(uint16_t type)
{
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].type == type)
            return kinds[i].body_max;
    return SMALL_BODY_BYTES;
}

void channel_handle(channel_session *s, const channel_frame *f)
{
    if (channel_is_amop(f->type))
        traffic_count(s->door->traffic, 0, TRAFFIC_AMOP_IN, CHANNEL_HEADER_BYTES + f->body.size);
    if (s->door->stopping || channel_amop_answered(s, f))
        return; /* whatever its type (network.md 8.2) */
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (kinds[i].type == f->type && kinds[i].handle) {
            kinds[i].handle(s, f);
            return;
        }
    CHANNEL_LOG(s->door, LOG_DEBUG, "frame ignored,client=%s,type=0x%x", s->remote, f->type);
}
