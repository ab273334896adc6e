/* support_evm.h: a small assembler, a host that remembers, and a driver with its frames on the heap, for tests of the EVM. */
#ifndef HANSE_TESTS_SUPPORT_EVM_H
#define HANSE_TESTS_SUPPORT_EVM_H

#include "test.h"

#include "base/buffer.h"
#include "vm/evm.h"

/* Text to code. Words are separated by blanks:
   ADD          an opcode
   7, 0x1234    PUSH of the shortest size
   #fe50        these bytes
   :name        JUMPDEST with a name
   @name        PUSH2 of the name's offset
   <5> WORD     WORD five times */
bytes assemble(arena *a, const char *text);

enum { MOCK_SLOTS_MAX = 64, MOCK_ACCOUNTS_MAX = 8, MOCK_LOGS_MAX = 8 };

typedef struct {
    address self;
    u256 slot, value, original;
} mock_slot;

typedef struct {
    address where;
    bytes code;
} mock_account;

/* A world with one host. Zeroed values are good defaults; world_init sets rules, environment and message. */
typedef struct {
    arena memory;
    evm_rules rules;
    evm_message message;
    evm_environment environment;
    evm_host host;

    mock_slot slots[MOCK_SLOTS_MAX];
    size_t slot_count;
    mock_account accounts[MOCK_ACCOUNTS_MAX];
    size_t account_count;
    u256 balance; /* everybody's */
    bool all_exist, denies_storage, burns_all_gas; /* burns_all_gas: Ethereum's answer to OUT_OF_GAS */
    bytes fixed_answer; /* what calls to addresses without code return */
    bool fixed_success;
    int64_t fixed_gas_used;
    log_entry logs[MOCK_LOGS_MAX];
    size_t log_count;
    buffer trace; /* one line for each host call that writes or asks about accounts */
    unsigned deepest;
    evm_request last_request;
    size_t request_count;

    /* of the last execute() */
    evm_result result;
    int64_t gas_left, gas_used, refund;
    bytes output;
} world;

void world_init(world *w, evm_revision revision, const evm_gas_table *gas, int64_t gas_limit);
void world_free(world *w);
address address_number(unsigned number); /* 0x...number */
void world_add_code(world *w, unsigned number, const char *text);
mock_slot *world_slot(world *w, const address *self, u256 slot);
/* Runs code with w->message; nested requests go to accounts with code, or get the fixed answer. */
evm_result execute(world *w, const char *text);
evm_result execute_code(world *w, bytes code);
u256 output_word(const world *w); /* asserts that output is one word */
/* The code's top item when it stops: appends MSTORE and RETURN. */
u256 value_of(world *w, const char *text);
u256 word(const char *hex); /* up to 64 digits */

#define assert_word(value, hex)                                                                                        \
    do {                                                                                                               \
        u256 got_ = (value), want_ = word(hex);                                                                        \
        assert_memory_equal(&got_, &want_, sizeof got_);                                                               \
    } while (0)

#endif
