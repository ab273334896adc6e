/* DagTransfer, 0x5002: the reference's example of parallel transfers. Source: spec/precompiled.md 8.1. */
#include "contract/contract.h"
#include "contract/number_text.h"
#include "contract/parallel.h"

static const bytes user_field = {(const uint8_t *)"user_name", 9}, balance_field = {(const uint8_t *)"user_balance", 12};

static state_table *open_transfers(contract_call *c)
{
    bytes name = rules_have(c->rules, GATE_SHORT_TABLE_NAMES) ? BYTES_OF_LITERAL("u_dag_transfer") : BYTES_OF_LITERAL("_dag_transfer_");
    state_table *table = tx_state_open(c->state, name);
    if (table == NULL)
        (void)tx_state_create_table(c->state, name, user_field, balance_field, NULL, &table);
    return table;
}

static contract_outcome answer(contract_call *c, int code)
{
    return contract_answer_i64(c, code);
}

static bytes balance_text(contract_call *c, u256 balance)
{
    char *digits = arena_take(c->memory, U256_DECIMAL_BYTES);
    size_t size = u256_to_decimal(balance, digits);
    return bytes_of(digits, size);
}

/* false: there is no such user. *good is false when its balance is no number: an exception. */
static bool find_user(contract_call *c, state_table *table, bytes user, u256 *balance, bool *good)
{
    state_row *r = tx_state_find(c->state, table, user);
    *balance = U256_ZERO;
    if (r && !number_read_constructed(tx_state_field(c->state, r, balance_field), balance))
        *good = false;
    return r != NULL;
}

static int insert_user(contract_call *c, state_table *table, bytes user, u256 balance, bool forced)
{
    state_row *r = tx_state_new_row(c->state, forced);
    tx_state_set_field(c->state, r, user_field, user);
    tx_state_set_field(c->state, r, balance_field, balance_text(c, balance));
    return tx_state_insert_row(c->state, table, user, r, &c->origin);
}

static int update_user(contract_call *c, state_table *table, bytes user, u256 balance)
{
    const row_field fields[] = {{balance_field, balance_text(c, balance)}, {user_field, user}};
    return tx_state_update(c->state, table, user, fields, COUNT(fields), NULL, &c->origin);
}

/* What a write of one row means: 1 row is success. */
static int code_of_count(int count)
{
    return count < 0 ? CODE_NO_AUTHORIZED : CODE_SUCCESS;
}

static contract_outcome user_add(contract_call *c)
{
    bytes user = abi_read_bytes(&c->arguments);
    u256 amount = abi_read_u256(&c->arguments);
    if (user.size == 0)
        return answer(c, CODE_DAG_INVALID_USER_NAME);
    state_table *table = open_transfers(c);
    if (table == NULL)
        return answer(c, CODE_DAG_OPENTABLE_FAILED);
    if (tx_state_find(c->state, table, user))
        return answer(c, CODE_DAG_USER_ALREADY_EXIST);
    return answer(c, code_of_count(insert_user(c, table, user, amount, true)));
}

/* The checks that userSave and userDraw share. false: *code is the answer. */
static bool open_for_amount(contract_call *c, bytes *user, u256 *amount, state_table **table, int *code)
{
    *user = abi_read_bytes(&c->arguments);
    *amount = abi_read_u256(&c->arguments);
    if (user->size == 0) {
        *code = CODE_DAG_INVALID_USER_NAME;
        return false;
    }
    if (u256_is_zero(*amount)) {
        *code = CODE_DAG_INVALID_AMOUNT;
        return false;
    }
    *table = open_transfers(c);
    *code = CODE_DAG_OPENTABLE_FAILED;
    return *table != NULL;
}

static contract_outcome user_save(contract_call *c)
{
    bytes user;
    u256 amount, old;
    state_table *table;
    int code;
    bool good = true;
    if (!open_for_amount(c, &user, &amount, &table, &code))
        return answer(c, code);
    bool exists = find_user(c, table, user, &old, &good);
    if (!good)
        return CONTRACT_EXCEPTION;
    if (!exists)
        return answer(c, code_of_count(insert_user(c, table, user, amount, false)));
    u256 sum = u256_add(old, amount);
    if (u256_compare(sum, old) < 0)
        return answer(c, CODE_DAG_BALANCE_OVERFLOW);
    return answer(c, code_of_count(update_user(c, table, user, sum)));
}

