/* node.h: the process of a node: configuration, identity, threads, groups and doors, started in one order and stopped in the
   other. Threads of a running node (their number does not depend on the number of groups):

     name        number            does
     main        1                 waits for signals, looks for signal files
     net         1                 peers: accept, TLS, frames
     rpc         1                 clients: HTTP
     channel     1                 clients: SDKs
     engine      1                 steps every group's state machines
     worker      cores, at most 4  decoding, signatures, execution, RPC methods
     commit      1                 the disk
   Queues between them: node/engine.h (inbox), net/net.h (outbox), base/worker_pool.h (jobs); their limits stand there. */
#ifndef HANSE_NODE_NODE_H
#define HANSE_NODE_NODE_H

#include "base/error_text.h"

typedef struct node node;

/* Reads the node directory's files (paths relative to the working directory) and starts everything. NULL and a reason that
   names the file, key, address or directory to blame; whatever was started is stopped again. */
node *node_start(const char *config_path, error_text *why) MUST_USE;
void node_stop(node *n);
enum { NODE_TICK_MS = 100 };
/* What goes by the clock: signal files beside the configuration (spec/interfaces.md 5.5), statistics (7.4). Main thread, every NODE_TICK_MS. */
void node_tick(node *n);
/* Groups that run now. */
size_t node_group_count(node *n);

#endif
