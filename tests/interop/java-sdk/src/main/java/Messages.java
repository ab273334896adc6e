// AMOP of the Java SDK: between clients of one node and of two, to one, to all, and with a private topic.

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.fisco.bcos.sdk.BcosSDK;
import org.fisco.bcos.sdk.amop.AmopCallback;
import org.fisco.bcos.sdk.amop.AmopMsgOut;
import org.fisco.bcos.sdk.amop.AmopResponse;
import org.fisco.bcos.sdk.amop.AmopResponseCallback;
import org.fisco.bcos.sdk.amop.topic.AmopMsgIn;
import org.fisco.bcos.sdk.amop.topic.TopicType;
import org.fisco.bcos.sdk.crypto.keypair.CryptoKeyPair;

class Messages {
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

    static void run(BcosSDK one, BcosSDK other, BcosSDK neighbour) throws Exception {
        ConcurrentLinkedQueue<String> heard = new ConcurrentLinkedQueue<>();
        Interop.check(textOf(ask(one, message("interop", TopicType.NORMAL_TOPIC, "too early"))).equals("error 100"), "AMOP: nobody there: 100");
        other.getAmop().subscribeTopic("interop", answering("heard ", heard));
        Interop.check(askUntilAnswered(one, message("interop", TopicType.NORMAL_TOPIC, "hello"), "heard hello", 20).equals("heard hello"),
                "AMOP: unicast to another node");
        heard.clear();
        one.getAmop().broadcastAmopMsg(message("interop", TopicType.NORMAL_TOPIC, "to all"));
        for (int i = 0; i < 100 && heard.isEmpty(); i++) Thread.sleep(50);
        Interop.check("to all".equals(heard.peek()), "AMOP: multicast");
        neighbour.getAmop().subscribeTopic("local", answering("local ", heard));
        Interop.check(askUntilAnswered(one, message("local", TopicType.NORMAL_TOPIC, "hello"), "local hello", 10).equals("local hello"),
                "AMOP: to a client of the same node");
        CryptoKeyPair pair = new org.fisco.bcos.sdk.crypto.CryptoSuite(0).createKeyPair();
        Path pem = Files.createTempFile("interop", ".pem");
        pair.storeKeyPairWithPem(pem.toString());
        other.getAmop().subscribePrivateTopics("secret", new org.fisco.bcos.sdk.crypto.keystore.PEMKeyStore(pem.toString()), answering("private ", heard));
        one.getAmop().publishPrivateTopicWithHexPublicKeyList("secret", Collections.singletonList(pair.getHexPublicKey()));
        Interop.check(askUntilAnswered(one, message("secret", TopicType.PRIVATE_TOPIC, "hello"), "private hello", 40).equals("private hello"),
                "AMOP: a private topic, verified");
        Files.delete(pem);
    }
}
