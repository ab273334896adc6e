/* What a client reads of a node: answers, pushes, receipts, logs. The first byte chooses the reader. */
#include "client/answers.h"
#include "client/receipt.h"

#include <assert.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_events(bytes in)
{
    client_event_push push;
    if (!client_read_event_push(in, &push))
        return;
    assert(push.id && (push.logs || push.result == 1));
    size_t i;
    json_t *log;
    client_log_place place;
    json_array_foreach(push.logs, i, log) assert(client_log_place_of(log, &place) && place.block >= 0 && place.log >= 0);
    json_decref(push.root);
}

static void read_receipt(bytes in)
{
    hanse_receipt *receipt = client_receipt_new(client_answer_object(in), "0x00");
    if (receipt) {
        assert(hanse_receipt_status(receipt) >= 0 && hanse_receipt_json(receipt) && hanse_receipt_status_text(receipt));
        for (size_t i = 0; i < hanse_receipt_log_count(receipt); i++)
            assert(hanse_receipt_log(receipt, i));
    }
    hanse_receipt_free(receipt);
}

static void read_log(bytes in)
{
    static hanse_abi *abi;
    if (abi == NULL)
        abi = hanse_abi_parse("[{\"type\":\"event\",\"name\":\"E\",\"inputs\":[{\"name\":\"a\",\"type\":\"string\",\"indexed\":true},"
                              "{\"name\":\"b\",\"type\":\"bytes[]\"},{\"name\":\"c\",\"type\":\"int8\"}]}]", NULL);
    char *text = malloc(in.size + 1);
    if (in.size)
        memcpy(text, in.data, in.size);
    text[in.size] = '\0';
    hanse_free(hanse_abi_decode_log(abi, text, NULL));
    hanse_free(hanse_revert_reason(text));
    free(text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    bytes in = bytes_of(data + 1, size - 1);
    int number;
    int64_t height;
    hanse_error error;
    switch (data[0] % 7) {
    case 0:
        json_decref(client_answer_result(in, &error));
        break;
    case 1:
        if (client_read_handshake(in, &number))
            assert(number >= 1 && number <= 3);
        break;
    case 2:
        if (client_read_block_push(in, &number, &height))
            assert(number >= 1 && number <= 32767 && height >= 0);
        break;
    case 3:
        (void)!client_read_registration(in, &number);
        break;
    case 4:
        read_events(in);
        break;
    case 5:
        read_receipt(in);
        break;
    case 6:
        read_log(in);
        break;
    }
    return 0;
}
