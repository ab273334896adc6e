#include "support_net.h"

#include "base/memory.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

void test_chain_make(test_chain *c)
{
    error_text why;
    *c = (test_chain){0};
    assert_true(certificate_make_chain(&c->memory, CERTIFICATE_DAYS_USUAL, &c->root, &why));
    assert_true(certificate_make_agency(&c->memory, &c->root, "agency", CERTIFICATE_DAYS_USUAL, &c->agency, &why));
}

tls_identity test_identity_of(test_chain *c, const certificate_pair *leaf, const char *chain_text)
{
    return (tls_identity){.key = {"conf/node.key", bytes_of_text(leaf->key)},
                          .certificate = {"conf/node.crt", bytes_of_text(chain_text)},
                          .authorities = {"conf/ca.crt", bytes_of_text(c->root.certificate)}};
}

tls_identity test_identity(test_chain *c, const char *name, node_id *id)
{
    error_text why;
    certificate_pair leaf;
    assert_true(certificate_make_leaf(&c->memory, &c->agency, CERTIFICATE_NODE, name, CERTIFICATE_DAYS_USUAL, &leaf, &why));
    if (id)
        *id = leaf.id;
    return test_identity_of(c, &leaf, certificate_chain_text(&c->memory, &leaf, &c->agency, &c->root));
}

uint64_t test_sum(bytes payload)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < payload.size; i++)
        sum = sum * 31 + payload.data[i];
    return sum;
}

static net_verdict on_frame(void *context, const net_frame *f)
{
    test_node *t = context;
    pthread_mutex_lock(&t->lock);
    unsigned slow_us = t->slow_us;
    if (t->congested) {
        t->refused++;
        pthread_cond_broadcast(&t->changed);
        pthread_mutex_unlock(&t->lock);
        return NET_CONGESTED;
    }
    if (t->received < TEST_RECEIVED_MAX) {
        test_received *r = &t->frames[t->received];
        *r = (test_received){.group = f->group,
                             .module = f->module,
                             .packet_type = f->packet_type,
                             .seq = f->seq,
                             .is_response = f->is_response,
                             .from = f->from,
                             .size = f->payload.size,
                             .sum = test_sum(f->payload)};
        if (f->payload.size)
            memcpy(r->head, f->payload.data, f->payload.size < sizeof r->head ? f->payload.size : sizeof r->head);
    }
    t->received++;
    t->received_bytes += f->payload.size;
    bool answers = t->answers && !f->is_response;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
    if (answers) {
        uint8_t turned[256];
        for (size_t i = 0; i < f->payload.size; i++)
            turned[i] = f->payload.data[f->payload.size - 1 - i];
        assert_int_equal(net_answer(t->net, &f->from, f->group, f->module, f->packet_type, f->seq, bytes_of(turned, f->payload.size)),
                         NET_SEND_OK);
    }
    if (slow_us)
        usleep(slow_us);
    return NET_TAKEN;
}

static void on_up(void *context, const net_peer *peer)
{
    (void)peer;
    test_node *t = context;
    pthread_mutex_lock(&t->lock);
    t->up++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void on_down(void *context, const node_id *node, const char *reason)
{
    (void)node;
    test_node *t = context;
    pthread_mutex_lock(&t->lock);
    t->down++;
    snprintf(t->last_reason, sizeof t->last_reason, "%s", reason);
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void on_response(void *context, uint64_t ticket, net_response result, const node_id *from, bytes payload)
{
    (void)from;
    test_node *t = context;
    pthread_mutex_lock(&t->lock);
    t->responses[result]++;
    t->last_ticket = ticket;
    size_t size = payload.size < sizeof t->response_bytes ? payload.size : sizeof t->response_bytes;
    if (size)
        memcpy(t->response_bytes, payload.data, size);
    t->last_response = bytes_of(t->response_bytes, size);
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

static void on_topics(void *context, const net_peer *peer)
{
    test_node *t = context;
    pthread_mutex_lock(&t->lock);
    size_t used = 0;
    t->last_topics[0] = 0;
    for (size_t i = 0; i < peer->topic_count && used < sizeof t->last_topics; i++)
        used += (size_t)snprintf(t->last_topics + used, sizeof t->last_topics - used, "%s=%d ", peer->topics[i].text,
                                 peer->topics[i].status);
    t->topics_told++;
    pthread_cond_broadcast(&t->changed);
    pthread_mutex_unlock(&t->lock);
}

test_node *test_node_new(void)
{
    test_node *t = memory_new(sizeof *t);
    pthread_mutex_init(&t->lock, NULL);
    pthread_cond_init(&t->changed, NULL);
    return t;
}

net_config test_config(tls_identity identity, const char *const *endpoints, size_t count)
{
    return (net_config){.listen_ip = "127.0.0.1", .identity = identity, .endpoints = endpoints, .endpoint_count = count};
}

bool test_node_start(test_node *t, const net_config *config, error_text *why)
{
    net_handler handler = {.context = t,
                           .on_frame = on_frame,
                           .on_session_up = on_up,
                           .on_session_down = on_down,
                           .on_response = on_response,
                           .on_topics = on_topics};
    net_config mine = *config;
    log_config console = {.enabled = true, .to_console = true, .level = LOG_DEBUG};
    if (getenv("HANSE_TEST_LOG"))
        mine.log = t->log = log_open(&console, why);
    t->net = net_start(&mine, &handler, why);
    if (t->net)
        t->id = net_self(t->net)->id;
    return t->net != NULL;
}

void test_node_stop(test_node *t)
{
    net_stop(t->net);
    log_close(t->log);
    pthread_mutex_destroy(&t->lock);
    pthread_cond_destroy(&t->changed);
    free(t);
}

static uint64_t counter_value(const void *counter, size_t size)
{
    return size == sizeof(uint64_t) ? *(const uint64_t *)counter : *(const unsigned *)counter;
}

uint64_t test_counter(test_node *t, const void *counter, size_t size)
{
    pthread_mutex_lock(&t->lock);
    uint64_t value = counter_value(counter, size);
    pthread_mutex_unlock(&t->lock);
    return value;
}

bool test_wait_for(test_node *t, const void *counter, size_t size, uint64_t wanted)
{
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += 20;
    pthread_mutex_lock(&t->lock);
    int failed = 0;
    while (counter_value(counter, size) < wanted && !failed)
        failed = pthread_cond_timedwait(&t->changed, &t->lock, &until);
    bool reached = counter_value(counter, size) >= wanted;
    pthread_mutex_unlock(&t->lock);
    return reached;
}

const char *test_endpoint(arena *a, const test_node *t)
{
    return arena_print(a, "127.0.0.1:%u", net_port(t->net));
}

void test_sleep_ms(unsigned ms)
{
    usleep(ms * 1000);
}
