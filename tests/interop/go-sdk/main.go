// The public Go SDK, as applications use it, against two nodes of a running chain.
// Arguments: folder with the SDK's certificates, channel ports of node 0 and node 1, folder of the compiled HelloWorld.
// Prints a line "ok WHAT" for each step, and "all done" at the end.
package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/FISCO-BCOS/go-sdk/abi"
	"github.com/FISCO-BCOS/go-sdk/abi/bind"
	"github.com/FISCO-BCOS/go-sdk/client"
	"github.com/FISCO-BCOS/go-sdk/conf"
	"github.com/FISCO-BCOS/go-sdk/core/types"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/crypto"
)

func check(ok bool, what string) {
	if !ok {
		fmt.Println("not so:", what)
		os.Exit(1)
	}
	fmt.Println("ok", what)
}

func must(err error, what string) {
	if err != nil {
		fmt.Println("failed:", what, err)
		os.Exit(1)
	}
}

func connect(certificates, port string) *client.Client {
	key, err := crypto.GenerateKey()
	must(err, "key")
	c, err := client.Dial(&conf.Config{ChainID: 1, GroupID: 1, NodeURL: "127.0.0.1:" + port, PrivateKey: crypto.FromECDSA(key),
		CAFile: certificates + "/ca.crt", Key: certificates + "/sdk.key", Cert: certificates + "/sdk.crt"})
	must(err, "connect to "+port)
	return c
}

func contract(c *client.Client, folder string) (common.Address, *bind.BoundContract) {
	abiText, err := os.ReadFile(folder + "/HelloWorld.abi")
	must(err, "abi")
	binText, err := os.ReadFile(folder + "/HelloWorld.bin")
	must(err, "bin")
	parsed, err := abi.JSON(strings.NewReader(string(abiText)))
	must(err, "abi")
	blocks := make(chan int64, 1000)
	// The connection has subscribed to its own group already: the SDK takes the handler and complains all the same.
	_ = c.SubscribeBlockNumberNotify(func(number int64) { blocks <- number })
	_, receipt, bound, err := bind.DeployContractGetReceipt(c.GetTransactOpts(), parsed, common.FromHex(strings.TrimSpace(string(binText))), c)
	must(err, "deploy")
	check(receipt.Status == types.Success && common.HexToAddress(receipt.From) == c.GetTransactOpts().From, "deploy")
	address := common.HexToAddress(receipt.ContractAddress.Hex())
	_, receipt, err = bound.Transact(c.GetTransactOpts(), "set", "a word")
	must(err, "send")
	check(receipt.Status == types.Success && len(receipt.Logs) == 1 && common.HexToAddress(receipt.Logs[0].Address) == address &&
		len(receipt.Logs[0].Topics) == 2, "send: receipt with status and log")
	var word string
	must(bound.Call(c.GetCallOpts(), &word, "get"), "call")
	check(word == "a word", "call")
	number, err := hexutil.DecodeUint64(receipt.BlockNumber)
	must(err, "block number")
	for heard := int64(0); heard < int64(number); {
		select {
		case heard = <-blocks:
		case <-time.After(10 * time.Second):
			check(false, "block notification")
		}
	}
	check(true, "block notification")
	events(c, bound, address, receipt)
	refused(c, bound)
	done := make(chan error, 20)
	for i := 0; i < 20; i++ {
		_, err = bound.AsyncTransact(c.GetTransactOpts(), func(r *types.Receipt, err error) {
			if err == nil && r.Status != types.Success {
				err = fmt.Errorf("status %d", r.Status)
			}
			done <- err
		}, "set", fmt.Sprint(i))
		must(err, "send without waiting")
	}
	for i := 0; i < 20; i++ {
		must(<-done, "receipt")
	}
	check(true, "20 transactions without waiting")
	status(c, receipt, int64(number))
	return address, bound
}

func next(logs chan types.Log, what string) types.Log {
	select {
	case one := <-logs:
		return one
	case <-time.After(15 * time.Second):
		check(false, what)
		panic(what)
	}
}

