/* The interpreter against a plain one that takes gas and looks at the stack at every instruction, as Ethereum's yellow paper
   does: what succeeds must succeed with the same gas, memory and end; what fails must fail (how, depends on the blocks). */
#include "support_evm.h"

#include "vm/opcodes.h"

enum { PROGRAMS = 100000, PROGRAM_BYTES = 48, MEMORY_BYTES = 16384, GAS = 1500 };

static uint64_t seed = 88172645463325252u;

static uint64_t random_below(uint64_t limit)
{
    seed ^= seed << 13, seed ^= seed >> 7, seed ^= seed << 17;
    return seed % limit;
}

typedef struct {
    bytes code;
    u256 stack[EVM_STACK_LIMIT + 2];
    size_t items, memory_size, pc;
    uint8_t memory[MEMORY_BYTES];
    int64_t gas;
    bool ended, left_the_subset; /* data of a PUSH may turn out to be any opcode */
} plain;

static bool is_jumpdest(bytes code, u256 to)
{
    for (size_t at = 0; at < code.size; at += 1 + (code.data[at] >= 0x60 && code.data[at] < 0x80 ? code.data[at] - 0x5f : 0))
        if (u256_equal(u256_of(at), to))
            return code.data[at] == OP_JUMPDEST;
    return false;
}

static bool plain_touch(plain *p, u256 offset)
{
    if (!u256_fits_u64(offset) || offset.limb[0] > MEMORY_BYTES - 32)
        return false; /* the programs' gas does not reach that far */
    int64_t old = (int64_t)p->memory_size / 32, words = ((int64_t)offset.limb[0] + 63) / 32;
    if (words > old) {
        p->gas -= 3 * (words - old) + words * words / 512 - old * old / 512;
        p->memory_size = (size_t)words * 32;
    }
    return p->gas >= 0;
}

static bool plain_jump(plain *p, u256 to)
{
    p->pc = to.limb[0];
    return is_jumpdest(p->code, to);
}

/* Executes what gas and stack were already checked for; top is the newest item, of the stack as it was. */
static bool plain_execute(plain *p, uint8_t op, u256 *top)
{
    uint8_t data[4] = {0};
    u256 kept;
    switch (op) {
    case OP_STOP: p->ended = true; return true;
    case OP_ADD: top[-1] = u256_add(top[0], top[-1]); return true;
    case OP_SUB: top[-1] = u256_sub(top[0], top[-1]); return true;
    case OP_LT: top[-1] = u256_of(u256_compare(top[0], top[-1]) < 0); return true;
    case OP_ISZERO: top[0] = u256_of(u256_is_zero(top[0])); return true;
    case OP_PC: top[1] = u256_of(p->pc - 1); return true;
    case OP_GAS: top[1] = u256_of((uint64_t)p->gas); return true;
    case OP_MSIZE: top[1] = u256_of(p->memory_size); return true;
    case OP_MLOAD:
        if (!plain_touch(p, top[0]))
            return false;
        top[0] = u256_from_be(bytes_of(p->memory + top[0].limb[0], 32));
        return true;
    case OP_MSTORE:
        if (!plain_touch(p, top[0]))
            return false;
        u256_to_be(top[-1], p->memory + top[0].limb[0]);
        return true;
    case OP_JUMP: return plain_jump(p, top[0]);
    case OP_JUMPI: return u256_is_zero(top[-1]) || plain_jump(p, top[0]);
    case OP_PUSH1:
    case OP_PUSH2:
        for (size_t i = 0; i < (size_t)(op - 0x5f); i++, p->pc++)
            data[i] = p->pc < p->code.size ? p->code.data[p->pc] : 0;
        top[1] = u256_from_be(bytes_of(data, (size_t)(op - 0x5f)));
        return true;
    case OP_DUP1:
    case OP_DUP2: top[1] = top[0x80 - op]; return true;
    case OP_SWAP1:
    case OP_SWAP2:
        kept = top[0], top[0] = top[0x8f - op], top[0x8f - op] = kept;
        return true;
    default:
        p->left_the_subset = op != OP_POP && op != OP_JUMPDEST && op != OP_INVALID;
        return op == OP_POP || op == OP_JUMPDEST;
    }
}

static bool plain_run(plain *p, const evm_opcode opcodes[256])
{
    while (!p->ended) {
        uint8_t op = p->pc < p->code.size ? p->code.data[p->pc] : OP_STOP;
        p->pc++;
        const evm_opcode *o = &opcodes[op];
        p->gas -= o->static_gas;
        if (p->gas < 0 || (int)p->items < o->needs || (int)p->items + o->change > EVM_STACK_LIMIT)
            return false;
        u256 *top = p->stack + p->items; /* stack[0] is never an item */
        if (!plain_execute(p, op, top))
            return false;
        p->items = (size_t)((int)p->items + o->change);
    }
    return true;
}

static void fill(uint8_t *code)
{
    static const uint8_t common[] = {
        OP_ADD, OP_SUB, OP_LT, OP_ISZERO, OP_PC, OP_GAS, OP_MSIZE, OP_MLOAD, OP_MSTORE, OP_JUMP, OP_JUMPI, OP_POP, OP_JUMPDEST,
        OP_JUMPDEST, OP_JUMPDEST, OP_PUSH1, OP_PUSH1, OP_PUSH1, OP_PUSH1, OP_PUSH2, OP_DUP1, OP_DUP1, OP_DUP2, OP_SWAP1, OP_SWAP2,
        OP_INVALID, OP_STOP, OP_GAS, OP_PUSH1, OP_PUSH1,
    };
    for (size_t i = 0; i < PROGRAM_BYTES; i++) {
        code[i] = common[random_below(COUNT(common))];
        if (code[i] == OP_PUSH1 && i + 1 < PROGRAM_BYTES)
            code[++i] = (uint8_t)random_below(PROGRAM_BYTES + 4);
    }
}

static void random_programs_agree(void **state)
{
    (void)state;
    evm_rules rules = {EVM_ISTANBUL, &evm_gas_normal, DIGEST_KECCAK256};
    evm_opcode opcodes[256];
    evm_opcodes_of(&rules, opcodes);
    int successes = 0, loops = 0;
    for (int round = 0; round < PROGRAMS; round++) {
        uint8_t code[PROGRAM_BYTES];
        fill(code);
        static plain p;
        p = (plain){.code = bytes_of(code, sizeof code), .gas = GAS};
        bool succeeds = plain_run(&p, opcodes);
        if (p.left_the_subset)
            continue;
        world w;
        world_init(&w, EVM_ISTANBUL, &evm_gas_normal, GAS);
        evm_result result = execute_code(&w, bytes_of(code, sizeof code));
        if ((result == EVM_SUCCESS) != succeeds) {
            for (size_t i = 0; i < sizeof code; i++)
                print_error("%02x", code[i]);
            fail_msg(": %s, plain %s at %zu", evm_result_text(result), succeeds ? "succeeds" : "fails", p.pc);
        }
        if (succeeds)
            assert_int_equal(w.gas_left, p.gas);
        successes += succeeds;
        loops += succeeds && p.gas < GAS - 300;
        world_free(&w);
    }
    assert_true(successes > PROGRAMS / 100 && loops > 0); /* the programs must be worth something */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(random_programs_agree)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
