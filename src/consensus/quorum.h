/* quorum.h: the arithmetic of PBFT's sealers, and nothing else. Source: spec/consensus.md 5.1. Any thread. */
#ifndef HANSE_CONSENSUS_QUORUM_H
#define HANSE_CONSENSUS_QUORUM_H

#include <stddef.h>
#include <stdint.h>

/* f: how many of `count` sealers may be faulty. count >= 1. */
static inline size_t quorum_faulty(size_t count)
{
    return (count - 1) / 3;
}

/* q: how many sealers make a quorum. Two quorums share at least one sealer that is not faulty. count >= 1. */
static inline size_t quorum_size(size_t count)
{
    return count - quorum_faulty(count);
}

/* Index of the leader that proposes block `height` (>= 1) in `view`: (view + height - 1) mod count. */
static inline size_t quorum_leader(uint64_t view, uint64_t height, size_t count)
{
    return (size_t)((view % count + (height - 1) % count) % count);
}

#endif
