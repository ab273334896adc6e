/* A tour of hanse/client.h: connects to a chain, deploys the contract HelloWorld, follows blocks and events, sends a transaction, calls,
   and lets two applications talk through the nodes.

       make && ./hello ../../nodes/127.0.0.1/sdk ../../contracts/build/HelloWorld 127.0.0.1:20200 127.0.0.1:20201 */
#include <hanse/client.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Every function that can fail says why in its last argument. */
static void *must(void *result, const hanse_error *error, const char *what)
{
    if (result == NULL) {
        fprintf(stderr, "%s: %s\n", what, error->text);
        exit(1);
    }
    return result;
}

static char *read_text(const char *base, const char *ending)
{
    char path[4096];
    snprintf(path, sizeof path, "%s%s", base, ending);
    FILE *file = fopen(path, "r");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    char *text = calloc(1, 1 << 20);
    size_t size = fread(text, 1, (1 << 20) - 1, file);
    text[size] = '\0';
    fclose(file);
    return text;
}

/* ---- what the client calls, on its own thread: be quick, and do not call what waits ---- */

static void on_connection(void *context, const char *node, hanse_connection_change change, const char *reason)
{
    (void)context;
    printf("node     %s %s%s\n", node, change == HANSE_CONNECTED ? "connected" : "lost: ", reason);
}

static void on_block(void *context, int64_t number)
{
    (void)context;
    printf("block    %lld\n", (long long)number);
}

static void on_event(void *context, const char *log)
{
    const hanse_abi *abi = context;
    char *text = log ? hanse_abi_decode_log(abi, log, NULL) : NULL;
    printf("event    %s\n", text ? text : "(of another interface, or the end)");
    hanse_free(text);
}

static void on_message(void *context, const char *topic, const void *data, size_t size, hanse_amop_message *message)
{
    (void)context;
    printf("message  %s: %.*s\n", topic, (int)size, (const char *)data);
    hanse_amop_answer(message, "moin", 4);
}

/* ---- the tour ---- */

static hanse_client *connect_to(const char *certificates, const char *const *nodes, size_t count)
{
    hanse_error error;
    hanse_client_options options = {0};
    options.nodes = nodes;
    options.node_count = count;
    options.certificates = certificates;
    options.on_connection = on_connection;
    return must(hanse_client_open(&options, &error), &error, "connecting");
}

static void call_get(hanse_client *client, const hanse_abi *abi, const char *contract)
{
    hanse_error error;
    int status;
    char *data = must(hanse_abi_encode_call(abi, "get", NULL, 0, &error), &error, "encoding");
    char *output = must(hanse_call(client, NULL, contract, data, &status, &error), &error, "calling");
    char *values = must(hanse_abi_decode_output(abi, "get", output, &error), &error, "decoding");
    printf("get()    %s\n", values);
    hanse_free(values);
    hanse_free(output);
    hanse_free(data);
}

static void use_contract(hanse_client *client, const char *base)
{
    hanse_error error;
    char *json = read_text(base, ".abi"), *code = read_text(base, ".bin");
    hanse_abi *abi = must(hanse_abi_parse(json, &error), &error, "the interface");
    hanse_account *account = must(hanse_account_new(&error), &error, "an account");
    hanse_subscription *blocks = must(hanse_blocks_subscribe(client, -1, on_block, NULL, &error), &error, "following blocks");

    char *deployment = must(hanse_abi_encode_deployment(abi, code, NULL, 0, &error), &error, "encoding");
    hanse_receipt *deployed = must(hanse_send(client, account, NULL, deployment, &error), &error, "deploying");
    const char *contract = hanse_receipt_contract(deployed);
    printf("contract %s, status %s\n", contract, hanse_receipt_status_text(deployed));

    hanse_event_filter filter = {0};
    filter.from_block = -1;
    filter.to_block = -1;
    filter.addresses = &contract;
    filter.address_count = 1;
    hanse_subscription *events = must(hanse_events_subscribe(client, &filter, on_event, abi, &error), &error, "following events");

    const char *arguments[] = {"Hello from C"};
    char *data = must(hanse_abi_encode_call(abi, "set", arguments, 1, &error), &error, "encoding");
    hanse_receipt *receipt = must(hanse_send(client, account, contract, data, &error), &error, "sending");
    printf("receipt  %s in block %lld\n", hanse_receipt_status_text(receipt), (long long)hanse_receipt_block(receipt));
    call_get(client, abi, contract);
    sleep(1); /* for the event */

    hanse_unsubscribe(events);
    hanse_unsubscribe(blocks);
    hanse_receipt_free(receipt);
    hanse_receipt_free(deployed);
    hanse_free(data);
    hanse_free(deployment);
    hanse_account_free(account);
    hanse_abi_free(abi);
    free(code);
    free(json);
}

/* Two clients, at two nodes if there are as many. The nodes tell each other their topics every few seconds. */
static void exchange_messages(hanse_client *speaker, hanse_client *listener)
{
    hanse_error error;
    if (!hanse_amop_listen(listener, "greetings", on_message, NULL, &error))
        must(NULL, &error, "listening");
    char *answer = NULL;
    size_t size = 0;
    for (int attempt = 0; answer == NULL && attempt < 20; attempt++) {
        answer = hanse_amop_send(speaker, "greetings", "hello", 5, &size, &error);
        if (answer == NULL)
            sleep(1);
    }
    must(answer, &error, "sending a message");
    printf("answer   %.*s\n", (int)size, answer);
    hanse_free(answer);
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: %s CERTIFICATES CONTRACT HOST:PORT...\n", argv[0]);
        return 2;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    const char *const *nodes = (const char *const *)argv + 3;
    size_t count = (size_t)argc - 3;
    hanse_error error;
    hanse_client *client = connect_to(argv[1], nodes, count), *listener = connect_to(argv[1], nodes + count - 1, 1);
    char *version = must(hanse_rpc(client, "getClientVersion", NULL, &error), &error, "getClientVersion");
    printf("version  %s\n", version);
    hanse_free(version);
    use_contract(client, argv[2]);
    exchange_messages(client, listener);
    hanse_client_close(listener);
    hanse_client_close(client);
    return 0;
}