func events(c *client.Client, bound *bind.BoundContract, address common.Address, first *types.Receipt) {
	logs := make(chan types.Log, 1000)
	must(c.SubscribeEventLogs(types.EventLogParams{FromBlock: "1", ToBlock: "latest", GroupID: "1", Topics: []string{},
		Addresses: []string{strings.ToLower(address.Hex())}}, func(status int, list []types.Log) {
		for _, one := range list {
			logs <- one
		}
	}), "subscribe to events")
	past := next(logs, "event of an earlier block")
	check(past.TxHash.Hex() == first.TransactionHash && past.Address == address && len(past.Topics) == 2 && len(past.Data) > 0, "event of an earlier block")
	_, receipt, err := bound.Transact(c.GetTransactOpts(), "set", "proclaimed")
	must(err, "send")
	check(next(logs, "event as it happens").TxHash.Hex() == receipt.TransactionHash, "event as it happens")
}

// The same transactions once more: their nonces are on the chain.
func refused(c *client.Client, bound *bind.BoundContract) {
	for i := 0; i < 10; i++ {
		tx, receipt, err := bound.Transact(c.GetTransactOpts(), "set", "twice")
		must(err, "send")
		if receipt.Status == types.Success {
			receipt, err = c.SendTransaction(context.Background(), tx)
			must(err, "send again")
		}
		if receipt.Status != 15 {
			check(false, fmt.Sprintf("status 15 for the same again: %d", receipt.Status))
		}
	}
	check(true, "the same again is refused, with a receipt")
}

func status(c *client.Client, receipt *types.Receipt, number int64) {
	ctx := context.Background()
	version, err := c.GetClientVersion(ctx)
	must(err, "getClientVersion")
	check(strings.HasPrefix(version.SupportedVersion, "2.") && version.ChainId == "1", "getClientVersion")
	block, err := c.GetBlockByNumber(ctx, number, false)
	must(err, "getBlockByNumber")
	same, err := c.GetBlockByHash(ctx, common.HexToHash(receipt.BlockHash), true)
	must(err, "getBlockByHash")
	hash, err := c.GetBlockHashByNumber(ctx, number)
	must(err, "getBlockHashByNumber")
	check(block.Hash == receipt.BlockHash && same.Number == receipt.BlockNumber && hash.Hex() == receipt.BlockHash && len(same.Transactions) == 1, "blocks")
	tx, err := c.GetTransactionByHash(ctx, common.HexToHash(receipt.TransactionHash))
	must(err, "getTransactionByHash")
	byHash, err := c.GetTransactionByBlockHashAndIndex(ctx, *hash, 0)
	must(err, "getTransactionByBlockHashAndIndex")
	byNumber, err := c.GetTransactionByBlockNumberAndIndex(ctx, number, 0)
	must(err, "getTransactionByBlockNumberAndIndex")
	check(tx.To == receipt.To && byHash.Hash == receipt.TransactionHash && byNumber.Hash == receipt.TransactionHash, "transactions")
	again, err := c.GetTransactionReceipt(ctx, common.HexToHash(receipt.TransactionHash))
	must(err, "getTransactionReceipt")
	check(again.Status == types.Success && again.GasUsed == receipt.GasUsed && again.LogsBloom == receipt.LogsBloom, "receipts")
	peers, err := c.GetPeers(ctx)
	must(err, "getPeers")
	check(len(*peers) == 3 && len(listOf(c.GetSealerList(ctx))) == 4 && len(listOf(c.GetObserverList(ctx))) == 0 &&
		len(listOf(c.GetNodeIDList(ctx))) == 4 && len(listOf(c.GetGroupPeers(ctx))) == 4, "lists of nodes")
	sync, err := c.GetSyncStatus(ctx)
	must(err, "getSyncStatus")
	total, err := c.GetTotalTransactionCount(ctx)
	must(err, "getTotalTransactionCount")
	view, err := c.GetPBFTView(ctx)
	must(err, "getPbftView")
	state, err := c.GetConsensusStatus(ctx)
	must(err, "getConsensusStatus")
	pending, err := c.GetPendingTransactions(ctx)
	must(err, "getPendingTransactions")
	check(len(sync.Peers) == 3 && total.FailedTxSum == "0x0" && strings.HasPrefix(string(view), `"0x`) &&
		strings.Contains(string(state), `"leaderFailed": false`) && len(*pending) == 0, "status methods")
	_, err = c.GetBlockByNumber(ctx, 9999999, false)
	check(err != nil && strings.Contains(err.Error(), "BlockNumber does not exist"), "an unknown block is an error")
}

