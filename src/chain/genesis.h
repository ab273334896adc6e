/* genesis.h: the values of a group's genesis file, the genesis mark and block 0. Source: spec/data-model.md 8.7. */
#ifndef HANSE_CHAIN_GENESIS_H
#define HANSE_CHAIN_GENESIS_H

#include "base/ini.h"
#include "chain/block.h"

typedef enum { CONSENSUS_PBFT, CONSENSUS_RPBFT, CONSENSUS_RAFT } consensus_kind;

typedef struct genesis {
    int32_t group_id;
    int64_t timestamp_ms;
    consensus_kind consensus;
    char consensus_text[16];   /* as written in the file: part of the mark */
    char state_text[16];
    char storage_text[16];     /* storage.type: read and marked below rc3 only */
    int64_t max_trans_num, gas_limit, consensus_timeout_s;
    int64_t epoch_sealer_num, epoch_block_num;
    int64_t min_elect_time_ms, max_elect_time_ms; /* raft only */
    bool free_storage;
    node_id *sealers;          /* in the order that counts: sorted from 2.9.0 on, else file order */
    size_t sealer_count;
} genesis;

/* Reads group.N.genesis (spec/interfaces.md 5.3): defaults, bounds, and the sealers in the order that counts; of the rules only the
   version is looked at. The array lives in a. What cannot be read is refused with file, line and key (HARDEN). A state.type that is
   neither storage nor mpt is kept in the mark and means storage. */
bool genesis_read(const chain_rules *rules, const ini *file, arena *a, genesis *out, error_text *why) MUST_USE;
/* The files that fix a chain's bytes, read already. */
typedef struct {
    const ini *config;       /* config.ini: chain.id, chain.sm_crypto, compatibility.supported_version */
    const ini *group;        /* group.N.ini: tx_execute.enable_parallel; may be NULL */
    const ini *genesis;      /* group.N.genesis */
    bool has_national_key;   /* conf/gmnode.key exists: selects the suite below 2.5.0 (data-model.md 1.1) */
} chain_files;

/* Everything that those files say about the bytes of the chain. A state other than storage is never executed in parallel. */
bool genesis_read_chain(const chain_files *files, arena *a, chain_rules *rules, genesis *g, error_text *why) MUST_USE;
state_kind genesis_state_kind(const genesis *g);

/* The mark that block 0 carries in extraData. */
char *genesis_mark(const chain_rules *rules, const genesis *g, arena *a);
block *genesis_block(const chain_rules *rules, const genesis *g) MUST_USE;
int node_id_compare(const void *a, const void *b); /* for qsort: ascending bytewise */

#endif
