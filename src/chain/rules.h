/* rules.h: everything a chain's bytes depend on, as one value that never changes while a group runs, and the version gates of
   the protocol as one table. Source: spec/data-model.md section 0, spec/execution.md section 13. */
#ifndef HANSE_CHAIN_RULES_H
#define HANSE_CHAIN_RULES_H

#include "base/error_text.h"
#include "crypto/suite.h"

#define VERSION_OF(major, minor, patch) ((uint32_t)(major) << 24 | (uint32_t)(minor) << 16 | (uint32_t)(patch) << 8)

enum { VERSION_RC1 = 1, VERSION_RC2 = 2, VERSION_RC3 = 3 };
#define VERSION_NEWEST VERSION_OF(2, 11, 2) /* the largest supported_version that a configuration may name */

typedef enum { STATE_STORAGE, STATE_MPT } state_kind;
typedef enum { GAS_NORMAL, GAS_FREE_STORAGE } gas_schedule;

typedef struct chain_rules {
    const crypto_suite *suite;
    uint32_t version;        /* compatibility.supported_version as a number */
    bool enable_parallel;    /* tx_execute.enable_parallel as configured: fixes bytes below 2.5, never how hanse works */
    gas_schedule gas;
    state_kind state;
    uint64_t chain_id;
    int32_t group_id;        /* 1..32767 */
    bool reconfirm_committee; /* storage.enable_reconfirm_committee of the group file (precompiled.md 6.2): default false */
} chain_rules;

/* A gate is a behaviour that begins with a version. rules.c holds the table; code asks rules_have(). */
typedef enum {
    GATE_RC2_ENCODING,           /* chainId, groupId, extraData in transactions; new block layout */
    GATE_STATUS_BYTE,            /* rc3: _status_ is a trailing byte of a hashed row */
    GATE_NEGATIVE_CODES,         /* rc3: error codes of built-in contracts are negative */
    GATE_SIGNED_ENTRIES,         /* rc3: Entry.set takes an int256 */
    GATE_TABLE_NAME_50,          /* > 2.1.0: a user table's name has at most 50 bytes, before 64 */
    GATE_TX_GAS_IS_NO_LIMIT,     /* > rc3 */
    GATE_LARGE_CODE,             /* 2.0.1: code size 0x40000 */
    GATE_LIMIT_WIDE,             /* 2.1.0: the end of a limit is summed without 32-bit overflow */
    GATE_MERKLE_16,              /* 2.2.0: width-16 roots and proofs */
    GATE_RAW_BLOCK_ROWS,         /* 2.2.0: block and nonce rows as raw bytes */
    GATE_SHORT_TABLE_NAMES,      /* 2.2.0: c_, u_, cp_ */
    GATE_ENTRY_ID_BASE,          /* 2.2.0: row ids start at 100001 */
    GATE_DIRTY_ROWS_FIRST,       /* 2.2.0 */
    GATE_RECEIPT_STATE_ROOT,     /* 2.2.0: also in serial mode */
    GATE_GROUP_MANAGEMENT,       /* 2.2.0 */
    GATE_NETWORK_OPTIMIZATION,   /* 2.2.0: defaults of ttl optimisation, txsHash prepares, trees */
    GATE_AUTHORITY_ROWS,         /* 2.3.0 */
    GATE_ERROR_OUTPUT,           /* 2.3.0: Error(string) texts in receipts */
    GATE_LIFE_CYCLE,             /* 2.3.0: 0x1007 */
    GATE_KV_TABLE,               /* 2.3.0: 0x1010 */
    GATE_CONDITION_NE,           /* 2.3.0 */
    GATE_EVM_FLAGS,              /* 2.4.0: in the genesis mark; free storage */
    GATE_PRECOMPILED_GAS,        /* 2.4.0 */
    GATE_ETH_STANDARD_HASHES,    /* 2.4.0: ecrecover is ECDSA and 0x2 is SHA-256 on national chains too */
    GATE_TABLE_HASH_IS_H,        /* > 2.4.0 */
    GATE_CHAIN_SM_CRYPTO,        /* 2.5.0: chain.sm_crypto */
    GATE_RAW_CODE_ROWS,          /* 2.5.0 */
    GATE_ONLY_DIRTY_TABLES,      /* 2.5.0 */
    GATE_SELECT_REMATCH,         /* 2.5.0 */
    GATE_ACCOUNT_FREEZE,         /* 2.5.0 */
    GATE_GOVERNANCE,             /* 2.5.0: 0x1008 */
    GATE_ETH_PRECOMPILE_GAS,     /* 2.5.0: gas of 1..4, and 5..9 exist */
    GATE_NO_NEW_ACCOUNT_GAS,     /* 2.5.0 */
    GATE_ECRECOVER_KECCAK,       /* 2.5.0 */
    GATE_CONSENSUS_TIMEOUT,      /* 2.6.0 */
    GATE_ISTANBUL,               /* 2.6.0 */
    GATE_ETH_PRECOMPILE_FAILS,   /* 2.6.0: status 22 */
    GATE_PERMISSION_STATUS,      /* 2.6.0: SSTORE denied is 25 */
    GATE_VRF_SEALERS,            /* 2.6.0: 0x1011, rpbft by VRF */
    GATE_TIME_ALIGNMENT,         /* 2.6.0 */
    GATE_PERMISSION_CODES,       /* 2.6.0: Permission's code for committee members; grantWrite and revokeWrite unchecked */
    GATE_STRICT_ARGUMENTS,       /* 2.7.0: CNS lengths, CRUD.update without key field, weight > 0 */
    GATE_STORAGE_ERROR_TEXT,     /* 2.7.0 */
    GATE_RAW_CODE_HASH,          /* 2.8.0: EXTCODEHASH reads the raw row */
    GATE_CRYPTO_PRECOMPILED,     /* 2.8.0: 0x5006 */
    GATE_REMAIN_GAS,             /* 2.9.0: receipts with remainGas, gas per transaction, charging, 0x1009 */
    GATE_SORTED_SEALERS,         /* 2.9.0 */
    GATE_RSA_CHANNEL,            /* 2.9.0 */
    GATE_TABLE_NAME_TEXT,        /* 2.9.0: the refusal of a long table name says 50, before 64 */
    GATE_NODE_ID_DIGITS,         /* 2.10.0: a node id is 128 hexadecimal digits */
    GATE_COUNT
} gate;

bool rules_have(const chain_rules *rules, gate g);
bool version_has(uint32_t version, gate g);
/* "2.9.1", "2.0.0-rc2" (any case) to the number. false with a reason: unknown form, 0, or above VERSION_NEWEST. */
bool version_parse(bytes text, uint32_t *out, error_text *why) MUST_USE;
const char *gate_text(gate g);

#endif
