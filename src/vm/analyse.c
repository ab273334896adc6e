/* analyse.c: cuts code into basic blocks (spec/execution.md 4.2) and turns it into instructions with their arguments. The
   same walk runs twice: first it counts, then it writes. */
#include "vm/code.h"

#include "vm/u256_evm.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>

typedef struct {
    bytes code;
    evm_opcode opcodes[256];
    bool writes; /* false: only count */
    evm_instruction *instructions;
    evm_block *blocks;
    uint64_t *words, *starts;
    uint32_t instruction_count, block_count, word_count;
    /* the open block */
    int64_t gas, needs, change, growth;
} walk;

static void emit(walk *w, int op, uint32_t argument)
{
    if (w->writes)
        w->instructions[w->instruction_count] = (evm_instruction){(uint16_t)op, argument};
    w->instruction_count++;
}

static uint32_t keep_word(walk *w, uint64_t word)
{
    if (w->writes)
        w->words[w->word_count] = word;
    return w->word_count++;
}

static void open_block(walk *w, size_t at)
{
    w->gas = w->needs = w->change = w->growth = 0;
    if (w->writes) {
        w->blocks[w->block_count].first = w->instruction_count;
        w->starts[at / 64] |= (uint64_t)1 << at % 64;
    }
    bool is_jumpdest = at < w->code.size && w->code.data[at] == OP_JUMPDEST;
    emit(w, is_jumpdest ? OP_JUMPDEST : OP_ENTER, w->block_count);
    w->block_count++;
}

static void close_block(walk *w)
{
    if (!w->writes)
        return;
    evm_block *block = &w->blocks[w->block_count - 1];
    block->gas = w->gas > UINT32_MAX ? UINT32_MAX : (uint32_t)w->gas;
    block->needs = w->needs > INT16_MAX ? INT16_MAX : (int16_t)w->needs;
    block->growth = w->growth > INT16_MAX ? INT16_MAX : (int16_t)w->growth;
}

static void account(walk *w, const evm_opcode *opcode)
{
    int64_t needs = opcode->needs - w->change;
    w->needs = needs > w->needs ? needs : w->needs;
    w->change += opcode->change;
    w->growth = w->change > w->growth ? w->change : w->growth;
    w->gas += opcode->static_gas;
}

static bool is_push(uint8_t op)
{
    return op >= OP_PUSH1 && op <= OP_PUSH32;
}

/* Behind an opcode and its data. */
static size_t behind(bytes code, size_t at)
{
    size_t size = is_push(code.data[at]) ? 2 + (size_t)(code.data[at] - OP_PUSH1) : 1;
    return size < code.size - at ? at + size : code.size;
}

/* What a PUSH puts on the stack; truncated data have zeros on the right. */
static u256 push_value(bytes code, size_t at)
{
    uint8_t word[64] = {0};
    size_t size = 1 + (size_t)(code.data[at] - OP_PUSH1), left = code.size - at - 1;
    if (size == 1)
        return u256_of(left ? code.data[at + 1] : 0);
    memcpy(word + 32, code.data + at + 1, size < left ? size : left);
    return evm_load_word(word + size);
}

static void emit_push(walk *w, u256 value)
{
    if (!u256_fits_u64(value)) {
        uint32_t first = keep_word(w, value.limb[0]);
        for (int i = 1; i < 4; i++)
            keep_word(w, value.limb[i]);
        emit(w, OP_PUSH_FULL, first);
    } else if (value.limb[0] > UINT32_MAX) {
        emit(w, OP_PUSH_WORD, keep_word(w, value.limb[0]));
    } else {
        emit(w, OP_PUSH_SMALL, (uint32_t)value.limb[0]);
    }
}

/* The jump's byte offset stays in the argument until resolve_jumps. */
static void emit_jump_to(walk *w, uint8_t op, u256 to)
{
    uint32_t at = u256_fits_u64(to) && to.limb[0] < UINT32_MAX ? (uint32_t)to.limb[0] : UINT32_MAX;
    emit(w, op == OP_JUMP ? OP_JUMP_TO : OP_JUMPI_TO, at);
}

static void emit_plain(walk *w, uint8_t op, size_t at)
{
    switch (op) {
    case OP_GAS:
    case OP_CALL:
    case OP_CALLCODE:
    case OP_DELEGATECALL:
    case OP_STATICCALL:
    case OP_CREATE:
    case OP_CREATE2:
    case OP_SSTORE: /* they ask for the exact remaining gas */
        emit(w, op, keep_word(w, (uint64_t)w->gas));
        break;
    case OP_PC:
        emit(w, OP_PUSH_SMALL, (uint32_t)at);
        break;
    default:
        emit(w, w->opcodes[op].name ? op : OP_UNDEFINED, 0);
    }
}

