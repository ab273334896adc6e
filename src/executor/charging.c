/* Gas that ordinary accounts pay: spec/execution.md 2.11, spec/precompiled.md 7.11. */
#include "executor/run.h"

#include "state/address_text.h"

static void add_free(block_run *run, bytes text)
{
    address_read_text(text, &run->charging.free_accounts[run->charging.free_count++]);
}

static size_t count_pieces(bytes list)
{
    size_t count = 1;
    for (size_t i = 0; i < list.size; i++)
        count += list.data[i] == ',';
    return count;
}

static void add_chargers(block_run *run, bytes list)
{
    size_t start = 0;
    for (size_t i = 0; i <= list.size; i++)
        if (i == list.size || list.data[i] == ',') {
            if (i > start)
                add_free(run, bytes_part(list, start, i - start));
            start = i + 1;
        }
}

/* QUIRK: the reference keeps a switch in memory that the consensus engine sets after each commit; the committed row says the
   same, and any text but "on" and "off" leaves it off. */
void charging_load(block_run *run)
{
    int64_t enable_number;
    run->charging = (gas_charging){0};
    if (!rules_have(run->x->rules, GATE_REMAIN_GAS) || run->x->rules->state != STATE_STORAGE ||
        !bytes_equal_text(block_state_config(run->state, "enable_charge_mgr", &enable_number), "on"))
        return;
    bytes chargers = block_state_config(run->state, "charger_list", &enable_number);
    row_set committee = {0};
    (void)block_state_committed(run->state, TABLE_ACCESS, bytes_of_text(TABLE_ACCESS), &committee);
    run->charging.is_on = true;
    run->charging.free_accounts = arena_take_array(block_state_memory(run->state), count_pieces(chargers) + committee.count,
                                                   sizeof(address));
    add_chargers(run, chargers);
    for (size_t i = 0; i < committee.count; i++) {
        const bytes *member = row_find(&committee.rows[i], bytes_of_text("address"));
        const bytes *enable = row_find(&committee.rows[i], bytes_of_text("enable_num"));
        if (member && enable && number_read_int64(*enable, &enable_number) &&
            enable_number <= block_state_parent_number(run->state))
            add_free(run, *member);
    }
}

static bool is_governance(const transaction *tx)
{
    static const address governance = {{[18] = 0x10, [19] = 0x08}};
    return !tx->is_creation && memcmp(&tx->to, &governance, sizeof governance) == 0;
}

static bool is_free(const tx_run *run)
{
    const gas_charging *charging = &run->block->charging;
    if (is_governance(run->tx))
        return true;
    for (size_t i = 0; i < charging->free_count; i++)
        if (memcmp(&charging->free_accounts[i], &run->origin, sizeof run->origin) == 0)
            return true;
    return false;
}

bool charging_check(const tx_run *run, uint64_t required)
{
    u256 remain;
    if (!run->block->charging.is_on || !run->tx->is_signed || is_free(run))
        return true;
    return account_remaining_gas(run->state, &run->origin, &remain) && u256_compare(remain, u256_of(required)) >= 0;
}

uint64_t charging_deduct(tx_run *run, uint64_t gas_left, uint64_t refund, uint64_t base)
{
    uint64_t limit = run->block->gas_limit;
    u256 remain;
    if (!run->block->charging.is_on)
        return gas_left + refund;
    if (is_free(run))
        return limit;
    if (!run->tx->is_signed || !account_remaining_gas(run->state, &run->origin, &remain) || u256_is_zero(remain))
        return gas_left;
    gas_left = gas_left == 0 ? limit - base : gas_left + refund;
    if (gas_left > limit)
        gas_left = limit;
    u256 used = u256_of(limit - gas_left);
    bool is_enough = u256_compare(remain, used) >= 0;
    if (!is_enough)
        gas_left = limit - remain.limb[0]; /* remain < used: fits */
    account_set_remaining_gas(run->state, &run->origin, is_enough ? u256_sub(remain, used) : U256_ZERO);
    return gas_left;
}
