/* pbft_filter.h: which sealer has which message already, so that nothing is sent to it twice.
   Source: spec/consensus.md 5.8. The reference keeps 1,024 messages for each node and packet type; here one entry
   stands for one message and all nodes, 1,024 for each packet type: the oldest is forgotten first. */
#ifndef HANSE_CONSENSUS_PBFT_FILTER_H
#define HANSE_CONSENSUS_PBFT_FILTER_H

#include "base/map.h"
#include "consensus/pbft_message.h"

enum { PBFT_FILTER_MESSAGES = 1024 };

typedef struct pbft_filter pbft_filter;

pbft_filter *pbft_filter_new(uint64_t seed) MUST_USE;
void pbft_filter_free(pbft_filter *f);
/* Forgets everything: node indexes have changed, or a committed prepare is replayed (5.11). */
void pbft_filter_clear(pbft_filter *f);
/* The message's identity is its two signatures. idx below HEADER_SEALERS_MAX. */
bool pbft_filter_has(const pbft_filter *f, pbft_kind kind, const pbft_request *message, size_t idx);
void pbft_filter_mark(pbft_filter *f, pbft_kind kind, const pbft_request *message, size_t idx);

#endif
