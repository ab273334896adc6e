#include "support_evm.h"

#include "base/memory.h"
#include "codec/hex.h"
#include "vm/opcodes.h"

static const char *const names[256] = {
#define OPCODE(byte, name, gas, needs, change, since) [byte] = #name,
#include "vm/opcodes.def"
};

enum { LABELS_MAX = 32, LABEL_CHARS = 24 };

typedef struct {
    char name[LABEL_CHARS];
    size_t at;
} label;

typedef struct {
    buffer code;
    label defined[LABELS_MAX], used[LABELS_MAX];
    size_t defined_count, used_count;
} assembler;

static void put_push(assembler *s, u256 value)
{
    uint8_t data[32];
    size_t size = u256_to_be_minimal(value, data);
    if (size == 0)
        data[size++] = 0;
    buffer_append_byte(&s->code, (uint8_t)(OP_PUSH1 + size - 1));
    buffer_append(&s->code, bytes_of(data, size));
}

static void put_word(assembler *s, const char *item)
{
    if (*item == '#') {
        arena a = {0};
        bytes raw;
        assert_true(hex_read_any(&a, bytes_of_text(item + 1), &raw));
        buffer_append(&s->code, raw);
        arena_reset(&a);
        return;
    }
    if (*item == ':' || *item == '@') {
        label *l = *item == ':' ? &s->defined[s->defined_count++] : &s->used[s->used_count++];
        l->at = s->code.size;
        assert_true(strlen(item + 1) < sizeof l->name);
        strcpy(l->name, item + 1);
        static const uint8_t push2[] = {0x61, 0, 0}, jumpdest[] = {0x5b};
        buffer_append(&s->code, *item == ':' ? bytes_of(jumpdest, 1) : bytes_of(push2, 3));
        return;
    }
    if (*item >= '0' && *item <= '9') {
        u256 value = U256_ZERO;
        if (item[1] == 'x')
            value = word(item + 2);
        else
            assert_true(u256_from_decimal(bytes_of_text(item), &value));
        put_push(s, value);
        return;
    }
    for (int i = 0; i < 256; i++)
        if (names[i] && strcmp(names[i], item) == 0) {
            buffer_append_byte(&s->code, (uint8_t)i);
            return;
        }
    fail_msg("no such opcode: %s", item);
}

static void resolve_labels(assembler *s)
{
    for (size_t i = 0; i < s->used_count; i++) {
        size_t j = 0;
        while (j < s->defined_count && strcmp(s->defined[j].name, s->used[i].name) != 0)
            j++;
        assert_true(j < s->defined_count);
        write_be16(s->code.data + s->used[i].at + 1, (uint16_t)s->defined[j].at);
    }
}

bytes assemble(arena *a, const char *text)
{
    assembler s = {.code = buffer_init(BUFFER_NO_LIMIT)};
    unsigned long times = 1;
    while (*(text += strspn(text, " \n"))) {
        char item[80];
        size_t size = strcspn(text, " \n");
        assert_true(size < sizeof item);
        memcpy(item, text, size);
        item[size] = '\0';
        text += size;
        if (*item == '<') {
            times = strtoul(item + 1, NULL, 10);
            continue;
        }
        for (; times > 0; times--)
            put_word(&s, item);
        times = 1;
    }
    resolve_labels(&s);
    bytes out = arena_copy(a, buffer_bytes(&s.code));
    buffer_free(&s.code);
    return out;
}

u256 word(const char *hex)
{
    uint8_t out[32] = {0};
    size_t digits = strlen(hex);
    char padded[65];
    assert_true(digits <= 64);
    memset(padded, '0', 64);
    memcpy(padded + 64 - digits, hex, digits);
    assert_true(hex_read(bytes_of(padded, 64), out, 32));
    return u256_from_be(bytes_of(out, 32));
}

address address_number(unsigned number)
{
    address a = {0};
    write_be32(a.b + 16, number);
    return a;
}

