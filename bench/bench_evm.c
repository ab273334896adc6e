/* bench_evm: how fast contracts run, with a host that costs next to nothing.
   cmake --preset release && cmake --build build/release --target bench_evm && build/release/bench_evm [seconds for each case]
   Prints million gas a second, nanoseconds for each pass of the loop and for each instruction, of the best round. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/buffer.h"
#include "vm/evm.h"

typedef struct {
    u256 slots[256];
    evm_code *code;
    evm_environment environment;
} bench_world;

static u256 get_storage(void *context, const address *self, const u256 *slot)
{
    (void)self;
    return ((bench_world *)context)->slots[slot->limb[0] % 256];
}

static evm_storage_change set_storage(void *context, const address *self, const u256 *slot, const u256 *value)
{
    (void)self;
    ((bench_world *)context)->slots[slot->limb[0] % 256] = *value;
    return EVM_STORAGE_MODIFIED;
}

static u256 balance(void *context, const address *account)
{
    (void)context, (void)account;
    return U256_ZERO;
}

static void emit_log(void *context, const address *self, const hash256 *topics, size_t topic_count, bytes data)
{
    (void)context, (void)self, (void)topics, (void)topic_count, (void)data;
}

static const evm_environment *environment(void *context)
{
    return &((bench_world *)context)->environment;
}

static const evm_host host = {.get_storage = get_storage, .set_storage = set_storage, .balance = balance,
                              .emit_log = emit_log, .environment = environment};

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* counter = PASSES; do { body } while (--counter != 0): JUMPDEST body PUSH1 1 SWAP1 SUB DUP1 PUSH1 3 JUMPI. */
enum { PASSES = 10000, LOOP_INSTRUCTIONS = 7, LOOP_GAS = 1 + 3 + 3 + 3 + 3 + 3 + 10 };

static void put(buffer *b, const char *raw, size_t size)
{
    buffer_append(b, bytes_of(raw, size));
}

static evm_code *loop_of(const evm_rules *rules, bytes body, int repeat)
{
    buffer b = buffer_init(BUFFER_NO_LIMIT);
    put(&b, "\x61\x27\x10\x5b", 4); /* PUSH2 10000, JUMPDEST at 3 */
    for (int i = 0; i < repeat; i++)
        buffer_append(&b, body);
    put(&b, "\x60\x01\x90\x03\x80\x60\x03\x57", 8);
    evm_code *code = evm_code_analyse(rules, buffer_bytes(&b));
    buffer_free(&b);
    return code;
}

static int64_t run_once(bench_world *w, const evm_rules *rules, const evm_code *code, bytes input)
{
    evm_message message = {.gas = INT64_MAX / 2, .input = input};
    evm_frame *f = evm_frame_new(rules, code, &message, &host, w);
    evm_result result;
    while ((result = evm_run(f)) == EVM_CALL) {
        const evm_request *request = evm_frame_request(f);
        evm_frame *inner = evm_frame_new(rules, w->code, &request->message, &host, w);
        evm_result inner_result = evm_run(inner);
        evm_resume(f, inner_result == EVM_SUCCESS, evm_frame_gas_left(inner), evm_frame_output(inner), NULL);
        evm_frame_free(inner);
    }
    assert(result == EVM_SUCCESS);
    int64_t used = message.gas - evm_frame_gas_left(f);
    evm_frame_free(f);
    return used;
}

typedef struct {
    const char *name;
    const char *body;
    size_t body_bytes;
    int repeat, instructions; /* instructions in one body */
} bench_case;

#define BODY(text) text, sizeof(text) - 1

static const bench_case cases[] = {
    {"empty loop", BODY(""), 1, 0},
    {"add", BODY("\x80\x60\x07\x01\x50"), 10, 4},                    /* DUP1 PUSH1 ADD POP */
    {"mul, 64 bits", BODY("\x80\x60\x07\x02\x50"), 10, 4},
    {"mul, 256 bits", BODY("\x60\x00\x19\x80\x02\x50"), 10, 5},      /* PUSH1 0 NOT DUP1 MUL POP */
    {"div, 64 bits", BODY("\x60\x07\x81\x04\x50"), 10, 4},
    {"div, 256 by 128", BODY("\x6f\xfe\xdc\xba\x98\x76\x54\x32\x10\xfe\xdc\xba\x98\x76\x54\x32\x10\x60\x00\x19\x04\x50"), 10, 5},
    {"mulmod", BODY("\x6f\xfe\xdc\xba\x98\x76\x54\x32\x10\xfe\xdc\xba\x98\x76\x54\x32\x10\x60\x00\x19\x80\x09\x50"), 10, 6},
    {"exp, 1 byte", BODY("\x60\x10\x60\x0a\x0a\x50"), 10, 4},
    {"push, dup, swap, pop", BODY("\x7f\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10\x11\x12\x13\x14\x15\x16"
                                  "\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f\x20\x81\x90\x50\x50"), 10, 5},
    {"and, or, xor, not", BODY("\x80\x80\x16\x80\x17\x80\x18\x19\x50"), 10, 9},
    {"lt, iszero, eq", BODY("\x80\x60\x07\x10\x15\x60\x01\x14\x50"), 10, 7},
    {"shl, shr, sar", BODY("\x80\x60\xe0\x1b\x60\xe0\x1c\x60\x03\x1d\x50"), 10, 8},
    {"mload, mstore", BODY("\x60\x40\x51\x60\x40\x52"), 10, 4},
    {"calldataload", BODY("\x60\x04\x35\x50"), 10, 3},
    {"sha3 of 64 bytes", BODY("\x60\x40\x60\x00\x20\x50"), 10, 4},
    {"sha3 of 4096 bytes", BODY("\x61\x10\x00\x60\x00\x20\x50"), 1, 4},
    {"sload (mock)", BODY("\x60\x05\x54\x50"), 10, 3},
    {"sstore (mock)", BODY("\x80\x60\x05\x55"), 10, 3},
    {"log1 of 32 bytes", BODY("\x60\x07\x60\x20\x60\x00\xa1"), 10, 4},
    {"jump, dynamic", BODY(""), 0, 0}, /* see below */
    {"staticcall", BODY("\x60\x00\x80\x80\x80\x60\x55\x5a\xfa\x50"), 1, 8},
};

