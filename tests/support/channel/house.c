#include "support/channel/house.h"

#include "base/memory.h"

static void on_block(void *context, int32_t group_id, int64_t number)
{
    channel_door_block(((house *)context)->door, group_id, number);
}

house *house_open_with(channel_door_config config, channel_certificates *certificates)
{
    house *h = memory_new(sizeof *h);
    error_text why = {""};
    h->w = world_found();
    h->w->seals = true;
    h->certificates = certificates;
    config.listen_ip = "127.0.0.1";
    config.identity = h->certificates->identity;
    config.check_issuer = true;
    config.seed = 7;
    log_config console = {.enabled = true, .to_console = true, .level = LOG_DEBUG};
    if (getenv("HANSE_TEST_LOG"))
        h->log = log_open(&console, &why);
    h->door = channel_door_start(&config, &h->w->backend, h->w->workers, h->log, &why);
    if (h->door == NULL)
        fail_msg("%s", why.text);
    h->w->on_block = on_block;
    h->w->on_block_context = h;
    return h;
}

house *house_open(channel_door_config config)
{
    return house_open_with(config, channel_certificates_rsa());
}

void house_close(house *h)
{
    h->w->on_block = NULL;
    channel_door_stop(h->door);
    world_close(h->w);
    log_close(h->log);
    channel_certificates_free(h->certificates);
    free(h);
}

channel_client *house_enter(house *h, unsigned version)
{
    channel_client *c = channel_connect(channel_door_port(h->door), h->certificates);
    if (version)
        channel_shake_hands(c, version);
    return c;
}

void house_sync(channel_client *c)
{
    channel_seq seq = channel_send_text(c, CHANNEL_RPC, "[]");
    channel_frame f = channel_receive(c);
    assert_int_equal(f.type, CHANNEL_RPC);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
}

void house_subscribe(channel_client *c, const char *topics)
{
    channel_send_text(c, CHANNEL_TOPICS, topics);
    house_sync(c);
}

/* ---- blocks ---- */

static transaction *sign(house *h, transaction_fields fields)
{
    secret_key key = {{0}};
    key.b[31] = 5;
    fields.gas_price = u256_of(1);
    fields.gas = u256_of(10000000);
    fields.block_limit = u256_of((uint64_t)ledger_head(h->w->ledger).number + 100);
    fields.group_id = u256_of(1);
    return transaction_sign(&h->w->rules, &fields, &key);
}

transaction *house_transaction(house *h, uint64_t nonce, uint64_t chain_id)
{
    transaction_fields fields = {.nonce = u256_of(nonce), .chain_id = u256_of(chain_id)};
    fields.to.b[19] = 0x77;
    return sign(h, fields);
}

static uint64_t new_nonce(house *h)
{
    return 1000000 + ++h->nonce;
}

address house_deploy_emitter(house *h, unsigned topic_count)
{
    enum { PUSH1 = 0x60, CALLDATALOAD = 0x35, LOG0 = 0xa0, MSTORE = 0x52, RETURN = 0xf3, PUSH1_SIZE = 2 };
    uint8_t runtime[32] = {0}, code[64];
    size_t size = 0;
    for (unsigned i = topic_count; i-- > 0;) { /* the first topic is on top */
        runtime[size++] = PUSH1;
        runtime[size++] = (uint8_t)(32 * i);
        runtime[size++] = CALLDATALOAD;
    }
    const uint8_t rest[] = {PUSH1, 0, PUSH1, 0, (uint8_t)(LOG0 + topic_count), 0};
    memcpy(runtime + size, rest, sizeof rest);
    size += sizeof rest;
    size_t used = 0;
    code[used++] = (uint8_t)(PUSH1 + size - 1);
    memcpy(code + used, runtime, size);
    used += size;
    const uint8_t give[] = {PUSH1, 0, MSTORE, PUSH1, (uint8_t)size, PUSH1, (uint8_t)(32 - size), RETURN};
    memcpy(code + used, give, sizeof give);
    used += sizeof give;
    transaction *tx = sign(h, (transaction_fields){.nonce = u256_of(new_nonce(h)), .is_creation = true, .chain_id = u256_of(1),
                                                   .data = bytes_of(code, used)});
    world_make_block(h->w, &tx, 1);
    transaction_drop(tx);
    block *b = ledger_block_by_number(h->w->ledger, ledger_head(h->w->ledger).number);
    assert_int_equal(b->receipts[0].status, 0);
    address made = b->receipts[0].contract_address;
    block_drop(b);
    return made;
}

