/* evm.h: the Ethereum virtual machine as FISCO BCOS 2 runs it: gas and stack are accounted for whole basic blocks
   (spec/execution.md 4.2), two gas schedules, two revisions; further tables give Ethereum's own gas, Istanbul's and
   Petersburg's.

   One frame is one contract running. A frame never calls C code that runs another frame: when it needs a call or a creation,
   evm_run returns EVM_CALL or EVM_CREATE with the request; the executor runs the other frame (its stack of frames is on the
   heap) and goes on with evm_resume. So call depth 1,024 needs no C stack.
   Threads: a frame belongs to one thread; evm_code is immutable and may be shared. */
#ifndef HANSE_VM_EVM_H
#define HANSE_VM_EVM_H

#include "base/arena.h"
#include "base/u256.h"
#include "chain/receipt.h"
#include "chain/rules.h"

enum {
    EVM_STACK_LIMIT = 1024,
    EVM_DEPTH_LIMIT = 1024,
    EVM_MEMORY_MAX_BYTES = 0xffffffff /* an offset or size beyond it is OUT_OF_GAS (execution.md 4.4) */
};

typedef enum { EVM_CONSTANTINOPLE, EVM_ISTANBUL } evm_revision;

/* Gas figures that depend on the group (execution.md 4.1) or on Ethereum's rules. Const tables; see evm_gas_of. */
typedef struct {
    const char *name;
    int64_t create, sload, sstore_set, sstore_reset, sstore_unchanged;
    int64_t value_transfer, call_stipend, call_new_account;
    bool charges_new_account; /* execution.md 4.6: only below 2.5 */
    bool net_metering;        /* Ethereum's EIP-2200 (hanse evm statetest only) */
} evm_gas_table;

extern const evm_gas_table evm_gas_normal, evm_gas_free, evm_gas_ethereum, evm_gas_petersburg;

typedef struct {
    evm_revision revision;
    const evm_gas_table *gas;
    digest_kind sha3; /* Keccak-256, or SM3 on national chains */
} evm_rules;

evm_rules evm_rules_of(const chain_rules *rules);

/* Analysed code: basic blocks with their gas and stack needs, valid jump targets. */
typedef struct evm_code evm_code;
evm_code *evm_code_analyse(const evm_rules *rules, bytes code) MUST_USE; /* copies the code */
bytes evm_code_bytes(const evm_code *c);
size_t evm_code_memory_bytes(const evm_code *c); /* all it takes, for a cache's limit: up to about 22 times the code */
void evm_code_free(evm_code *c);

typedef enum {
    EVM_SUCCESS,
    EVM_REVERT,
    EVM_OUT_OF_GAS,
    EVM_INVALID_INSTRUCTION,
    EVM_UNDEFINED_INSTRUCTION,
    EVM_STACK_OVERFLOW,
    EVM_STACK_UNDERFLOW,
    EVM_BAD_JUMP_DESTINATION,
    EVM_INVALID_MEMORY_ACCESS,
    EVM_STATIC_VIOLATION,
    EVM_PERMISSION_DENIED, /* the host refused an SSTORE */
    /* not ends, but requests: */
    EVM_CALL,
    EVM_CREATE
} evm_result;

typedef enum { EVM_STORAGE_UNCHANGED, EVM_STORAGE_ADDED, EVM_STORAGE_MODIFIED, EVM_STORAGE_DELETED, EVM_STORAGE_DENIED } evm_storage_change;

typedef struct {
    u256 gas_price, gas_limit, difficulty, chain_id;
    address origin, coinbase;
    int64_t number, timestamp;
} evm_environment;

/* What a frame asks the world. context is handed back to every function; the functions never run EVM code. */
typedef struct {
    u256 (*get_storage)(void *context, const address *self, const u256 *slot);
    evm_storage_change (*set_storage)(void *context, const address *self, const u256 *slot, const u256 *value);
    u256 (*balance)(void *context, const address *account);
    size_t (*code_size)(void *context, const address *account);
    bytes (*code)(void *context, const address *account);        /* view that lives until the frame's next host call */
    hash256 (*code_hash)(void *context, const address *account); /* zero: does not exist */
    bool (*account_exists)(void *context, const address *account);
    hash256 (*block_hash)(void *context, int64_t number);        /* asked only for numbers inside the window */
    void (*emit_log)(void *context, const address *self, const hash256 *topics, size_t topic_count, bytes data);
    void (*self_destruct)(void *context, const address *self, const address *beneficiary);
    const evm_environment *(*environment)(void *context); /* the same values as long as the frame lives */
    /* The slot's value at the start of the transaction; asked only with net_metering, else it may be NULL. */
    u256 (*original_storage)(void *context, const address *self, const u256 *slot);
} evm_host;

typedef struct {
    address self;        /* ADDRESS: whose storage */
    address caller;
    u256 value;
    bytes input;         /* must outlive the frame */
    int64_t gas;
    unsigned depth;      /* outermost 0 */
    bool is_static;
} evm_message;

typedef enum { EVM_KIND_CALL, EVM_KIND_CALLCODE, EVM_KIND_DELEGATECALL, EVM_KIND_STATICCALL, EVM_KIND_CREATE, EVM_KIND_CREATE2 } evm_kind;

/* Of EVM_CALL and EVM_CREATE. message.gas, .depth, .is_static are those of the new frame. */
typedef struct {
    evm_kind kind;
    evm_message message; /* for creations: self is not set, input is the init code */
    address code_from;   /* calls: where the code comes from */
    u256 salt;           /* CREATE2 */
} evm_request;

typedef struct evm_frame evm_frame;

/* code must outlive the frame. */
evm_frame *evm_frame_new(const evm_rules *rules, const evm_code *code, const evm_message *message, const evm_host *host,
                         void *context) MUST_USE;
evm_result evm_run(evm_frame *f);
const evm_request *evm_frame_request(const evm_frame *f);  /* after EVM_CALL or EVM_CREATE */
/* The answer to a request. gas_left: what comes back of message.gas. output: return data (empty after a successful creation).
   created: the new address of a successful creation. Then call evm_run again. */
void evm_resume(evm_frame *f, bool success, int64_t gas_left, bytes output, const address *created);
int64_t evm_frame_gas_left(const evm_frame *f);   /* 0 unless the result was EVM_SUCCESS or EVM_REVERT */
bytes evm_frame_output(const evm_frame *f);       /* lives as long as the frame */
int64_t evm_frame_refund(const evm_frame *f);     /* Ethereum net metering only; FISCO's refund is the host's */
void evm_frame_free(evm_frame *f);

const char *evm_result_text(evm_result result);

#endif
