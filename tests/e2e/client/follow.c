/* Follows a chain with the installed library and prints what it is told, one line each, while other lines on standard input make it
   send transactions: what test_client.py drives. "send COUNT": so many, one after the other; "quit". */
#include <hanse/client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void on_block(void *context, int64_t number)
{
    (void)context;
    printf("block %lld\n", (long long)number);
}

static void on_event(void *context, const char *log)
{
    char *text = log ? hanse_abi_decode_log(context, log, NULL) : NULL;
    printf("event %s %s\n", text, log);
    hanse_free(text);
}

static void on_connection(void *context, const char *node, hanse_connection_change change, const char *reason)
{
    (void)context;
    printf("node %s %s %s\n", node, change == HANSE_CONNECTED ? "up" : "down", reason);
}

static int fail(const char *what, const hanse_error *error)
{
    printf("failed %s: %s\n", what, error->text);
    return 1;
}

static int send_one(hanse_client *client, const hanse_account *account, const hanse_abi *abi, const char *contract, int number)
{
    hanse_error error = {0};
    char word[32];
    const char *arguments[] = {word};
    snprintf(word, sizeof word, "word %d", number);
    char *data = hanse_abi_encode_call(abi, "set", arguments, 1, &error);
    hanse_receipt *receipt;
    /* No node is connected at this moment, so that none has it. */
    while ((receipt = hanse_send(client, account, contract, data, &error)) == NULL && error.kind == HANSE_ERROR_CONNECTION)
        usleep(100000);
    int ok = receipt != NULL && hanse_receipt_status(receipt) == 0;
    if (receipt == NULL)
        fail("send", &error);
    else
        printf("sent %d %s %s\n", number, hanse_receipt_status_text(receipt), hanse_receipt_transaction(receipt));
    hanse_receipt_free(receipt);
    hanse_free(data);
    return ok ? 0 : 1;
}

/* follow CERTIFICATES ABI CONTRACT KEY FROM NODE... */
int main(int argc, char **argv)
{
    if (argc < 7)
        return 2;
    setvbuf(stdout, NULL, _IOLBF, 0);
    hanse_error error = {0};
    hanse_client_options options = {0};
    options.nodes = (const char *const *)argv + 6;
    options.node_count = (size_t)argc - 6;
    options.certificates = argv[1];
    options.reconnect_ms = 300;
    options.receipt_timeout_ms = 60000;
    options.on_connection = on_connection;
    hanse_abi *abi = hanse_abi_read(argv[2], &error);
    hanse_account *account = abi ? hanse_account_read_pem(argv[4], &error) : NULL;
    hanse_client *client = account ? hanse_client_open(&options, &error) : NULL;
    if (client == NULL)
        return fail("open", &error);
    const char *contract = argv[3];
    hanse_event_filter filter = {0};
    filter.from_block = atoll(argv[5]);
    filter.to_block = -1;
    filter.addresses = &contract;
    filter.address_count = 1;
    if (hanse_blocks_subscribe(client, filter.from_block, on_block, NULL, &error) == NULL ||
        hanse_events_subscribe(client, &filter, on_event, abi, &error) == NULL)
        return fail("subscribe", &error);
    char line[64];
    int number = 0, count, failures = 0;
    while (fgets(line, sizeof line, stdin) && strcmp(line, "quit\n") != 0) {
        if (sscanf(line, "send %d", &count) == 1)
            for (int i = 0; i < count; i++)
                failures += send_one(client, account, abi, contract, number++);
        printf("done\n");
    }
    hanse_client_close(client);
    hanse_account_free(account);
    hanse_abi_free(abi);
    return failures ? 1 : 0;
}
