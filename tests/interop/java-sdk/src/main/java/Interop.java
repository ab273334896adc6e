// The public Java SDK, as applications use it, against two nodes of a running chain.
// Arguments: folder with the SDK's certificates, channel ports of node 0 and node 1, folder of the compiled HelloWorld.
// Prints a line "ok WHAT" for each step, and "all done" at the end.

import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fisco.bcos.sdk.BcosSDK;
import org.fisco.bcos.sdk.amop.AmopCallback;
import org.fisco.bcos.sdk.amop.AmopMsgOut;
import org.fisco.bcos.sdk.amop.AmopResponse;
import org.fisco.bcos.sdk.amop.AmopResponseCallback;
import org.fisco.bcos.sdk.amop.topic.AmopMsgIn;
import org.fisco.bcos.sdk.amop.topic.TopicType;
import org.fisco.bcos.sdk.client.Client;
import org.fisco.bcos.sdk.config.ConfigOption;
import org.fisco.bcos.sdk.config.model.ConfigProperty;
import org.fisco.bcos.sdk.contract.precompiled.cns.CnsService;
import org.fisco.bcos.sdk.contract.precompiled.crud.TableCRUDService;
import org.fisco.bcos.sdk.contract.precompiled.crud.common.Condition;
import org.fisco.bcos.sdk.contract.precompiled.crud.common.Entry;
import org.fisco.bcos.sdk.contract.precompiled.permission.PermissionService;
import org.fisco.bcos.sdk.crypto.keypair.CryptoKeyPair;
import org.fisco.bcos.sdk.eventsub.EventCallback;
import org.fisco.bcos.sdk.eventsub.EventLogParams;
import org.fisco.bcos.sdk.model.EventLog;
import org.fisco.bcos.sdk.model.TransactionReceipt;
import org.fisco.bcos.sdk.transaction.manager.AssembleTransactionProcessor;
import org.fisco.bcos.sdk.transaction.manager.TransactionProcessorFactory;
import org.fisco.bcos.sdk.transaction.model.dto.TransactionResponse;

public class Interop {
    static String abi, bin;

    static void check(boolean ok, String what) {
        if (!ok) throw new AssertionError(what);
        System.out.println("ok " + what);
    }

    static BcosSDK connect(String certificates, int port) throws Exception {
        ConfigProperty property = new ConfigProperty();
        Map<String, Object> material = new HashMap<>();
        material.put("certPath", certificates);
        property.cryptoMaterial = material;
        Map<String, Object> network = new HashMap<>();
        network.put("peers", new ArrayList<>(Collections.singletonList("127.0.0.1:" + port)));
        property.network = network;
        return new BcosSDK(new ConfigOption(property));
    }

    static AmopMsgOut message(String topic, TopicType type, String text) {
        AmopMsgOut out = new AmopMsgOut();
        out.setTopic(topic);
        out.setType(type);
        out.setContent(text.getBytes());
        out.setTimeout(6000);
        return out;
    }

    static AmopResponse ask(BcosSDK sdk, AmopMsgOut out) throws Exception {
        LinkedBlockingQueue<AmopResponse> answers = new LinkedBlockingQueue<>();
        sdk.getAmop().sendAmopMsg(out, new AmopResponseCallback() {
            public void onResponse(AmopResponse response) {
                answers.add(response);
            }
        });
        return answers.poll(10, TimeUnit.SECONDS);
    }

    static String textOf(AmopResponse response) {
        if (response == null) return "no answer";
        if (response.getErrorCode() != null && response.getErrorCode() != 0) return "error " + response.getErrorCode();
        return new String(response.getAmopMsgIn().getContent());
    }

    // The topics of one node reach the other ones with the next heartbeat.
    static String askUntilAnswered(BcosSDK sdk, AmopMsgOut out, String wanted, int seconds) throws Exception {
        String text = "";
        for (long end = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < end; Thread.sleep(200)) {
            text = textOf(ask(sdk, out));
            if (text.equals(wanted)) break;
        }
        return text;
    }

    static AmopCallback answering(String with, ConcurrentLinkedQueue<String> heard) {
        return new AmopCallback() {
            public byte[] receiveAmopMsg(AmopMsgIn in) {
                heard.add(new String(in.getContent()));
                return (with + new String(in.getContent())).getBytes();
            }
        };
    }