func askUntilAnswered(ask func() ([]byte, error), wanted string, seconds int) bool {
	for end := time.Now().Add(time.Duration(seconds) * time.Second); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		if answer, err := ask(); err == nil && string(answer) == wanted {
			return true
		}
	}
	return false
}

func amop(one, other *client.Client) {
	heard := make(chan string, 1000)
	answering := func(data []byte, answer *[]byte) {
		heard <- string(data)
		*answer = []byte("heard " + string(data))
	}
	must(other.SubscribeTopic("interop", answering), "subscribe to a topic")
	check(askUntilAnswered(func() ([]byte, error) { return one.SendAMOPMsg("interop", []byte("hello")) }, "heard hello", 20),
		"AMOP: unicast to another node")
	for len(heard) > 0 {
		<-heard
	}
	must(one.BroadcastAMOPMsg("interop", []byte("to all")), "multicast")
	select {
	case text := <-heard:
		check(text == "to all", "AMOP: multicast")
	case <-time.After(10 * time.Second):
		check(false, "AMOP: multicast")
	}
	key, err := crypto.GenerateKey()
	must(err, "key")
	must(other.SubscribePrivateTopic("secret", key, answering), "subscribe to a private topic")
	must(one.PublishPrivateTopic("secret", []*ecdsa.PublicKey{&key.PublicKey}), "publish a private topic")
	check(askUntilAnswered(func() ([]byte, error) { return one.SendAMOPPrivateMsg("secret", []byte("hello")) }, "heard hello", 40),
		"AMOP: a private topic, verified")
}

var answers = bufio.NewReader(os.Stdin)

func please(what string) {
	fmt.Println("do " + what)
	_, err := answers.ReadString('\n')
	must(err, what)
}

// The SDK dials again every five seconds, and subscribes again.
func restart(bound *bind.BoundContract, c *client.Client, address common.Address) {
	_, _, err := bound.Transact(c.GetTransactOpts(), "set", "kept")
	must(err, "send")
	logs := make(chan types.Log, 1000)
	must(c.SubscribeEventLogs(types.EventLogParams{FromBlock: "latest", ToBlock: "latest", GroupID: "1", Topics: []string{},
		Addresses: []string{strings.ToLower(address.Hex())}}, func(status int, list []types.Log) {
		for _, one := range list {
			logs <- one
		}
	}), "subscribe to events")
	please("stop 0")
	please("start 0")
	check(askUntilAnswered(func() ([]byte, error) {
		var word string
		err := bound.Call(c.GetCallOpts(), &word, "get")
		return []byte(word), err
	}, "kept", 30), "reconnect after a restart")
	_, receipt, err := bound.Transact(c.GetTransactOpts(), "set", "again")
	must(err, "send")
	check(receipt.Status == types.Success, "send after a restart")
	for next(logs, "the subscription goes on").TxHash.Hex() != receipt.TransactionHash {
	}
	check(true, "the subscription goes on")
}

func main() {
	one, other := connect(os.Args[1], os.Args[2]), connect(os.Args[1], os.Args[3])
	check(one.GetCompatibleVersion() >= 0x02080000, "connect and negotiate")
	address, bound := contract(one, os.Args[4])
	services(one, other, address)
	amop(one, other)
	restart(bound, one, address)
	fmt.Println("all done")
	os.Exit(0)
}