/* Three functions called and left as compilers do it: the return address is on the stack. */
static const uint8_t dynamic_jumps[] = {
    0x61, 0x27, 0x10, 0x5b,                         /* PUSH2 10000, 3: JUMPDEST */
    0x60, 0x0a, 0x60, 0x12, 0x56, 0xfe, 0x5b,       /* PUSH1 10 PUSH1 18 JUMP, 10: JUMPDEST */
    0x60, 0x01, 0x90, 0x03, 0x80, 0x60, 0x03, 0x57, /* the loop's end */
};

static evm_code *code_of(const evm_rules *rules, const bench_case *c)
{
    if (c->repeat > 0)
        return loop_of(rules, bytes_of(c->body, c->body_bytes), c->repeat);
    uint8_t code[32] = {0};
    memcpy(code, dynamic_jumps, sizeof dynamic_jumps);
    code[8] = 0x56, code[7] = 20; /* function at 20: JUMPDEST JUMP, behind the loop's STOP */
    code[20] = 0x5b, code[21] = 0x56;
    return evm_code_analyse(rules, bytes_of(code, 22));
}

static void measure(bench_world *w, const evm_rules *rules, const bench_case *c, double seconds)
{
    evm_code *code = code_of(rules, c);
    uint8_t input[68] = {1, 2, 3, 4};
    double begin = now_seconds(), best = 1e9;
    int64_t gas;
    do { /* the best round: others use this machine, too */
        double start = now_seconds();
        gas = run_once(w, rules, code, bytes_of(input, sizeof input));
        double passed = now_seconds() - start;
        best = passed < best ? passed : best;
    } while (now_seconds() - begin < seconds);
    double pass = best / PASSES * 1e9;
    int instructions = LOOP_INSTRUCTIONS + (c->repeat ? c->repeat * c->instructions : 6);
    printf("%-22s %10.1f %12.2f %10.2f\n", c->name, (double)gas / best / 1e6, pass, pass / instructions);
    evm_code_free(code);
}

static void measure_analysis(const evm_rules *rules, double seconds)
{
    enum { CODE_BYTES = 24576 };
    uint8_t *code = malloc(CODE_BYTES);
    uint64_t seed = 1;
    for (size_t i = 0; i < CODE_BYTES; i++) {
        static const uint8_t common[] = {0x60, 0x61, 0x80, 0x50, 0x5b, 0x57, 0x01, 0x52, 0x51, 0x90, 0x14, 0x63, 0x56, 0x82, 0x15, 0x81};
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        code[i] = common[seed >> 60];
    }
    double begin = now_seconds(), best = 1e9;
    do {
        double start = now_seconds();
        evm_code_free(evm_code_analyse(rules, bytes_of(code, CODE_BYTES)));
        double passed = now_seconds() - start;
        best = passed < best ? passed : best;
    } while (now_seconds() - begin < seconds);
    printf("analysis of %d bytes: %.1f us, %.2f ns a byte\n", CODE_BYTES, best * 1e6, best / CODE_BYTES * 1e9);
    free(code);
}

int main(int argc, char **argv)
{
    double seconds = argc > 1 ? atof(argv[1]) : 0.3;
    evm_rules rules = {EVM_ISTANBUL, &evm_gas_normal, DIGEST_KECCAK256};
    static bench_world w;
    w.code = evm_code_analyse(&rules, BYTES_OF_LITERAL("\x60\x00\x35\x60\x00\x52\x60\x20\x60\x00\xf3"));
    printf("%-22s %10s %12s %10s\n", "case", "Mgas/s", "ns/pass", "ns/op");
    for (size_t i = 0; i < COUNT(cases); i++)
        measure(&w, &rules, &cases[i], seconds);
    measure_analysis(&rules, seconds);
    evm_code_free(w.code);
    return 0;
}