/* Emits the opcode at `at`, with the jump that follows a PUSH; returns the last opcode, *at: behind it. */
static uint8_t take_opcode(walk *w, size_t *at)
{
    size_t here = *at;
    uint8_t op = w->code.data[here];
    *at = behind(w->code, here);
    account(w, &w->opcodes[op]);
    if (!is_push(op)) {
        if (op != OP_JUMPDEST)
            emit_plain(w, op, here);
        return op;
    }
    u256 value = push_value(w->code, here);
    uint8_t next = *at < w->code.size ? w->code.data[*at] : OP_STOP;
    if (next != OP_JUMP && next != OP_JUMPI) {
        emit_push(w, value);
        return op;
    }
    account(w, &w->opcodes[next]);
    emit_jump_to(w, next, value);
    ++*at;
    return next;
}

/* QUIRK, spec/execution.md 4.2: INVALID and undefined opcodes are not among them, what follows them is accounted for. */
static bool never_goes_on(uint8_t op)
{
    return op == OP_JUMP || op == OP_STOP || op == OP_RETURN || op == OP_REVERT || op == OP_SELFDESTRUCT;
}

static void walk_code(walk *w)
{
    bytes code = w->code;
    size_t at = 0;
    open_block(w, at);
    while (at < code.size) {
        uint8_t op = take_opcode(w, &at);
        if (never_goes_on(op)) /* the bytes up to the next JUMPDEST cannot be reached */
            while (at < code.size && code.data[at] != OP_JUMPDEST)
                at = behind(code, at);
        if (at < code.size && (op == OP_JUMPI || code.data[at] == OP_JUMPDEST)) {
            close_block(w);
            open_block(w, at);
        }
    }
    close_block(w);
    emit(w, OP_STOP, 0);
    emit(w, OP_BAD_JUMP, 0);
}

static void resolve_jumps(evm_code *c, evm_instruction *instructions)
{
    for (uint32_t i = 0; i < c->instruction_count; i++)
        if (instructions[i].op == OP_JUMP_TO || instructions[i].op == OP_JUMPI_TO)
            instructions[i].argument =
                (uint32_t)(evm_code_jump(c, u256_of(instructions[i].argument)) - c->instructions);
}

static size_t aligned(size_t size)
{
    return (size + 7) / 8 * 8;
}

evm_code *evm_code_analyse(const evm_rules *rules, bytes code)
{
    assert(code.size < UINT32_MAX - 8); /* instructions are counted in 32 bits */
    walk w = {.code = code};
    evm_opcodes_of(rules, w.opcodes);
    walk_code(&w);
    size_t groups = code.size / 64 + 1;
    size_t sizes[] = {sizeof(evm_code), 8 * (size_t)w.word_count, 8 * groups, aligned(4 * groups),
                      aligned(sizeof(evm_block) * w.block_count), sizeof(evm_instruction) * w.instruction_count,
                      code.size};
    uint8_t *parts[COUNT(sizes)];
    size_t total = 0;
    for (size_t i = 0; i < COUNT(sizes); i++)
        total += aligned(sizes[i]);
    uint8_t *space = memory_new(total);
    for (size_t i = 0; i < COUNT(sizes); space += aligned(sizes[i++]))
        parts[i] = space;

    evm_code *c = (evm_code *)parts[0];
    uint32_t *before = (uint32_t *)parts[3];
    walk w2 = {.code = code, .writes = true, .words = (uint64_t *)parts[1], .starts = (uint64_t *)parts[2],
               .blocks = (evm_block *)parts[4], .instructions = (evm_instruction *)parts[5]};
    memcpy(w2.opcodes, w.opcodes, sizeof w.opcodes);
    walk_code(&w2);
    assert(w2.instruction_count == w.instruction_count && w2.word_count == w.word_count);
    for (size_t i = 1; i < groups; i++)
        before[i] = before[i - 1] + (uint32_t)__builtin_popcountll(w2.starts[i - 1]);
    if (code.size)
        memcpy(parts[6], code.data, code.size);
    *c = (evm_code){.rules = *rules, .code = bytes_of(parts[6], code.size), .memory_bytes = total,
                    .instructions = w2.instructions, .instruction_count = w2.instruction_count, .blocks = w2.blocks, .words = w2.words,
                    .starts = w2.starts, .before = before};
    resolve_jumps(c, w2.instructions);
    return c;
}

bytes evm_code_bytes(const evm_code *c)
{
    return c->code;
}

size_t evm_code_memory_bytes(const evm_code *c)
{
    return c->memory_bytes;
}

void evm_code_free(evm_code *c)
{
    free(c);
}
