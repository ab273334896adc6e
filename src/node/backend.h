/* backend.h: the node's answer to what the doors ask (rpc/backend.h). */
#ifndef HANSE_NODE_BACKEND_H
#define HANSE_NODE_BACKEND_H

#include "node/group_table.h"

#include <pthread.h>

typedef struct {
    group_table *groups;
    net *net;
    const char *config_path;     /* rewritten by addPeers and erasePeers */
    const char *group_config_path; /* folder of group.N.genesis, ends with / */
    pthread_mutex_t config_lock; /* one writer of that file at a time */
} node_backend_context;

/* The functions of a backend on these groups and this network; info is the caller's to set. context outlives it. */
rpc_backend node_backend(node_backend_context *context);

#endif
