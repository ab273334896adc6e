#include "client/receipt.h"

#include "base/memory.h"
#include "base/reference.h"
#include "chain/status.h"
#include "client/answers.h"
#include "client/inside.h"

#include <stdio.h>
#include <stdlib.h>

struct hanse_receipt {
    reference_count owners;
    json_t *root;
    char *text;
    char **logs;
    size_t log_count;
    int status;
    int64_t block;
};

#define ZERO_ADDRESS "0x0000000000000000000000000000000000000000"
#define ZERO_HASH "0x0000000000000000000000000000000000000000000000000000000000000000"

static const char *text_of(const hanse_receipt *r, const char *key, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(r->root, key));
    return text ? text : otherwise;
}

hanse_receipt *client_receipt_new(json_t *receipt, const char *transaction_hash)
{
    int64_t status;
    if (!client_is_receipt(receipt) || !client_quantity(json_object_get(receipt, "status"), &status)) {
        json_decref(receipt);
        return NULL;
    }
    hanse_receipt *r = memory_new(sizeof *r);
    reference_init(&r->owners);
    r->root = receipt;
    if (strcmp(text_of(r, "transactionHash", ""), ZERO_HASH) == 0)
        json_object_set_new(r->root, "transactionHash", json_string(transaction_hash));
    r->status = (int)status;
    if (!client_quantity(json_object_get(receipt, "blockNumber"), &r->block))
        r->block = -1;
    const json_t *logs = json_object_get(receipt, "logs");
    r->log_count = json_array_size(logs);
    r->logs = memory_new_array(r->log_count, sizeof *r->logs);
    r->text = client_json_text(r->root);
    bool ok = r->text != NULL;
    for (size_t i = 0; ok && i < r->log_count; i++)
        ok = (r->logs[i] = client_json_text(json_array_get(logs, i))) != NULL;
    if (!ok) {
        hanse_receipt_free(r);
        return NULL;
    }
    return r;
}

hanse_receipt *client_receipt_keep(const hanse_receipt *r)
{
    hanse_receipt *mine = (hanse_receipt *)(uintptr_t)r; /* only its count changes */
    reference_add(&mine->owners);
    return mine;
}

bool client_receipt_is_refusal(const hanse_receipt *r)
{
    return r->status != STATUS_OK && strcmp(text_of(r, "blockHash", ZERO_HASH), ZERO_HASH) == 0;
}

hanse_receipt *client_receipt_refused(int status, const char *transaction_hash)
{
    char code[16];
    snprintf(code, sizeof code, "0x%x", (unsigned)status);
    json_t *root = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:[]}", "blockHash", ZERO_HASH,
                             "blockNumber", "0x0", "contractAddress", ZERO_ADDRESS, "from", ZERO_ADDRESS, "gasUsed", "0x0", "input", "0x",
                             "output", "0x", "root", ZERO_HASH, "status", code, "statusMsg", status_text((uint32_t)status), "to",
                             ZERO_ADDRESS, "transactionHash", transaction_hash, "transactionIndex", "0x0", "logs");
    return client_receipt_new(root, transaction_hash);
}

int hanse_receipt_status(const hanse_receipt *r)
{
    return r->status;
}

const char *hanse_receipt_status_text(const hanse_receipt *r)
{
    /* Older nodes tell the number alone. */
    return text_of(r, "statusMsg", status_text((uint32_t)r->status));
}

const char *hanse_receipt_transaction(const hanse_receipt *r)
{
    return text_of(r, "transactionHash", ZERO_HASH);
}

int64_t hanse_receipt_block(const hanse_receipt *r)
{
    return r->block;
}

const char *hanse_receipt_contract(const hanse_receipt *r)
{
    const char *text = text_of(r, "contractAddress", ZERO_ADDRESS);
    return strlen(text) == sizeof ZERO_ADDRESS - 1 ? text : ZERO_ADDRESS;
}

const char *hanse_receipt_output(const hanse_receipt *r)
{
    return text_of(r, "output", "0x");
}

size_t hanse_receipt_log_count(const hanse_receipt *r)
{
    return r->log_count;
}

const char *hanse_receipt_log(const hanse_receipt *r, size_t index)
{
    return index < r->log_count ? r->logs[index] : NULL;
}

const char *hanse_receipt_json(const hanse_receipt *r)
{
    return r->text;
}

void hanse_receipt_free(hanse_receipt *r)
{
    if (r == NULL || !reference_drop(&r->owners))
        return;
    for (size_t i = 0; i < r->log_count; i++)
        free(r->logs[i]);
    free(r->logs);
    free(r->text);
    json_decref(r->root);
    free(r);
}
