/* support_net.h: a throw-away chain of certificates, and nodes that record what happens to them. */
#ifndef HANSE_TESTS_SUPPORT_NET_H
#define HANSE_TESTS_SUPPORT_NET_H

#include "tls/certificates.h"
#include "net/net.h"
#include "test.h"

#include <pthread.h>

typedef struct {
    arena memory;
    certificate_pair root, agency;
} test_chain;

void test_chain_make(test_chain *c);
/* A node of the chain; the identity's texts live as long as the chain. */
tls_identity test_identity(test_chain *c, const char *name, node_id *id);
tls_identity test_identity_of(test_chain *c, const certificate_pair *leaf, const char *chain_text);

typedef struct {
    uint16_t group, module, packet_type;
    uint32_t seq;
    bool is_response;
    node_id from;
    size_t size;
    uint8_t head[64]; /* the first bytes of the payload */
    uint64_t sum;     /* over all of them */
} test_received;

enum { TEST_RECEIVED_MAX = 4096 };

/* A node under test. Counters under lock; test_wait waits for a condition on them. */
typedef struct test_node {
    net *net;
    logger *log;             /* to standard output when HANSE_TEST_LOG is set in the environment */
    node_id id;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned up, down, responses[3], topics_told;
    size_t received;
    uint64_t received_bytes;
    test_received frames[TEST_RECEIVED_MAX]; /* the first ones */
    char last_reason[512], last_topics[1024];
    uint64_t last_ticket;
    bytes last_response;
    uint8_t response_bytes[256];
    bool congested;          /* refuse every frame */
    unsigned refused;
    bool answers;            /* answer AMOP requests with the payload reversed */
    unsigned slow_us;        /* time on_frame takes */
} test_node;

test_node *test_node_new(void);
net_config test_config(tls_identity identity, const char *const *endpoints, size_t count);
bool test_node_start(test_node *t, const net_config *config, error_text *why);
void test_node_stop(test_node *t); /* and frees */

/* Waits up to 20 s until the counter is at least wanted. */
#define test_wait(t, what, wanted)                                                                                          \
    do {                                                                                                                    \
        if (!test_wait_for(t, &(t)->what, sizeof (t)->what, wanted))                                                        \
            fail_msg("%s:%d: %s stays at %llu, wanted %llu", __FILE__, __LINE__, #what,                                     \
                     (unsigned long long)test_counter(t, &(t)->what, sizeof (t)->what), (unsigned long long)(wanted));      \
    } while (0)
bool test_wait_for(test_node *t, const void *counter, size_t size, uint64_t wanted);
uint64_t test_counter(test_node *t, const void *counter, size_t size);
uint64_t test_sum(bytes payload);
const char *test_endpoint(arena *a, const test_node *t); /* 127.0.0.1:port */
void test_sleep_ms(unsigned ms);

#endif
