// The public Java SDK, as applications use it, against two nodes of a running chain.
// Arguments: folder with the SDK's certificates, channel ports of node 0 and node 1, folder of the compiled HelloWorld, and
// "ec" when the certificates are of secp256k1 instead of RSA.
// Prints a line "ok WHAT" for each step, and "all done" at the end.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.fisco.bcos.sdk.BcosSDK;
import org.fisco.bcos.sdk.client.Client;
import org.fisco.bcos.sdk.client.exceptions.ClientException;
import org.fisco.bcos.sdk.client.protocol.response.BcosBlock;
import org.fisco.bcos.sdk.config.ConfigOption;
import org.fisco.bcos.sdk.config.model.ConfigProperty;
import org.fisco.bcos.sdk.crypto.keypair.CryptoKeyPair;
import org.fisco.bcos.sdk.eventsub.EventCallback;
import org.fisco.bcos.sdk.eventsub.EventLogParams;
import org.fisco.bcos.sdk.eventsub.EventSubscribe;
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

    static void check(boolean ok, String what, Object found) {
        if (!ok) throw new AssertionError(what + ": " + found);
        check(true, what);
    }

    static BcosSDK connect(String certificates, int... ports) throws Exception {
        ConfigProperty property = new ConfigProperty();
        Map<String, Object> material = new HashMap<>();
        material.put("certPath", certificates);
        property.cryptoMaterial = material;
        Map<String, Object> network = new HashMap<>();
        List<String> peers = new ArrayList<>();
        for (int port : ports) peers.add("127.0.0.1:" + port);
        network.put("peers", peers);
        property.network = network;
        return new BcosSDK(new ConfigOption(property));
    }

    static String contract(BcosSDK sdk, Client client) throws Exception {
        CryptoKeyPair pair = client.getCryptoSuite().createKeyPair();
        AssembleTransactionProcessor processor = TransactionProcessorFactory.createAssembleTransactionProcessor(client, pair);
        TransactionResponse deployed = processor.deployAndGetResponse(abi, bin, Collections.emptyList());
        TransactionReceipt birth = deployed.getTransactionReceipt();
        check("0x0".equals(birth.getStatus()) && pair.getAddress().equals(birth.getFrom()), "deploy");
        String address = deployed.getContractAddress();
        check(client.getCode(address).getCode().startsWith("0x6080"), "code of the contract");
        ConcurrentLinkedQueue<BigInteger> blocks = new ConcurrentLinkedQueue<>();
        String notice = sdk.getGroupManagerService().registerBlockNotifyCallback((peer, number) -> blocks.add(new BigInteger(number.getBlockNumber())));
        TransactionReceipt receipt = set(processor, address, "a word");
        check("0x0".equals(receipt.getStatus()) && receipt.getTo().equals(address) && receipt.getLogs().size() == 1
                && receipt.getLogs().get(0).getAddress().equals(address) && receipt.getLogs().get(0).getTopics().size() == 2
                && receipt.getLogs().get(0).getTopics().get(1).endsWith(pair.getAddress().substring(2)), "send: receipt with status and log");
        check(processor.sendCall(pair.getAddress(), address, abi, "get", Collections.emptyList()).getValues().equals("[\"a word\"]"), "call");
        BigInteger number = new BigInteger(receipt.getBlockNumber().substring(2), 16);
        check(within(10, () -> blocks.contains(number)), "block notification");
        sdk.getGroupManagerService().eraseBlockNotifyCallback(notice);
        events(sdk, processor, address, receipt, number);
        String signed = processor.createSignedTransaction(address, processor.encodeFunction(abi, "set", Collections.singletonList("proven")), pair);
        TransactionReceipt proven = client.sendRawTransactionAndGetReceiptWithProof(signed);
        check("0x0".equals(proven.getStatus()) && proven.getTxProof() != null && proven.getReceiptProof() != null, "receipt with proofs");
        TransactionReceipt again = client.sendRawTransactionAndGetReceipt(signed);
        check("0xf".equals(again.getStatus()), "the same again is refused, with a receipt", again.getStatus());
        many(processor, address);
        status(client, receipt, number);
        return address;
    }

    static TransactionReceipt set(AssembleTransactionProcessor processor, String address, String word) throws Exception {
        return processor.sendTransactionAndGetResponse(address, abi, "set", Collections.singletonList(word)).getTransactionReceipt();
    }

    interface Condition {
        boolean holds() throws Exception;
    }

    static boolean within(int seconds, Condition condition) throws Exception {
        for (long end = System.nanoTime() + seconds * 1_000_000_000L; System.nanoTime() < end; Thread.sleep(20))
            if (condition.holds()) return true;
        return false;
    }

    // What a subscription has heard: its logs, and the statuses of pushes without logs.
    static class Heard implements EventCallback {
        final ConcurrentLinkedQueue<EventLog> logs = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<Integer> statuses = new ConcurrentLinkedQueue<>();

        public void onReceiveLog(int status, List<EventLog> list) {
            statuses.add(status);
            if (list != null) logs.addAll(list);
        }

        EventLog last() {
            EventLog found = null;
            for (EventLog log : logs) found = log;
            return found;
        }
    }

    static EventLogParams range(String from, String to, String address) {
        EventLogParams params = new EventLogParams();
        params.setFromBlock(from);
        params.setToBlock(to);
        params.setAddresses(Collections.singletonList(address));
        params.setTopics(new ArrayList<>());
        return params;
    }

    static void events(BcosSDK sdk, AssembleTransactionProcessor processor, String address, TransactionReceipt first, BigInteger number) throws Exception {
        Heard all = new Heard(), past = new Heard(), wrong = new Heard();
        String subscription = sdk.getEventSubscribe(1).subscribeEvent(range("1", "latest", address), all);
        check(within(15, () -> all.logs.size() == 1) && all.last().getAddress().equals(address)
                && all.last().getTransactionHash().equals(first.getTransactionHash()) && all.last().getBlockNumber().equals(number)
                && all.last().getTopics().equals(first.getLogs().get(0).getTopics()) && all.last().getData().equals(first.getLogs().get(0).getData()),
                "event of an earlier block");
        TransactionReceipt receipt = set(processor, address, "proclaimed");
        check(within(15, () -> all.logs.size() == 2) && all.last().getTransactionHash().equals(receipt.getTransactionHash()), "event as it happens");
        sdk.getEventSubscribe(1).subscribeEvent(range("1", new BigInteger(receipt.getBlockNumber().substring(2), 16).toString(), address), past);
        check(within(15, () -> past.logs.size() == 2 && past.statuses.contains(1)), "a bounded subscription ends");
        sdk.getEventSubscribe(1).unsubscribeEvent(subscription, new Heard());
        Thread.sleep(500);
        set(processor, address, "unheard");
        check(!within(1, () -> all.logs.size() > 2), "nothing comes after the end of a subscription");
    }

    static void many(AssembleTransactionProcessor processor, String address) throws Exception {
        List<Thread> threads = new ArrayList<>();
        ConcurrentLinkedQueue<String> statuses = new ConcurrentLinkedQueue<>();
        for (int i = 0; i < 8; i++) {
            Thread thread = new Thread(() -> {
                for (int k = 0; k < 10; k++)
                    try {
                        statuses.add(set(processor, address, "x").getStatus());
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

    static void status(Client client, TransactionReceipt receipt, BigInteger number) {
        String hash = receipt.getTransactionHash();
        BcosBlock.Block block = client.getBlockByNumber(number, false).getBlock();
        check(block.getHash().equals(receipt.getBlockHash()) && client.getBlockHashByNumber(number).getBlockHashByNumber().equals(block.getHash())
                && client.getBlockByHash(block.getHash(), true).getBlock().getNumber().equals(number)
                && client.getBlockHeaderByNumber(number, true).getBlockHeader().getHash().equals(block.getHash())
                && client.getBlockHeaderByNumber(number, true).getBlockHeader().getSignatureList().size() >= 3
                && client.getBlockHeaderByHash(block.getHash(), true).getBlockHeader().getNumber().equals(number), "blocks and headers");
        check(client.getTransactionByHash(hash).getTransaction().get().getTo().equals(receipt.getTo())
                && client.getTransactionByBlockHashAndIndex(block.getHash(), BigInteger.ZERO).getTransaction().get().getHash().equals(hash)
                && client.getTransactionByBlockNumberAndIndex(number, BigInteger.ZERO).getTransaction().get().getHash().equals(hash)
                && client.getTransactionByHashWithProof(hash).getTransactionWithProof().getTransaction().getHash().equals(hash), "transactions");
        TransactionReceipt same = client.getTransactionReceipt(hash).getTransactionReceipt().get();
        check(same.getStatus().equals("0x0") && same.getGasUsed().equals(receipt.getGasUsed()) && same.getLogsBloom().equals(receipt.getLogsBloom())
                && client.getTransactionReceiptByHashWithProof(hash).getTransactionReceiptWithProof().getReceipt().getTransactionHash().equals(hash)
                && client.getBatchReceiptsByBlockNumberAndRange(number, "0", "-1").decodeTransactionReceiptsInfo().getTransactionReceipts().size() == 1,
                "receipts");
        check(client.getSealerList().getSealerList().size() == 4 && client.getObserverList().getObserverList().isEmpty()
                && client.getPeers().getPeers().size() == 3 && client.getNodeIDList().getNodeIDList().size() == 4
                && client.getGroupPeers().getGroupPeers().size() == 4 && client.getGroupList().getGroupList().equals(Collections.singletonList("1")),
                "lists of nodes and groups");
        check(client.getConsensusStatus().getConsensusStatus().getBaseConsensusInfo().getNodeNum().equals("4")
                && client.getSyncStatus().getSyncStatus().getPeers().size() == 3 && client.getPbftView().getPbftView().signum() >= 0
                && client.getPendingTxSize().getPendingTxSize().signum() == 0 && client.getPendingTransaction().getPendingTransactions().isEmpty()
                && client.getBlockNumber().getBlockNumber().compareTo(number) > 0
                && new BigInteger(client.getTotalTransactionCount().getTotalTransactionCount().getTxSum().substring(2), 16).intValue() >= 85
                && client.getSystemConfigByKey("tx_count_limit").getSystemConfig().equals("1000")
                && client.queryGroupStatus(1).getGroupStatus().getStatus().equals("RUNNING"), "status methods");
        try {
            client.getBlockByNumber(BigInteger.valueOf(9999999), false);
            check(false, "an unknown block");
        } catch (ClientException refused) {
            check(refused.getErrorCode() == -40004, "an unknown block is an error");
        }
    }

    static final BufferedReader answers = new BufferedReader(new InputStreamReader(System.in));

    static void please(String what) throws Exception {
        System.out.println("do " + what);
        answers.readLine();
    }

    // The SDK knows both nodes, the first of them goes and comes back.
    static void failover(String certificates, int port, int other, String address) throws Exception {
        BcosSDK sdk = connect(certificates, port, other);
        Client client = sdk.getClient(1);
        AssembleTransactionProcessor processor =
                TransactionProcessorFactory.createAssembleTransactionProcessor(client, client.getCryptoSuite().createKeyPair());
        check(sdk.getChannel().getAvailablePeer().size() == 2, "failover: two nodes");
        Heard heard = new Heard();
        EventSubscribe subscribe = sdk.getEventSubscribe(1);
        subscribe.start(); // else it never subscribes again after a disconnection
        subscribe.subscribeEvent(range("latest", "latest", address), heard);
        set(processor, address, "before");
        check(within(15, () -> heard.logs.size() >= 1), "failover: an event before");
        please("stop 0");
        check(within(15, () -> sdk.getChannel().getAvailablePeer().equals(Collections.singletonList("127.0.0.1:" + other))), "failover: one is left");
        TransactionReceipt receipt = set(processor, address, "meanwhile");
        check("0x0".equals(receipt.getStatus()), "failover: send");
        check(within(25, () -> heard.logs.size() >= 1 && heard.last().getTransactionHash().equals(receipt.getTransactionHash())),
                "failover: the subscription goes on at the other node");
        please("start 0");
        check(within(40, () -> sdk.getChannel().getAvailablePeer().size() == 2), "failover: the SDK reconnects to the restarted node");
        Client back = connect(certificates, port).getClient(1);
        check(TransactionProcessorFactory.createAssembleTransactionProcessor(back, back.getCryptoSuite().createKeyPair())
                        .sendCall("0x1234567890123456789012345678901234567890", address, abi, "get", Collections.emptyList())
                        .getValues().equals("[\"meanwhile\"]"),
                "failover: the restarted node answers");
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

    // With certificates of secp256k1, which JDKs from 16 on do not know: Bouncy Castle's TLS instead of theirs, which is set up outside the SDK.
    static void useBouncyCastle() {
        System.setProperty("jdk.tls.namedGroups", "secp256k1");
        java.security.Security.insertProviderAt(new org.bouncycastle.jce.provider.BouncyCastleProvider(), 1);
        java.security.Security.insertProviderAt(new org.bouncycastle.jsse.provider.BouncyCastleJsseProvider(), 1);
    }

    static void run(String[] args) throws Exception {
        abi = Files.readString(Path.of(args[3], "HelloWorld.abi")).trim();
        bin = Files.readString(Path.of(args[3], "HelloWorld.bin")).trim();
        int port = Integer.parseInt(args[1]), other = Integer.parseInt(args[2]);
        boolean isEc = args.length > 4 && args[4].equals("ec");
        if (isEc) useBouncyCastle();
        BcosSDK one = connect(args[0], port);
        Client client = one.getClient(1);
        check(client.getClientNodeVersion().getNodeVersion().getSupportedVersion() != null, "connect and negotiate");
        String address = contract(one, client);
        if (isEc) return;
        Services.run(client, address);
        Messages.run(one, connect(args[0], other), connect(args[0], port));
        failover(args[0], port, other, address);
    }
}
