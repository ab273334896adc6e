/* backend.h: the node's answer to what the doors ask (rpc/backend.h). */
#ifndef HANSE_NODE_BACKEND_H
#define HANSE_NODE_BACKEND_H

#include "node/group_table.h"

/* The functions of a backend on these groups; info and net are the caller's to set. */
rpc_backend node_backend(group_table *groups);

#endif