static contract_outcome user_draw(contract_call *c)
{
    bytes user;
    u256 amount, old;
    state_table *table;
    int code;
    bool good = true;
    if (!open_for_amount(c, &user, &amount, &table, &code))
        return answer(c, code);
    bool exists = find_user(c, table, user, &old, &good);
    if (!good)
        return CONTRACT_EXCEPTION;
    if (!exists)
        return answer(c, CODE_DAG_USER_NOT_EXIST);
    if (u256_compare(old, amount) < 0)
        return answer(c, CODE_DAG_INSUFFICIENT_BALANCE);
    return answer(c, code_of_count(update_user(c, table, user, u256_sub(old, amount))));
}

static contract_outcome transfer(contract_call *c, bytes from, bytes to, u256 amount)
{
    u256 from_balance, to_balance;
    bool good = true;
    state_table *table = open_transfers(c);
    if (table == NULL)
        return answer(c, CODE_DAG_OPENTABLE_FAILED);
    bool has_from = find_user(c, table, from, &from_balance, &good);
    if (!has_from)
        return answer(c, CODE_DAG_USER_NOT_EXIST);
    if (good && u256_compare(from_balance, amount) < 0)
        return answer(c, CODE_DAG_INSUFFICIENT_BALANCE);
    bool has_to = good && find_user(c, table, to, &to_balance, &good);
    if (!good)
        return CONTRACT_EXCEPTION;
    if (!has_to && insert_user(c, table, to, U256_ZERO, false) < 0)
        return answer(c, CODE_NO_AUTHORIZED);
    /* QUIRK: the row just inserted stays when the sum overflows. */
    u256 sum = u256_add(to_balance, amount);
    if (u256_compare(sum, to_balance) < 0)
        return answer(c, CODE_DAG_BALANCE_OVERFLOW);
    int count = update_user(c, table, from, u256_sub(from_balance, amount));
    if (count >= 0)
        count = update_user(c, table, to, sum);
    return answer(c, code_of_count(count));
}

static contract_outcome user_transfer(contract_call *c)
{
    bytes from = abi_read_bytes(&c->arguments), to = abi_read_bytes(&c->arguments);
    u256 amount = abi_read_u256(&c->arguments);
    if (from.size == 0 || to.size == 0)
        return answer(c, CODE_DAG_INVALID_USER_NAME);
    if (u256_is_zero(amount))
        return answer(c, CODE_DAG_INVALID_AMOUNT);
    if (bytes_equal(from, to))
        return answer(c, CODE_SUCCESS);
    return transfer(c, from, to, amount);
}

static contract_outcome user_balance(contract_call *c)
{
    bytes user = abi_read_bytes(&c->arguments);
    u256 balance = U256_ZERO;
    bool good = true;
    int code = CODE_SUCCESS;
    state_table *table = user.size ? open_transfers(c) : NULL;
    if (user.size == 0)
        code = CODE_DAG_INVALID_USER_NAME;
    else if (table == NULL)
        code = CODE_DAG_OPENTABLE_FAILED;
    else if (!find_user(c, table, user, &balance, &good))
        code = CODE_DAG_USER_NOT_EXIST;
    if (!good)
        return CONTRACT_EXCEPTION;
    abi_writer w = abi_writer_of(c->memory);
    abi_write_i64(&w, code);
    abi_write_u256(&w, balance);
    c->output = abi_written(&w);
    return CONTRACT_DONE;
}

static const contract_method methods[] = {
    {"userAdd(string,uint256)", 0, false, user_add},
    {"userSave(string,uint256)", 0, false, user_save},
    {"userDraw(string,uint256)", 0, false, user_draw},
    {"userTransfer(string,string,uint256)", 0, false, user_transfer},
    {"userBalance(string)", 0, false, user_balance},
};

/* The users whose balances a call changes; none when a name is empty. QUIRK: userBalance declares none although it reads. */
static size_t conflict_keys(size_t method, abi_reader arguments, bytes *keys)
{
    static const size_t user_count[COUNT(methods) + 1] = {1, 1, 1, 2, 0, 0};
    for (size_t i = 0; i < user_count[method]; i++) {
        keys[i] = abi_read_bytes(&arguments);
        if (keys[i].size == 0)
            return 0;
    }
    return user_count[method];
}

const contract contract_dag_transfer = {.address = 0x5002, .name = "DagTransfer", .methods = methods, .method_count = COUNT(methods),
                                        .conflict_keys = conflict_keys};
