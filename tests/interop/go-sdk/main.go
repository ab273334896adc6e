// The public Go SDK, as applications use it, against two nodes of a running chain.
// Arguments: folder with the SDK's certificates, channel ports of node 0 and node 1, folder of the compiled HelloWorld.
// Prints a line "ok WHAT" for each step, and "all done" at the end.
package main

import (
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

func contract(c *client.Client, folder string) {
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
	check(receipt.Status == types.Success, "deploy")
	address := common.HexToAddress(receipt.ContractAddress.Hex())
	logs := make(chan types.Log, 1000)
	must(c.SubscribeEventLogs(types.EventLogParams{FromBlock: "1", ToBlock: "latest", GroupID: "1", Topics: []string{},
		Addresses: []string{strings.ToLower(address.Hex())}}, func(status int, list []types.Log) {
		for _, one := range list {
			logs <- one
		}
	}), "subscribe to events")
	_, receipt, err = bound.Transact(c.GetTransactOpts(), "set", "a word")
	must(err, "send")
	check(receipt.Status == types.Success && len(receipt.Logs) == 1, "send: receipt with status and log")
	var word string
	must(bound.Call(c.GetCallOpts(), &word, "get"), "call")
	check(word == "a word", "call")
	select {
	case number := <-blocks:
		check(number >= 1, "block notification")
	case <-time.After(10 * time.Second):
		check(false, "block notification")
	}
	select {
	case one := <-logs:
		check(one.TxHash.Hex() == receipt.TransactionHash, "event log pushed")
	case <-time.After(15 * time.Second):
		check(false, "event log pushed")
	}
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
}

func status(c *client.Client) {
	ctx := context.Background()
	version, err := c.GetClientVersion(ctx)
	must(err, "getClientVersion")
	check(version.SupportedVersion != "", "getClientVersion")
	_, err = c.GetBlockByNumber(ctx, 1, true)
	must(err, "getBlockByNumber")
	peers, err := c.GetPeers(ctx)
	must(err, "getPeers")
	_, err = c.GetSyncStatus(ctx)
	must(err, "getSyncStatus")
	_, err = c.GetTotalTransactionCount(ctx)
	must(err, "getTotalTransactionCount")
	check(len(*peers) == 3, "status methods")
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

func main() {
	one, other := connect(os.Args[1], os.Args[2]), connect(os.Args[1], os.Args[3])
	check(one.GetCompatibleVersion() >= 0x02080000, "connect and negotiate")
	contract(one, os.Args[4])
	status(one)
	amop(one, other)
	fmt.Println("all done")
	os.Exit(0)
}
