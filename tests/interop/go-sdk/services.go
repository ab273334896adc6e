// The built-in contracts through the Go SDK's own services, with what each of them answers.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/FISCO-BCOS/go-sdk/client"
	"github.com/FISCO-BCOS/go-sdk/precompiled/chaingovernance"
	"github.com/FISCO-BCOS/go-sdk/precompiled/cns"
	"github.com/FISCO-BCOS/go-sdk/precompiled/config"
	"github.com/FISCO-BCOS/go-sdk/precompiled/consensus"
	"github.com/FISCO-BCOS/go-sdk/precompiled/contractlifecycle"
	"github.com/FISCO-BCOS/go-sdk/precompiled/crud"
	"github.com/FISCO-BCOS/go-sdk/precompiled/permission"
	"github.com/ethereum/go-ethereum/common"
)

var nowhere = common.HexToAddress("0x1234567890123456789012345678901234567890")

// The services return the code that the contract answered, and an error beside it for most codes that are no success.
func code(wanted int64) func(got int64, err error) func(what string) {
	return func(got int64, err error) func(what string) {
		return func(what string) {
			if got != wanted {
				fmt.Println("not so:", what, "got", got, err)
			}
			check(got == wanted, what)
		}
	}
}

func listOf(raw []byte, err error) []string {
	must(err, "a list")
	var list []string
	must(json.Unmarshal(raw, &list), "a list")
	return list
}

func services(c, other *client.Client, contract common.Address) {
	table := tables(c)
	names(c)
	settings(c)
	sealers(c)
	permissions(c, other, table)
	lifeCycle(c, other, contract)
	governance(c)
}

func tables(c *client.Client) string {
	table := fmt.Sprintf("t_%d", time.Now().UnixMilli())
	s, err := crud.NewCRUDService(c)
	must(err, "CRUD")
	code(0)(s.CreateTable(table, "name", "age,city"))("CRUD: create a table")
	code(-50001)(s.CreateTable(table, "name", "age,city"))("CRUD: create it again")
	key, fields, err := s.Desc(table)
	must(err, "desc")
	check(key == "name" && fields == "age,city", "CRUD: desc")
	row := crud.NewEntry()
	row.Put("age", "7")
	row.Put("city", "Lübeck")
	code(1)(s.Insert(table, "anna", row))("CRUD: insert")
	seven := crud.NewCondition()
	seven.EQ("age", "7")
	found, err := s.Select(table, "anna", seven)
	must(err, "select")
	check(len(found) == 1 && found[0]["city"] == "Lübeck" && found[0]["name"] == "anna", "CRUD: select")
	row = crud.NewEntry()
	row.Put("city", "Bergen")
	code(1)(s.Update(table, "anna", row, seven))("CRUD: update")
	found, err = s.Select(table, "anna", seven)
	must(err, "select")
	check(len(found) == 1 && found[0]["city"] == "Bergen", "CRUD: select the update")
	code(1)(s.Remove(table, "anna", seven))("CRUD: remove")
	found, err = s.Select(table, "anna", seven)
	must(err, "select")
	check(len(found) == 0, "CRUD: nothing is left")
	return table
}

func names(c *client.Client) {
	s, err := cns.NewCnsService(c)
	must(err, "CNS")
	name := fmt.Sprintf("Hello%d", time.Now().UnixMilli())
	code(1)(s.RegisterCns(name, "1.0", nowhere, "[]"))("CNS: register")
	code(-51200)(s.RegisterCns(name, "1.0", nowhere, "[]"))("CNS: register again")
	found, err := s.QueryCnsByName(name)
	must(err, "CNS by name")
	check(len(found) == 1 && found[0].Version == "1.0" && common.HexToAddress(found[0].Address) == nowhere && found[0].Abi == "[]", "CNS: by name")
	found, err = s.QueryCnsByNameAndVersion(name, "2.0")
	must(err, "CNS by name and version")
	check(len(found) == 0, "CNS: a version that is none")
	address, err := s.GetAddressByContractNameAndVersion(name, "1.0")
	must(err, "CNS address")
	check(address == nowhere, "CNS: address")
}

func settings(c *client.Client) {
	s, err := config.NewSystemConfigService(c)
	must(err, "system configuration")
	code(1)(s.SetValueByKey("tx_count_limit", "900"))("system configuration: set")
	value, err := c.GetSystemConfigByKey(context.Background(), "tx_count_limit")
	must(err, "getSystemConfigByKey")
	check(string(value) == `"900"`, "system configuration: get")
	code(-51300)(s.SetValueByKey("tx_count_limit", "0"))("system configuration: an impossible value")
	code(1)(s.SetValueByKey("tx_count_limit", "1000"))("system configuration: back")
}