static mock_account *account_of(world *w, const address *where)
{
    for (size_t i = 0; i < w->account_count; i++)
        if (memcmp(&w->accounts[i].where, where, sizeof *where) == 0)
            return &w->accounts[i];
    return NULL;
}

mock_slot *world_slot(world *w, const address *self, u256 slot)
{
    for (size_t i = 0; i < w->slot_count; i++)
        if (memcmp(&w->slots[i].self, self, sizeof *self) == 0 && u256_equal(w->slots[i].slot, slot))
            return &w->slots[i];
    assert_true(w->slot_count < MOCK_SLOTS_MAX);
    mock_slot *s = &w->slots[w->slot_count++];
    *s = (mock_slot){.self = *self, .slot = slot};
    return s;
}

static u256 mock_get_storage(void *context, const address *self, const u256 *slot)
{
    return world_slot(context, self, *slot)->value;
}

static u256 mock_original_storage(void *context, const address *self, const u256 *slot)
{
    return world_slot(context, self, *slot)->original;
}

static evm_storage_change mock_set_storage(void *context, const address *self, const u256 *slot, const u256 *value)
{
    world *w = context;
    if (w->denies_storage)
        return EVM_STORAGE_DENIED;
    mock_slot *s = world_slot(w, self, *slot);
    u256 old = s->value;
    s->value = *value;
    buffer_print(&w->trace, "set %llu=%llu\n", (unsigned long long)slot->limb[0], (unsigned long long)value->limb[0]);
    if (u256_equal(old, *value))
        return EVM_STORAGE_UNCHANGED;
    return u256_is_zero(old) ? EVM_STORAGE_ADDED : u256_is_zero(*value) ? EVM_STORAGE_DELETED : EVM_STORAGE_MODIFIED;
}

static u256 mock_balance(void *context, const address *account)
{
    (void)account;
    return ((world *)context)->balance;
}

static bytes mock_code(void *context, const address *account)
{
    mock_account *found = account_of(context, account);
    return found ? found->code : BYTES_EMPTY;
}

static size_t mock_code_size(void *context, const address *account)
{
    return mock_code(context, account).size;
}

static hash256 mock_code_hash(void *context, const address *account)
{
    hash256 hash = {{0}};
    if (account_of(context, account))
        memset(hash.b, 0xcc, sizeof hash.b);
    return hash;
}

static bool mock_account_exists(void *context, const address *account)
{
    world *w = context;
    buffer_print(&w->trace, "exists? %02x\n", account->b[19]);
    return w->all_exist || account_of(w, account) != NULL;
}

static hash256 mock_block_hash(void *context, int64_t number)
{
    hash256 hash = {{0}};
    (void)context;
    hash.b[0] = 0xb0;
    write_be64(hash.b + 24, (uint64_t)number);
    return hash;
}

static void mock_emit_log(void *context, const address *self, const hash256 *topics, size_t topic_count, bytes data)
{
    world *w = context;
    assert_true(w->log_count < MOCK_LOGS_MAX && topic_count <= LOG_TOPICS_MAX);
    log_entry *entry = &w->logs[w->log_count++];
    *entry = (log_entry){.from = *self, .topic_count = topic_count, .data = arena_copy(&w->memory, data)};
    if (topic_count)
        memcpy(entry->topics, topics, topic_count * sizeof *topics);
}

static void mock_self_destruct(void *context, const address *self, const address *beneficiary)
{
    buffer_print(&((world *)context)->trace, "self-destruct %02x to %02x\n", self->b[19], beneficiary->b[19]);
}

static const evm_environment *mock_environment(void *context)
{
    return &((world *)context)->environment;
}

void world_init(world *w, evm_revision revision, const evm_gas_table *gas, int64_t gas_limit)
{
    *w = (world){
        .rules = {.revision = revision, .gas = gas, .sha3 = DIGEST_KECCAK256},
        .message = {.self = address_number(0xaa), .caller = address_number(0xbb), .gas = gas_limit},
        .environment = {.number = 1000, .timestamp = 1600000000123, .origin = address_number(0xcc)},
        .trace = buffer_init(BUFFER_NO_LIMIT),
        .fixed_success = true,
        .host = {mock_get_storage, mock_set_storage, mock_balance, mock_code_size, mock_code, mock_code_hash,
                 mock_account_exists, mock_block_hash, mock_emit_log, mock_self_destruct, mock_environment,
                 mock_original_storage},
    };
}

