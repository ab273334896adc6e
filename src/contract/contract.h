/* contract.h: contracts that are built into the node. Each is one descriptor (one file, one contract): address, version it
   begins with, what it answers to an unknown function, and its functions by signature text. Selectors are computed from the
   texts with the chain's hash, so there is no second table for national chains.
   Source: spec/precompiled.md sections 1, 2 and 7; spec/execution.md section 7. */
#ifndef HANSE_CONTRACT_CONTRACT_H
#define HANSE_CONTRACT_CONTRACT_H

#include "contract/abi.h"
#include "contract/codes.h"
#include "state/tx_state.h"

typedef struct contract_registry contract_registry;
typedef struct contract contract;

typedef enum {
    CONTRACT_DONE,
    CONTRACT_REFUSED,       /* the reference's PrecompiledException: failure text in the output */
    CONTRACT_TABLE_REFUSED, /* its StorageException: the text reaches the output from 2.7.0 on */
    CONTRACT_EXCEPTION      /* any other exception: a fixed text */
} contract_outcome;

/* One call. The caller fills the first part; the rest is the contract's. */
typedef struct {
    const contract_registry *registry;
    tx_state *state;
    address origin, sender; /* of the transaction; of this message */
    bytes data;             /* call data with selector, any length */

    const chain_rules *rules;
    arena *memory;          /* lives as long as the block */
    const contract *kind;
    void *object;           /* of a run-time object */
    abi_reader arguments;
    uint64_t operations_gas;
    uint64_t memory_bytes;  /* what memory gas is computed from, raised to the output's size at the end */
    bytes output;
    bytes failure;          /* text of CONTRACT_REFUSED and CONTRACT_TABLE_REFUSED */
} contract_call;

/* Operations that cost gas, and how often they were done. */
typedef enum {
    OPERATION_CONDITION, /* EQ NE GT GE LT LE Limit */
    OPERATION_GET,       /* GetInt GetAddr GetString */
    OPERATION_SET,
    OPERATION_GET_BYTES32,
    OPERATION_GET_BYTES64,
    OPERATION_CREATE_TABLE,
    OPERATION_OPEN_TABLE,
    OPERATION_SELECT,
    OPERATION_INSERT,
    OPERATION_UPDATE,
    OPERATION_REMOVE,
    OPERATION_PAILLIER_ADD,
    OPERATION_GROUP_SIG,
    OPERATION_RING_SIG,
    OPERATION_COUNT
} contract_operation;

typedef struct {
    const char *signature;
    uint32_t since;           /* version; 0: always */
    bool is_zero_before;      /* QUIRK: below `since` the selector 0 selects it (precompiled.md 1.4) */
    contract_outcome (*run)(contract_call *c);
} contract_method;

typedef enum { UNKNOWN_EMPTY, UNKNOWN_WORD, UNKNOWN_CODE, UNKNOWN_UINT32 } unknown_answer;

struct contract {
    uint32_t address;         /* 0: a kind of run-time object */
    const char *name;
    uint32_t since;           /* version; 0: always */
    bool memory_of_call_data; /* memory gas begins with the size of the call data (precompiled.md section 2) */
    unknown_answer unknown;
    int unknown_code;
    const contract_method *methods;
    size_t method_count;
    /* Of a call with these arguments to methods[method] (method_count: none of them); at most PARALLEL_KEYS_MAX. NULL: calls run alone. */
    size_t (*conflict_keys)(size_t method, abi_reader arguments, bytes *keys);
};

/* The object behind a run-time address begins with its kind. */
typedef struct {
    const contract *kind;
} contract_object;

/* rules must outlive it. Immutable: any thread. */
contract_registry *contract_registry_new(const chain_rules *rules) MUST_USE;
/* With more contracts than the node has: to test them one by one. */
contract_registry *contract_registry_new_with(const chain_rules *rules, const contract *const *more, size_t count) MUST_USE;
void contract_registry_free(contract_registry *r);
/* Whether a built-in contract or a live object of this block stands at the address. */
bool contract_exists(const contract_registry *r, const tx_state *t, const address *where);
/* Runs the contract at `where`, which exists. *gas_cost is what the call costs (0 below 2.4.0); the caller deducts it, and
   undoes the changes of a call that fails. After a failure c->failure is the text for Error(string); empty: no output. */
contract_outcome contract_run(const contract_registry *r, const address *where, contract_call *c, uint64_t *gas_cost);

/* For the contracts' own use. */

void contract_charge(contract_call *c, contract_operation operation, uint64_t count);
uint64_t contract_memory_gas(uint64_t size); /* of that many bytes */
void contract_raise_memory(contract_call *c, uint64_t size);
contract_outcome contract_answer_code(contract_call *c, int64_t code); /* "code(x)" of precompiled.md 3.4 */
contract_outcome contract_answer_i64(contract_call *c, int64_t value);
contract_outcome contract_answer_u256(contract_call *c, u256 value);
contract_outcome contract_answer_bytes(contract_call *c, bytes text); /* one string */
contract_outcome contract_answer_address(contract_call *c, uint64_t object_number);
contract_outcome contract_refuse(contract_call *c, const char *format, ...) PRINTF_LIKE(2, 3);
contract_outcome contract_refuse_table(contract_call *c, const char *format, ...) PRINTF_LIKE(2, 3);
bytes contract_lower(contract_call *c, bytes text);     /* ASCII lower case */
bytes contract_decimal(contract_call *c, int64_t value);
bytes contract_hex(contract_call *c, const address *a); /* 40 digits */
bytes contract_prefixed(contract_call *c, const address *a); /* 0x and 40 digits */
int64_t contract_next_number(const contract_call *c);   /* of the block being executed: N + 1 */
uint64_t contract_add_object(contract_call *c, contract_object *object, const contract *kind);
/* The object of that kind at the address, or NULL. */
void *contract_object_at(contract_call *c, const address *where, const contract *kind);

/* Every descriptor: for the registry, for documentation and tests. NULL behind the last. */
const contract *contract_at(size_t index);
extern const contract contract_system_config, contract_table_factory, contract_crud, contract_consensus,
    contract_cns, contract_permission, contract_parallel_config, contract_life_cycle,
    contract_governance, contract_gas_charge, contract_kv_table_factory, contract_dag_transfer, contract_crypto, contract_paillier, contract_group_sig, contract_ring_sig,
    contract_working_sealers,
    contract_table, contract_kv_table, contract_entry, contract_entries,
    contract_condition;

#endif
