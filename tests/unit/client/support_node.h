/* support_node.h: a node made of script: it speaks the channel protocol of a real one and can be told to repeat, omit, cut and lag.
   Its chain is a rule: block n has n % 3 logs, all of transaction 0. One thread for each node, one client at a time. */
#ifndef HANSE_TESTS_CLIENT_SUPPORT_NODE_H
#define HANSE_TESTS_CLIENT_SUPPORT_NODE_H

#include "test.h"

#include "hanse/client.h"

#include <stdint.h>

typedef struct fake_node fake_node;

typedef struct {
    bool omits_block_pushes;
    bool repeats_event_pushes;    /* every push comes twice, and each begins with the block before */
    bool splits_blocks;           /* every log is a push of its own */
    bool ignores_registrations;
    int registration_code;        /* 0: taken */
    bool receipt_comes_first;     /* before the answer to sendRawTransaction */
    bool omits_receipts;
    int refuses_with_status;      /* 0: transactions are taken */
    bool ignores_calls;
    bool is_silent;               /* answers nothing at all, heartbeats neither */
    bool has_group_2;             /* beside group 1 */
    bool ignores_heights;         /* getBlockNumber */
    bool is_national;             /* says that its chain is one of SM2 and SM3 */
    int protocol;                 /* 0: 3 */
    const char *raw_answer;       /* instead of every JSON-RPC answer once introductions are over, or NULL */
} fake_habits;

/* A folder with ca.crt, sdk.crt and sdk.key, and the certificates the nodes use. RSA or EC. */
typedef struct fake_chain fake_chain;
fake_chain *fake_chain_new(bool is_rsa);
const char *fake_chain_folder(const fake_chain *c);
void fake_chain_free(fake_chain *c);

/* port 0: any free one. */
fake_node *fake_node_start(fake_chain *c, unsigned port, int64_t height);
void fake_node_stop(fake_node *n); /* gone at once, as a killed process */
unsigned fake_node_port(const fake_node *n);
void fake_node_set_habits(fake_node *n, fake_habits habits);
void fake_node_set_height(fake_node *n, int64_t height); /* and tells the client */
void fake_node_cut(fake_node *n);                        /* the connection, at once */
void fake_node_cut_in_push(fake_node *n, unsigned pushes); /* in the middle of the event push after so many */
void fake_node_send_raw(fake_node *n, bytes frame);      /* whatever it is */
size_t fake_node_registrations(fake_node *n);
size_t fake_node_transactions(fake_node *n);
size_t fake_node_connections(fake_node *n);
/* The body of the last 0x32 that came. */
void fake_node_topics(fake_node *n, char *out, size_t size);
/* The body of the last 0x31 that came; false: none. */
bool fake_node_amop_answer(fake_node *n, char *out, size_t size);

#define FAKE_LOGS(block) ((size_t)((block) % 3))

/* The condition within 20 s. */
#define WAIT_UNTIL(condition)                                                            \
    do {                                                                                 \
        int patience_ = 4000;                                                            \
        while (!(condition) && --patience_)                                              \
            usleep(5000);                                                                \
        if (!patience_)                                                                  \
            fail_msg("line %d: not within 20 s: %s", __LINE__, #condition);               \
    } while (0)

#endif
