/* spec/interfaces.md 15.1: JSON-RPC answers as the Java console's texts. */
#include "test.h"

#include "console/model.h"

static void check(const model *m, const char *json, const char *expected)
{
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    json_t *value = json_loads(json, 0, NULL);
    assert_non_null(value);
    if (json_is_array(value))
        model_print_list(m, value, &out);
    else
        model_print(m, value, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal((const char *)out.data, expected);
    buffer_free(&out);
    json_decref(value);
}

static void quantities_become_decimal(void **state)
{
    (void)state;
    char out[32];
    assert_string_equal(model_decimal("0x0", out, sizeof out), "0");
    assert_string_equal(model_decimal("0x1a0", out, sizeof out), "416");
    assert_string_equal(model_decimal("0xffffffffffffffff", out, sizeof out), "18446744073709551615");
    assert_string_equal(model_decimal("0x10000000000000000", out, sizeof out), "0x10000000000000000");
    assert_string_equal(model_decimal("12", out, sizeof out), "12");
    assert_string_equal(model_decimal("0x", out, sizeof out), "0x");
    assert_string_equal(model_decimal("0xg", out, sizeof out), "0xg");
}

static void a_block_has_no_name_and_its_hashes_have_one(void **state)
{
    (void)state;
    check(&model_block,
          "{\"number\":\"0x10\",\"hash\":\"0xaa\",\"transactions\":[\"0x01\",\"0x02\"],\"sealerList\":[\"a\",\"b\"],\"extraData\":[],"
          "\"timestamp\":\"0x5\",\"signatureList\":null}",
          "{transactions=[TransactionHash{value='0x01'}, TransactionHash{value='0x02'}], number='16', hash='0xaa', parentHash='null', "
          "logsBloom='null', transactionsRoot='null', receiptsRoot='null', dbHash='null', stateRoot='null', sealer='null', "
          "sealerList=[a, b], extraData=[], gasLimit='null', gasUsed='null', timestamp='0x5', signatureList=null}");
}

static void a_header_has_a_bare_number_and_signatures(void **state)
{
    (void)state;
    check(&model_header, "{\"number\":7,\"signatureList\":[{\"index\":\"0x3\",\"signature\":\"0xb5\"}],\"extraData\":[\"0x61\"]}",
          "BlockHeader{number=7, hash='null', parentHash='null', logsBloom='null', transactionsRoot='null', receiptsRoot='null', "
          "dbHash='null', stateRoot='null', sealer='null', sealerList=null, extraData=[0x61], gasLimit='null', gasUsed='null', "
          "timestamp='null', signatureList=[{index='0x3', signature='0xb5'}]}");
}

static void a_receipt_keeps_its_order(void **state)
{
    (void)state;
    check(&model_receipt,
          "{\"status\":\"0x0\",\"transactionHash\":\"0x01\",\"logs\":[{\"address\":\"0xa\",\"data\":\"0x\",\"topics\":[\"0xt\"]}],"
          "\"statusMsg\":\"None\"}",
          "TransactionReceipt{transactionHash='0x01', transactionIndex='null', root='null', blockNumber='null', blockHash='null', "
          "from='null', to='null', gasUsed='null', remainGas='null', contractAddress='null', "
          "logs=[Logs{address='0xa', topics=[0xt], data='0x'}], logsBloom='null', status='0x0', statusMsg='None', input='null', "
          "output='null', txProof=null, receiptProof=null, message='null'}");
}

static void proofs_and_batches_nest(void **state)
{
    (void)state;
    check(&model_receipt_proof, "{\"receiptProof\":[{\"left\":[\"30f0\"],\"right\":[]}],\"transactionReceipt\":null}",
          "ReceiptAndProof{receipt=null, receiptProof=[MerkleProofUnit{left=[30f0], right=[]}]}");
    check(&model_batch, "{\"blockInfo\":{\"receiptRoot\":\"0x1\",\"blockNumber\":\"0x2\",\"blockHash\":\"0x3\",\"receiptsCount\":\"0x4\"}}",
          "TransactionReceiptsInfo{blockInfo=BlockInfo{receiptRoot='0x1', blockNumber='0x2', blockHash='0x3', receiptsCount='0x4'}, "
          "transactionReceipts=null}");
}

static void peers_are_a_list(void **state)
{
    (void)state;
    check(&model_peer,
          "[{\"Agency\":\"agency\",\"IPAndPort\":\"127.0.0.1:30301\",\"Node\":\"node1\",\"NodeID\":\"ab\",\"Topic\":[\"_block_notify_1\"]}]",
          "[PeerInfo{nodeID='ab', iPAndPort='127.0.0.1:30301', node='node1', agency='agency', topic='[_block_notify_1]'}]");
}

static void consensus_gathers_its_numbered_sealers(void **state)
{
    (void)state;
    buffer out = buffer_init(BUFFER_NO_LIMIT);
    json_t *answer = json_loads("[{\"nodeNum\":2,\"node_index\":1,\"max_faulty_leader\":0,\"sealer.0\":\"a\",\"sealer.1\":\"b\",\"cfgErr\":false,"
                                "\"leaderFailed\":true},[{\"nodeId\":\"a\",\"view\":152}]]",
                                0, NULL);
    json_t *value = model_consensus_of(answer);
    model_print(&model_consensus, value, &out);
    buffer_append_byte(&out, '\0');
    assert_string_equal((const char *)out.data,
                        "ConsensusInfo{baseConsensusInfo=BasicConsensusInfo{nodeNum='2', nodeIndex='1', maxFaultyNodeNum='0', "
                        "sealerList=[a, b], consensusedBlockNumber='null', highestblockNumber='null', groupId='null', protocolId='null', "
                        "accountType='null', cfgErr='false', omitEmptyBlock='null', nodeId='null', allowFutureBlocks='null', "
                        "connectedNodes='null', currentView='null', toView='null', leaderFailed='true', highestblockHash='null'}, "
                        "viewInfos=[ViewInfo{nodeId='a', view='152'}]}");
    buffer_free(&out);
    json_decref(value);
    json_decref(answer);
    answer = json_loads("{}", 0, NULL);
    assert_null(model_consensus_of(answer));
    json_decref(answer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantities_become_decimal), cmocka_unit_test(a_block_has_no_name_and_its_hashes_have_one),
        cmocka_unit_test(a_header_has_a_bare_number_and_signatures), cmocka_unit_test(a_receipt_keeps_its_order),
        cmocka_unit_test(proofs_and_batches_nest), cmocka_unit_test(peers_are_a_list), cmocka_unit_test(consensus_gathers_its_numbered_sealers)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