void world_free(world *w)
{
    buffer_free(&w->trace);
    arena_reset(&w->memory);
}

void world_add_code(world *w, unsigned number, const char *text)
{
    assert_true(w->account_count < MOCK_ACCOUNTS_MAX);
    w->accounts[w->account_count++] = (mock_account){address_number(number), assemble(&w->memory, text)};
}

typedef struct {
    evm_frame *frame;
    evm_code *code;
} running;

typedef struct {
    running *items;
    size_t count;
} frame_stack;

static void push_frame(world *w, frame_stack *s, const evm_message *message, bytes code)
{
    s->items = memory_resize(s->items, s->count + 1, sizeof *s->items);
    running *r = &s->items[s->count++];
    r->code = evm_code_analyse(&w->rules, code);
    r->frame = evm_frame_new(&w->rules, r->code, message, &w->host, w);
    if (message->depth > w->deepest)
        w->deepest = message->depth;
}

static void pop_frame(frame_stack *s)
{
    running *r = &s->items[--s->count];
    evm_frame_free(r->frame);
    evm_code_free(r->code);
}

static void start_request(world *w, frame_stack *s, evm_result kind)
{
    evm_frame *caller = s->items[s->count - 1].frame;
    const evm_request *request = evm_frame_request(caller);
    w->last_request = *request;
    w->last_request.message.input = arena_copy(&w->memory, request->message.input);
    w->request_count++;
    if (kind == EVM_CREATE) {
        push_frame(w, s, &request->message, request->message.input);
        return;
    }
    mock_account *callee = account_of(w, &request->code_from);
    if (callee)
        push_frame(w, s, &request->message, callee->code);
    else
        evm_resume(caller, w->fixed_success, request->message.gas - w->fixed_gas_used, w->fixed_answer, NULL);
}

/* spec/execution.md 2.7: what the caller sees. */
static void finish_inner(world *w, frame_stack *s, evm_result result)
{
    evm_frame *inner = s->items[s->count - 1].frame, *caller = s->items[s->count - 2].frame;
    const evm_request *request = evm_frame_request(caller);
    bool keeps_gas = (result == EVM_OUT_OF_GAS || result == EVM_PERMISSION_DENIED) && !w->burns_all_gas;
    int64_t gas_left = keeps_gas ? request->message.gas : evm_frame_gas_left(inner);
    address created = address_number(0xc0de);
    evm_resume(caller, result == EVM_SUCCESS, gas_left, evm_frame_output(inner), &created);
    pop_frame(s);
}

evm_result execute_code(world *w, bytes code)
{
    frame_stack s = {0};
    push_frame(w, &s, &w->message, code);
    for (;;) {
        evm_frame *f = s.items[s.count - 1].frame;
        evm_result result = evm_run(f);
        if (result == EVM_CALL || result == EVM_CREATE) {
            start_request(w, &s, result);
        } else if (s.count > 1) {
            finish_inner(w, &s, result);
        } else {
            w->result = result;
            w->gas_left = evm_frame_gas_left(f);
            w->gas_used = w->message.gas - w->gas_left;
            w->refund = evm_frame_refund(f);
            w->output = arena_copy(&w->memory, evm_frame_output(f));
            pop_frame(&s);
            free(s.items);
            return result;
        }
    }
}

evm_result execute(world *w, const char *text)
{
    return execute_code(w, assemble(&w->memory, text));
}

u256 output_word(const world *w)
{
    assert_int_equal(w->output.size, 32);
    return u256_from_be(w->output);
}

u256 value_of(world *w, const char *text)
{
    const char *whole = arena_print(&w->memory, "%s 0 MSTORE 32 0 RETURN", text);
    assert_int_equal(execute(w, whole), EVM_SUCCESS);
    return output_word(w);
}
