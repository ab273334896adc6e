/* Private topics: a publisher among our clients is asked to verify the subscribers of another node (spec/network.md 7). */
#include "channel/amop.h"

#include "base/memory.h"
#include "codec/hex.h"
#include "codec/json_read.h"
#include "codec/json_write.h"

#include <stdio.h>
#include <stdlib.h>

#define VERIFY_PREFIX "#!$VerifyChannel_"
#define PUBLISHER_PREFIX "#!$PushChannel_"

typedef struct {
    mail arrival;
    arena memory;
    node_id node;
    size_t count;
    struct {
        const char *topic, *topic_for_cert;
    } *pairs;
} topics_mail;

static void ask_to_verify(channel_door *d, const node_id *node, const char *topic, const char *topic_for_cert)
{
    arena a = {0};
    char *publishers = arena_print(&a, PUBLISHER_PREFIX "%s", topic);
    if (!amop_has_local_client(d, bytes_of_text(publishers), NULL)) {
        arena_reset(&a);
        return;
    }
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    json_writer w = json_write_to(&text);
    json_write_begin_object(&w);
    json_write_key(&w, "nodeId");
    json_write_text(&w, hex_text(&a, BYTES_OF_VALUE(*node)));
    json_write_key(&w, "topic");
    json_write_text(&w, topic);
    json_write_key(&w, "topicForCert");
    json_write_text(&w, topic_for_cert);
    json_write_end_object(&w);
    buffer_append_byte(&text, '\n');
    char counter[CHANNEL_SEQ_BYTES + 1];
    snprintf(counter, sizeof counter, "%032llu", (unsigned long long)++d->next_verification);
    channel_seq seq;
    memcpy(seq.b, counter, sizeof seq.b);
    out_frame *whole = channel_out_frame(CHANNEL_VERIFY_TOPIC, &seq, 0, BYTES_EMPTY, buffer_bytes(&text));
    if (amop_take_room(d, whole->size)) {
        amop_push *p = memory_new(sizeof *p);
        *p = (amop_push){.kind = PUSH_FOR_TOPIC, .frame = amop_copy(bytes_of(whole->data, whole->size)), .seq = seq};
        p->topic = memory_copy_text(publishers);
        amop_push_to_next(d, p);
    }
    free(whole);
    buffer_free(&text);
    arena_reset(&a);
}

static void drop_topics_mail(mail *arrival)
{
    topics_mail *m = (topics_mail *)arrival;
    arena_reset(&m->memory);
    free(m);
}

static void on_topics_mail(channel_door *d, mail *arrival)
{
    topics_mail *m = (topics_mail *)arrival;
    for (size_t i = 0; i < m->count; i++)
        ask_to_verify(d, &m->node, m->pairs[i].topic, m->pairs[i].topic_for_cert);
    drop_topics_mail(arrival);
}

/* The first topic in the peer's list by which the subscriber of a private topic can be reached. */
static const char *find_topic_for_cert(const net_peer *peer, const char *topic)
{
    bytes prefix = BYTES_OF_LITERAL(VERIFY_PREFIX), wanted = bytes_of_text(topic);
    for (size_t i = 0; i < peer->topic_count; i++) {
        bytes text = bytes_of_text(peer->topics[i].text);
        if (bytes_start_with(text, prefix) && bytes_start_with(bytes_from(text, prefix.size), wanted))
            return peer->topics[i].text;
    }
    return NULL;
}

void channel_door_topics(channel_door *d, const net_peer *peer)
{
    size_t verifying = 0;
    for (size_t i = 0; i < peer->topic_count; i++)
        verifying += peer->topics[i].status == NET_VERIFYING;
    if (verifying == 0)
        return;
    topics_mail *m = memory_new(sizeof *m);
    *m = (topics_mail){.arrival = {.link = {.item_bytes = 4096}, .run = on_topics_mail, .drop = drop_topics_mail}, .node = peer->id};
    m->pairs = arena_take_array(&m->memory, verifying, sizeof *m->pairs);
    for (size_t i = 0; i < peer->topic_count; i++) {
        const char *topic_for_cert = peer->topics[i].status == NET_VERIFYING ? find_topic_for_cert(peer, peer->topics[i].text) : NULL;
        if (topic_for_cert == NULL)
            continue;
        m->pairs[m->count].topic = arena_copy_text(&m->memory, bytes_of_text(peer->topics[i].text));
        m->pairs[m->count++].topic_for_cert = arena_copy_text(&m->memory, bytes_of_text(topic_for_cert));
    }
    if (!mailbox_offer(d->mail, &m->arrival))
        drop_topics_mail(&m->arrival); /* the next heartbeat brings it again */
}

void channel_topic_verified(channel_session *s, const channel_frame *f)
{
    channel_door *d = s->door;
    json_t *root = NULL;
    node_id node;
    if (json_read(f->body, CHANNEL_JSON_VALUES, JSON_WIDE_AS_REAL, &root) == JSON_READ_OK && json_is_object(root)) {
        const json_t *result = json_object_get(root, "checkResult");
        const char *id = json_string_value(json_object_get(root, "nodeId"));
        const char *topic = json_string_value(json_object_get(root, "topic"));
        if (json_is_integer(result) && id && topic && hex_read(bytes_of_text(id), node.b, sizeof node.b) && d->backend->net)
            net_set_topic_status(d->backend->net, &node, topic, json_integer_value(result) == 0 ? NET_VERIFY_SUCCESS : NET_VERIFY_FAILED);
    }
    json_decref(root);
}
