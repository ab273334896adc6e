// The built-in contracts through the Java SDK's own services, with what each of them answers.

import java.math.BigInteger;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.fisco.bcos.sdk.client.Client;
import org.fisco.bcos.sdk.contract.precompiled.cns.CnsService;
import org.fisco.bcos.sdk.contract.precompiled.consensus.ConsensusService;
import org.fisco.bcos.sdk.contract.precompiled.contractmgr.ContractLifeCycleService;
import org.fisco.bcos.sdk.contract.precompiled.crud.TableCRUDService;
import org.fisco.bcos.sdk.contract.precompiled.crud.common.Condition;
import org.fisco.bcos.sdk.contract.precompiled.crud.common.Entry;
import org.fisco.bcos.sdk.contract.precompiled.permission.ChainGovernanceService;
import org.fisco.bcos.sdk.contract.precompiled.permission.PermissionService;
import org.fisco.bcos.sdk.contract.precompiled.sysconfig.SystemConfigService;
import org.fisco.bcos.sdk.crypto.keypair.CryptoKeyPair;
import org.fisco.bcos.sdk.model.RetCode;
import org.fisco.bcos.sdk.transaction.model.exception.ContractException;

class Services {
    static final String NOWHERE = "0x1234567890123456789012345678901234567890";

    interface Call {
        RetCode make() throws ContractException;
    }

    // Some services return a code, others throw it.
    static void code(int wanted, Call call, String what) {
        int got;
        try {
            got = call.make().getCode();
        } catch (ContractException refused) {
            got = refused.getErrorCode();
        }
        if (got != wanted) System.out.println(what + ": " + got + " instead of " + wanted);
        Interop.check(got == wanted, what);
    }

    static void run(Client client, String contract) throws Exception {
        CryptoKeyPair pair = client.getCryptoSuite().createKeyPair();
        String table = tables(client, pair);
        names(client, pair);
        settings(client, pair);
        sealers(client, pair);
        permissions(client, pair, table);
        contracts(client, contract);
        governance(client, pair);
    }

    static String tables(Client client, CryptoKeyPair pair) throws Exception {
        String table = "t_" + System.currentTimeMillis();
        TableCRUDService crud = new TableCRUDService(client, pair);
        code(0, () -> crud.createTable(table, "name", Arrays.asList("age", "city")), "CRUD: create a table");
        code(-50001, () -> crud.createTable(table, "name", Arrays.asList("age", "city")), "CRUD: create it again");
        Map<String, String> row = new HashMap<>();
        row.put("age", "7");
        row.put("city", "L\u00fcbeck");
        code(1, () -> crud.insert(table, "anna", new Entry(row)), "CRUD: insert");
        Condition condition = new Condition();
        condition.EQ("age", "7");
        List<Map<String, String>> found = crud.select(table, "anna", condition);
        Interop.check(found.size() == 1 && "L\u00fcbeck".equals(found.get(0).get("city")) && "anna".equals(found.get(0).get("name")), "CRUD: select");
        row.put("city", "Bergen");
        code(1, () -> crud.update(table, "anna", new Entry(row), condition), "CRUD: update");
        Interop.check("Bergen".equals(crud.select(table, "anna", condition).get(0).get("city")), "CRUD: select the update");
        code(1, () -> crud.remove(table, "anna", condition), "CRUD: remove");
        Interop.check(crud.select(table, "anna", condition).isEmpty(), "CRUD: nothing is left");
        Interop.check("name".equals(crud.desc(table).get(0).get("key_field")) && "age,city".equals(crud.desc(table).get(0).get("value_field")), "CRUD: desc");
        return table;
    }

    static void names(Client client, CryptoKeyPair pair) throws Exception {
        CnsService cns = new CnsService(client, pair);
        String name = "Hello" + System.currentTimeMillis();
        code(1, () -> cns.registerCNS(name, "1.0", NOWHERE, "[]"), "CNS: register");
        code(-51200, () -> cns.registerCNS(name, "1.0", NOWHERE, "[]"), "CNS: register again");
        Interop.check(cns.selectByName(name).size() == 1 && cns.selectByName(name).get(0).getAddress().equals(NOWHERE), "CNS: by name");
        Interop.check(cns.selectByNameAndVersion(name, "1.0").get(0).getAbi().equals("[]"), "CNS: by name and version");
        Interop.check(cns.selectByNameAndVersion(name, "2.0").isEmpty(), "CNS: a version that is none");
        Interop.check(NOWHERE.equals(cns.getContractAddress(name, "1.0")), "CNS: address");
    }