    static void contract(BcosSDK sdk, Client client) throws Exception {
        CryptoKeyPair pair = client.getCryptoSuite().createKeyPair();
        AssembleTransactionProcessor processor = TransactionProcessorFactory.createAssembleTransactionProcessor(client, pair);
        TransactionResponse deployed = processor.deployAndGetResponse(abi, bin, Collections.emptyList());
        check("0x0".equals(deployed.getTransactionReceipt().getStatus()), "deploy");
        String address = deployed.getContractAddress();
        LinkedBlockingQueue<EventLog> logs = new LinkedBlockingQueue<>();
        EventLogParams params = new EventLogParams();
        params.setFromBlock("1");
        params.setToBlock("latest");
        params.setAddresses(Collections.singletonList(address));
        params.setTopics(new ArrayList<>());
        String subscription = sdk.getEventSubscribe(1).subscribeEvent(params, new EventCallback() {
            public void onReceiveLog(int status, List<EventLog> list) {
                if (list != null) logs.addAll(list);
            }
        });
        CountDownLatch block = new CountDownLatch(1);
        String notice = sdk.getGroupManagerService().registerBlockNotifyCallback((peer, number) -> block.countDown());
        TransactionResponse sent = processor.sendTransactionAndGetResponse(address, abi, "set", Collections.singletonList("a word"));
        TransactionReceipt receipt = sent.getTransactionReceipt();
        check("0x0".equals(receipt.getStatus()) && receipt.getLogs().size() == 1, "send: receipt with status and log");
        check(processor.sendCall(pair.getAddress(), address, abi, "get", Collections.emptyList()).getValues().contains("a word"), "call");
        check(block.await(10, TimeUnit.SECONDS), "block notification");
        sdk.getGroupManagerService().eraseBlockNotifyCallback(notice);
        EventLog log = logs.poll(15, TimeUnit.SECONDS);
        check(log != null && log.getAddress().equals(address) && log.getTransactionHash().equals(receipt.getTransactionHash())
                && log.getBlockNumber().equals(new BigInteger(receipt.getBlockNumber().substring(2), 16)), "event log pushed");
        sdk.getEventSubscribe(1).unsubscribeEvent(subscription, new EventCallback() {
            public void onReceiveLog(int status, List<EventLog> list) {}
        });
        String signed = processor.createSignedTransaction(address, processor.encodeFunction(abi, "set", Collections.singletonList("proven")), pair);
        TransactionReceipt proven = client.sendRawTransactionAndGetReceiptWithProof(signed);
        check("0x0".equals(proven.getStatus()) && proven.getTxProof() != null && proven.getReceiptProof() != null, "receipt with proofs");
        TransactionReceipt again = client.sendRawTransactionAndGetReceipt(signed);
        check(!"0x0".equals(again.getStatus()), "refusal as a receipt: " + again.getStatus());
        List<Thread> threads = new ArrayList<>();
        ConcurrentLinkedQueue<String> statuses = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                for (int k = 0; k < 10; k++)
                    try {
                        statuses.add(processor.sendTransactionAndGetResponse(address, abi, "set", Collections.singletonList("x"))
                                .getTransactionReceipt().getStatus());
                    } catch (Exception failure) {
                        statuses.add(failure.toString());
                    }
            });
            thread.start();
            threads.add(thread);
        }
        for (Thread thread : threads) thread.join();
        check(statuses.size() == 80 && statuses.stream().allMatch("0x0"::equals), "80 transactions of 8 threads");
    }

    static void services(Client client) throws Exception {
        String table = "t_" + System.currentTimeMillis();
        CryptoKeyPair pair = client.getCryptoSuite().createKeyPair();
        TableCRUDService crud = new TableCRUDService(client, pair);
        check(crud.createTable(table, "name", Arrays.asList("age", "city")).getCode() == 0, "CRUD: create a table");
        Map<String, String> row = new HashMap<>();
        row.put("age", "7");
        row.put("city", "Luebeck");
        check(crud.insert(table, "anna", new Entry(row)).getCode() == 1, "CRUD: insert");
        Condition condition = new Condition();
        condition.EQ("age", "7");
        List<Map<String, String>> found = crud.select(table, "anna", condition);
        check(found.size() == 1 && "Luebeck".equals(found.get(0).get("city")), "CRUD: select");
        row.put("city", "Bergen");
        check(crud.update(table, "anna", new Entry(row), condition).getCode() == 1, "CRUD: update");
        check("Bergen".equals(crud.select(table, "anna", condition).get(0).get("city")), "CRUD: select the update");
        check(crud.remove(table, "anna", condition).getCode() == 1, "CRUD: remove");
        check("name".equals(crud.desc(table).get(0).get("key_field")), "CRUD: desc");
        CnsService cns = new CnsService(client, pair);
        String name = "Hello" + System.currentTimeMillis();
        String address = "0x1234567890123456789012345678901234567890";
        check(cns.registerCNS(name, "1.0", address, abi).getCode() >= 0, "CNS: register");
        check(cns.selectByNameAndVersion(name, "1.0").size() == 1, "CNS: select");
        check(address.equals(cns.getContractAddress(name, "1.0")), "CNS: address");
        PermissionService permission = new PermissionService(client, pair);
        check(permission.grantPermission(table, pair.getAddress()).getCode() >= 0, "permission: grant");
        check(permission.queryPermissionByTableName(table).size() == 1, "permission: query");
        check(permission.revokePermission(table, pair.getAddress()).getCode() >= 0, "permission: revoke");
    }

    static void status(Client client) {
        check(client.getPbftView().getPbftView() != null && client.getSealerList().getSealerList().size() == 4
                && client.getConsensusStatus().getConsensusStatus() != null && client.getSyncStatus().getSyncStatus() != null
                && client.getPeers().getPeers().size() == 3 && client.getNodeIDList().getNodeIDList().size() == 4
                && client.getGroupList().getGroupList().contains("1") && client.getPendingTxSize() != null
                && client.getTotalTransactionCount().getTotalTransactionCount() != null
                && client.getBlockByNumber(BigInteger.ONE, true).getBlock().getTransactions().size() >= 1
                && client.getBlockHeaderByNumber(BigInteger.ONE, true).getBlockHeader() != null
                && client.getSystemConfigByKey("tx_count_limit").getSystemConfig().equals("1000"), "status methods");
    }

    static void amop(BcosSDK one, BcosSDK other, BcosSDK neighbour) throws Exception {
        ConcurrentLinkedQueue<String> heard = new ConcurrentLinkedQueue<>();
        check(textOf(ask(one, message("interop", TopicType.NORMAL_TOPIC, "too early"))).equals("error 100"), "AMOP: nobody there: 100");
        other.getAmop().subscribeTopic("interop", answering("heard ", heard));
        check(askUntilAnswered(one, message("interop", TopicType.NORMAL_TOPIC, "hello"), "heard hello", 20).equals("heard hello"),
                "AMOP: unicast to another node");
        heard.clear();
        one.getAmop().broadcastAmopMsg(message("interop", TopicType.NORMAL_TOPIC, "to all"));
        for (int i = 0; i < 100 && heard.isEmpty(); i++) Thread.sleep(50);
        check("to all".equals(heard.peek()), "AMOP: multicast");
        neighbour.getAmop().subscribeTopic("local", answering("local ", heard));
        check(askUntilAnswered(one, message("local", TopicType.NORMAL_TOPIC, "hello"), "local hello", 10).equals("local hello"),
                "AMOP: to a client of the same node");
        CryptoKeyPair pair = new org.fisco.bcos.sdk.crypto.CryptoSuite(0).createKeyPair();
        Path pem = Files.createTempFile("interop", ".pem");
        pair.storeKeyPairWithPem(pem.toString());
        other.getAmop().subscribePrivateTopics("secret", new org.fisco.bcos.sdk.crypto.keystore.PEMKeyStore(pem.toString()), answering("private ", heard));
        one.getAmop().publishPrivateTopicWithHexPublicKeyList("secret", Collections.singletonList(pair.getHexPublicKey()));
        check(askUntilAnswered(one, message("secret", TopicType.PRIVATE_TOPIC, "hello"), "private hello", 40).equals("private hello"),
                "AMOP: a private topic, verified");
        Files.delete(pem);
    }

    // The SDK's threads would keep the process alive after an exception.
    public static void main(String[] args) {
        try {
            run(args);
            System.out.println("all done");
            System.exit(0);
        } catch (Throwable failure) {
            failure.printStackTrace();
            System.exit(1);
        }
    }

    static void run(String[] args) throws Exception {
        abi = Files.readString(Path.of(args[3], "HelloWorld.abi")).trim();
        bin = Files.readString(Path.of(args[3], "HelloWorld.bin")).trim();
        BcosSDK one = connect(args[0], Integer.parseInt(args[1]));
        BcosSDK neighbour = connect(args[0], Integer.parseInt(args[1]));
        BcosSDK other = connect(args[0], Integer.parseInt(args[2]));
        Client client = one.getClient(1);
        check(client.getClientNodeVersion().getNodeVersion().getSupportedVersion() != null, "connect and negotiate");
        contract(one, client);
        services(client);
        status(client);
        amop(one, other, neighbour);
    }
}