func sealers(c *client.Client) {
	ctx := context.Background()
	s, err := consensus.NewConsensusService(c)
	must(err, "consensus")
	self, err := c.GetSyncStatus(ctx)
	must(err, "getSyncStatus")
	node := listOf(c.GetSealerList(ctx))[3]
	if node == self.NodeId { // a node that is removed may never see the block that says so
		node = listOf(c.GetSealerList(ctx))[2]
	}
	code(1)(s.AddObserver(node))("consensus: to an observer")
	observers := listOf(c.GetObserverList(ctx))
	check(len(observers) == 1 && observers[0] == node && len(listOf(c.GetSealerList(ctx))) == 3, "consensus: it is one")
	code(1)(s.RemoveNode(node))("consensus: remove")
	check(len(listOf(c.GetObserverList(ctx))) == 0, "consensus: it is gone")
	code(1)(s.AddSealer(node))("consensus: a sealer again")
	check(len(listOf(c.GetSealerList(ctx))) == 4, "consensus: as before")
}

func permissions(c, other *client.Client, table string) {
	s, err := permission.NewPermissionService(c)
	must(err, "permission")
	mine, err := crud.NewCRUDService(c)
	must(err, "CRUD")
	others, err := crud.NewCRUDService(other)
	must(err, "CRUD")
	me := c.GetTransactOpts().From
	row := crud.NewEntry()
	row.Put("age", "8")
	code(1)(s.GrantUserTableManager(table, me))("permission: grant a table")
	code(-51000)(s.GrantUserTableManager(table, me))("permission: twice")
	holders, err := s.ListUserTableManager(table)
	must(err, "permission: list")
	check(len(holders) == 1 && common.HexToAddress(holders[0].Address) == me, "permission: list")
	code(-50000)(others.Insert(table, "bert", row))("permission: others are refused")
	code(1)(mine.Insert(table, "bert", row))("permission: the holder is not")
	code(1)(s.RevokeUserTableManager(table, me))("permission: revoke")
	code(-51001)(s.RevokeUserTableManager(table, me))("permission: revoke what nobody has")
	code(1)(others.Insert(table, "carl", row))("permission: and then nobody is refused")
	code(1)(s.GrantCNSManager(me))("permission: grant CNS")
	code(1)(s.RevokeCNSManager(me))("permission: revoke CNS")
}

func lifeCycle(c, other *client.Client, contract common.Address) {
	s, err := contractlifecycle.NewService(c)
	must(err, "life cycle")
	stranger, err := contractlifecycle.NewService(other)
	must(err, "life cycle")
	code(-51905)(stranger.Freeze(contract))("contract: a stranger cannot freeze it")
	code(1)(s.Freeze(contract))("contract: freeze")
	code(-51900)(s.Freeze(contract))("contract: freeze it again")
	number, text, err := s.GetStatus(contract)
	must(err, "contract: status")
	check(number == 0 && text == "The contract has been frozen. You can invoke this contract after unfreezing it.", "contract: status")
	code(1)(s.Unfreeze(contract))("contract: unfreeze")
	_, managers, err := s.ListManager(contract)
	must(err, "contract: managers")
	check(len(managers) == 1 && managers[0] == c.GetTransactOpts().From, "contract: managers")
}

func governance(c *client.Client) {
	s, err := chaingovernance.NewService(c)
	must(err, "governance")
	code(1)(s.GrantCommitteeMember(c.GetTransactOpts().From))("governance: the first member")
	members, err := s.ListCommitteeMembers()
	must(err, "governance: members")
	weight, err := s.QueryCommitteeMemberWeight(c.GetTransactOpts().From)
	must(err, "governance: weight")
	threshold, err := s.QueryThreshold()
	must(err, "governance: threshold")
	check(len(members) == 1 && weight == 1 && threshold == 50, "governance: members, weight, threshold")
	code(1)(s.GrantOperator(nowhere))("governance: an operator")
	code(-52006)(s.GrantOperator(nowhere))("governance: an operator already")
	operators, err := s.ListOperators()
	must(err, "governance: operators")
	check(len(operators) == 1 && common.HexToAddress(operators[0].Address) == nowhere, "governance: operators")
	code(1)(s.RevokeOperator(nowhere))("governance: revoke the operator")
}