void house_emit(house *h, const address *emitter, uint64_t first_topic, size_t count)
{
    transaction **txs = memory_new_array(count, sizeof(transaction *));
    for (size_t i = 0; i < count; i++) {
        uint8_t words[4 * 32] = {0};
        u256_to_be(u256_of(first_topic + i), words);
        txs[i] = sign(h, (transaction_fields){.nonce = u256_of(new_nonce(h)), .to = *emitter, .chain_id = u256_of(1),
                                              .data = BYTES_OF_VALUE(words)});
    }
    world_make_block(h->w, txs, count);
    for (size_t i = 0; i < count; i++)
        transaction_drop(txs[i]);
    free(txs);
}

void house_make_blocks(house *h, size_t count)
{
    for (size_t i = 0; i < count; i++)
        world_make_block(h->w, NULL, 0);
}

/* ---- what clients expect ---- */

void house_expect_block(channel_client *c, const char *body)
{
    channel_seq zeros;
    memset(zeros.b, '0', sizeof zeros.b);
    channel_expect(c, CHANNEL_BLOCK, &zeros, body);
}

void house_expect_amop(channel_client *c, const channel_seq *seq, int32_t result, const char *body)
{
    channel_frame f = channel_receive(c);
    assert_int_equal(f.type, CHANNEL_AMOP_RESPONSE);
    assert_memory_equal(&f.seq, seq, sizeof *seq);
    assert_int_equal(f.result, result);
    assert_true(bytes_equal_text(f.body, body));
}

void house_expect_silence(channel_client *c, unsigned ms)
{
    channel_frame f;
    if (channel_receive_within(c, ms, &f))
        fail_msg("nothing was expected, type 0x%x came: %.*s", f.type, (int)f.body.size, (const char *)f.body.data);
}

int house_register_events(channel_client *c, const char *id, const char *fields)
{
    char body[1024];
    snprintf(body, sizeof body, "\x01{\"filterID\":\"%s\",\"groupID\":1,\"addresses\":[],\"topics\":[]%s}", id, fields);
    channel_seq seq = channel_send_text(c, CHANNEL_REGISTER_EVENTS, body);
    channel_frame f = channel_receive(c);
    assert_int_equal(f.type, CHANNEL_REGISTER_EVENTS);
    assert_memory_equal(&f.seq, &seq, sizeof seq);
    int result;
    char text[64];
    snprintf(text, sizeof text, "%.*s", (int)f.body.size, (const char *)f.body.data);
    assert_int_equal(sscanf(text, "\x01{\"result\":%d}\n", &result), 1);
    return result;
}

json_t *house_receive_events(channel_client *c, const char *id)
{
    channel_frame f = channel_receive(c);
    channel_seq zeros;
    memset(zeros.b, '0', sizeof zeros.b);
    if (f.type != CHANNEL_EVENTS)
        fail_msg("events were expected, type 0x%x came", f.type);
    assert_memory_equal(&f.seq, &zeros, sizeof zeros);
    assert_int_equal(f.result, 0);
    assert_int_equal(f.body.data[f.body.size - 1], '\n');
    json_t *root = json_loadb((const char *)f.body.data, f.body.size, 0, NULL);
    assert_non_null(root);
    assert_string_equal(json_string_value(json_object_get(root, "filterID")), id);
    return root;
}
