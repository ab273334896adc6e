/* Any bytes as code: never a crash, always an end. First byte: rules and flags; the rest is code and call data alike. Nested
   calls run the same code again, so that frames of every depth meet. */
#include <assert.h>
#include <stdlib.h>

#include "base/memory.h"
#include "vm/evm.h"

enum { GAS_LIMIT = 100000, FRAMES_MAX = EVM_DEPTH_LIMIT + 1, SLOTS = 16, OUT_OF_GAS_MAX = 100 };

typedef struct {
    evm_environment environment;
    bytes code;
    u256 slots[SLOTS];
    u256 balance;
    uint64_t host_calls;
} fuzz_world;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static u256 *slot_of(fuzz_world *w, const u256 *slot)
{
    return &w->slots[slot->limb[0] % SLOTS];
}

static u256 get_storage(void *context, const address *self, const u256 *slot)
{
    (void)self;
    return *slot_of(context, slot);
}

static evm_storage_change set_storage(void *context, const address *self, const u256 *slot, const u256 *value)
{
    u256 *kept = slot_of(context, slot), old = *kept;
    (void)self;
    if (slot->limb[0] % 61 == 60)
        return EVM_STORAGE_DENIED;
    *kept = *value;
    if (u256_equal(old, *value))
        return EVM_STORAGE_UNCHANGED;
    return u256_is_zero(old) ? EVM_STORAGE_ADDED : u256_is_zero(*value) ? EVM_STORAGE_DELETED : EVM_STORAGE_MODIFIED;
}

static u256 balance(void *context, const address *account)
{
    (void)account;
    return ((fuzz_world *)context)->balance;
}

static bytes code(void *context, const address *account)
{
    return account->b[19] % 2 ? ((fuzz_world *)context)->code : BYTES_EMPTY;
}

static size_t code_size(void *context, const address *account)
{
    return code(context, account).size;
}

static hash256 code_hash(void *context, const address *account)
{
    (void)context;
    return (hash256){{account->b[19]}};
}

static bool account_exists(void *context, const address *account)
{
    (void)context;
    return account->b[19] % 3;
}

static hash256 block_hash(void *context, int64_t number)
{
    const fuzz_world *w = context;
    assert(number >= 0 && number < w->environment.number && number >= w->environment.number - 256);
    return (hash256){{1}};
}

static void emit_log(void *context, const address *self, const hash256 *topics, size_t topic_count, bytes entry)
{
    uint8_t sum = self->b[0]; /* touch every byte: the sanitizer checks that they are there */
    for (size_t i = 0; i < topic_count; i++)
        sum ^= topics[i].b[31];
    for (size_t i = 0; i < entry.size; i++)
        sum ^= entry.data[i];
    ((fuzz_world *)context)->host_calls += sum;
}

static void self_destruct(void *context, const address *self, const address *beneficiary)
{
    ((fuzz_world *)context)->host_calls += self->b[0] + beneficiary->b[0];
}

static const evm_environment *environment(void *context)
{
    return &((fuzz_world *)context)->environment;
}

static const evm_host host = {
    get_storage, set_storage, balance,  code_size,     code,        code_hash,
    account_exists, block_hash, emit_log, self_destruct, environment, get_storage,
};

/* Runs a frame and all it asks for; frames wait on a heap stack. A frame that ran out of gas gives all of it back (spec/execution.md
   4.8), so that gas alone bounds nothing: from some number of such frames on they give nothing back here. */
static void run(fuzz_world *w, const evm_rules *rules, const evm_code *analysed, const evm_message *message)
{
    evm_frame *frames[FRAMES_MAX];
    size_t count = 0, out_of_gas = 0;
    frames[count++] = evm_frame_new(rules, analysed, message, &host, w);
    while (count > 0) {
        evm_frame *f = frames[count - 1];
        evm_result result = evm_run(f);
        if (result == EVM_CALL || result == EVM_CREATE) {
            const evm_request *request = evm_frame_request(f);
            assert(count < FRAMES_MAX && request->message.depth == count);
            if (result == EVM_CALL && request->code_from.b[19] % 2 == 0)
                evm_resume(f, true, request->message.gas / 2, request->message.input, NULL);
            else
                frames[count++] = evm_frame_new(rules, analysed, &request->message, &host, w);
            continue;
        }
        int64_t left = evm_frame_gas_left(f);
        bytes output = evm_frame_output(f);
        assert(left >= 0 && (output.size == 0 || result == EVM_SUCCESS || result == EVM_REVERT));
        count--;
        if (count > 0) {
            evm_frame *caller = frames[count - 1];
            if (result == EVM_OUT_OF_GAS && ++out_of_gas <= OUT_OF_GAS_MAX)
                left = evm_frame_request(caller)->message.gas;
            address created = {{1}};
            evm_resume(caller, result == EVM_SUCCESS, left, output, &created);
        }
        evm_frame_free(f);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    static const evm_gas_table *const tables[] = {&evm_gas_normal, &evm_gas_free, &evm_gas_ethereum};
    evm_rules rules = {data[0] & 1 ? EVM_ISTANBUL : EVM_CONSTANTINOPLE, tables[data[0] / 2 % 3], DIGEST_KECCAK256};
    fuzz_world w = {.code = bytes_of(data + 1, size - 1), .environment = {.number = 300, .timestamp = 1}};
    w.balance = u256_of(data[0] & 64 ? 1000 : 0);
    evm_message message = {.input = w.code, .gas = GAS_LIMIT, .is_static = (data[0] & 128) != 0};
    evm_code *analysed = evm_code_analyse(&rules, w.code);
    run(&w, &rules, analysed, &message);
    evm_code_free(analysed);
    return 0;
}
