/* chain_run.h: the nodes of a chain's directory on this machine: start, stop, look. */
#ifndef HANSE_TOOL_CHAIN_RUN_H
#define HANSE_TOOL_CHAIN_RUN_H

#include "base/arena.h"
#include "base/error_text.h"

#include <sys/types.h>

typedef struct {
    const char *folder;  /* absolute */
    const char *name;    /* node0 */
    unsigned p2p_port, channel_port, rpc_port;
    unsigned ethereum_port; /* 0: none */
    const char *id;      /* of conf/node.nodeid */
    pid_t pid;           /* 0: not running */
} local_node;

typedef struct {
    bool answers;
    bool is_other;       /* what answers on this port is another node */
    long long height, peers, view;
    char block_hash[67], state_root[67];
    bool leader_failed;
} node_look;

/* Every node under chain_folder (nodes/<ip>/node<k>), by name. */
bool chain_find_nodes(arena *a, const char *chain_folder, local_node **nodes, size_t *count, error_text *why) MUST_USE;
/* Starts what does not run; returns when each process exists. Output goes to nohup.out of the node. */
bool chain_start_nodes(local_node *nodes, size_t count, error_text *why) MUST_USE;
/* SIGTERM, and waits until they are gone. */
bool chain_stop_nodes(local_node *nodes, size_t count, unsigned wait_ms, error_text *why) MUST_USE;
/* What the node says of group_id by JSON-RPC. */
node_look chain_look_at(const local_node *node, unsigned group_id);
/* Waits until every node answers, sees all the others, and all have the same head and a working leader. */
bool chain_wait_agreed(const local_node *nodes, size_t count, unsigned group_id, unsigned wait_ms, error_text *why) MUST_USE;
void chain_print_status(const local_node *nodes, size_t count, unsigned group_id);

#endif