    static void settings(Client client, CryptoKeyPair pair) throws Exception {
        SystemConfigService service = new SystemConfigService(client, pair);
        code(1, () -> service.setValueByKey("tx_count_limit", "900"), "system configuration: set");
        Interop.check(client.getSystemConfigByKey("tx_count_limit").getSystemConfig().equals("900"), "system configuration: get");
        code(-51300, () -> service.setValueByKey("tx_count_limit", "0"), "system configuration: an impossible value");
        code(1, () -> service.setValueByKey("tx_count_limit", "1000"), "system configuration: back");
    }

    static void sealers(Client client, CryptoKeyPair pair) throws Exception {
        ConsensusService consensus = new ConsensusService(client, pair);
        List<String> before = client.getSealerList().getSealerList();
        String self = client.getSyncStatus().getSyncStatus().getNodeId(); // a node that is removed may never see the block that says so
        String node = before.get(before.get(3).equals(self) ? 2 : 3);
        code(1, () -> consensus.addObserver(node), "consensus: to an observer");
        Interop.check(client.getObserverList().getObserverList().equals(Arrays.asList(node)) && client.getSealerList().getSealerList().size() == 3,
                "consensus: it is one");
        code(1, () -> consensus.removeNode(node), "consensus: remove");
        Interop.check(client.getObserverList().getObserverList().isEmpty(), "consensus: it is gone");
        code(1, () -> consensus.addSealer(node), "consensus: a sealer again");
        Interop.check(client.getSealerList().getSealerList().size() == 4 && client.getSealerList().getSealerList().containsAll(before), "consensus: as before");
    }

    static void permissions(Client client, CryptoKeyPair pair, String table) throws Exception {
        PermissionService permission = new PermissionService(client, pair);
        Map<String, String> row = new HashMap<>();
        row.put("age", "8");
        TableCRUDService mine = new TableCRUDService(client, pair);
        TableCRUDService others = new TableCRUDService(client, client.getCryptoSuite().createKeyPair());
        code(1, () -> permission.grantPermission(table, pair.getAddress()), "permission: grant a table");
        code(-51000, () -> permission.grantPermission(table, pair.getAddress()), "permission: twice");
        Interop.check(permission.queryPermissionByTableName(table).size() == 1
                && permission.queryPermissionByTableName(table).get(0).getAddress().equals(pair.getAddress()), "permission: query");
        code(-50000, () -> others.insert(table, "bert", new Entry(row)), "permission: others are refused");
        code(1, () -> mine.insert(table, "bert", new Entry(row)), "permission: the holder is not");
        code(1, () -> permission.revokePermission(table, pair.getAddress()), "permission: revoke");
        code(-51001, () -> permission.revokePermission(table, pair.getAddress()), "permission: revoke what nobody has");
        code(1, () -> others.insert(table, "carl", new Entry(row)), "permission: and then nobody is refused");
        code(1, () -> permission.grantDeployAndCreateManager(pair.getAddress()), "permission: grant deployment");
        code(-50000, () -> others.createTable(table + "x", "name", Arrays.asList("age")), "permission: others create nothing");
        Interop.check(permission.listDeployAndCreateManager().size() == 1, "permission: list deployment");
        code(1, () -> permission.revokeDeployAndCreateManager(pair.getAddress()), "permission: revoke deployment");
        code(1, () -> permission.grantCNSManager(pair.getAddress()), "permission: grant CNS");
        code(-50000, () -> new CnsService(client, client.getCryptoSuite().createKeyPair()).registerCNS("x", "1", NOWHERE, "[]"), "permission: others name nothing");
        code(1, () -> permission.revokeCNSManager(pair.getAddress()), "permission: revoke CNS");
    }

    // The contract's deployer is not known here: only what anyone may ask, and the refusal.
    static void contracts(Client client, String contract) throws Exception {
        ContractLifeCycleService service = new ContractLifeCycleService(client, client.getCryptoSuite().createKeyPair());
        Interop.check(service.getContractStatus(contract).contains("available"), "contract: status");
        Interop.check(service.listManager(contract).size() == 1, "contract: managers");
        code(-51905, () -> service.freeze(contract), "contract: a stranger cannot freeze it");
    }

    static void governance(Client client, CryptoKeyPair pair) throws Exception {
        ChainGovernanceService service = new ChainGovernanceService(client, pair);
        code(1, () -> service.grantCommitteeMember(pair.getAddress()), "governance: the first member");
        Interop.check(service.listCommitteeMembers().size() == 1 && service.queryCommitteeMemberWeight(pair.getAddress()).equals(BigInteger.ONE)
                && service.queryThreshold().intValue() == 50, "governance: members, weight, threshold");
        code(1, () -> service.grantOperator(NOWHERE), "governance: an operator");
        Interop.check(service.listOperators().size() == 1 && service.listOperators().get(0).getAddress().equals(NOWHERE), "governance: operators");
        code(-52006, () -> service.grantOperator(NOWHERE), "governance: an operator already");
        code(1, () -> service.revokeOperator(NOWHERE), "governance: revoke the operator");
    }
}
