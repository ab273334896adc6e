/* peers.h: the nets of a few nodes of one chain, on loopback, with certificates of their own. Node 0 dials itself and all the
   others. Failures end the test. */
#ifndef HANSE_TESTS_SUPPORT_RPC_PEERS_H
#define HANSE_TESTS_SUPPORT_RPC_PEERS_H

#include "test.h"

#include "net/net.h"

enum { PEERS_MAX = 8 };

typedef struct {
    arena memory;
    size_t count;
    unsigned base_port; /* node i listens on base_port + i */
    struct {
        tls_identity identity;
        node_id id;
        net *net;
    } nodes[PEERS_MAX];
} peers;

/* Certificates of node0, node1, ... of agency "agency". ranks[i]: the place of node i's id among all, ascending; NULL: any. */
peers *peers_make(size_t count, const size_t *ranks);
/* Starts them, the one with the highest number first; handlers may be NULL, or one for each. Waits until node 0 sees all. */
void peers_start(peers *p, const net_handler *handlers);
void peers_stop(peers *p, size_t node); /* one of them; may be stopped already */
void peers_close(peers *p);

#endif
