#include "console/builtin.h"
#include "console/accounts.h"
#include "console/table.h"

#include <stdlib.h>

/* ---- return codes ---- */

const char *builtin_message(long code)
{
    static const struct {
        long code;
        const char *message;
    } messages[] = {
        {-50000, "Permission denied"},
        {-50001, "The table already exist"},
        {-50002, "The table name length exceeds the limit 48"},
        {-50003, "The table field name exceeds the limit 64"},
        {-50004, "The length of all the fields name exceeds the limit 1024"},
        {-50005, "The value exceeds the limit, key max length is 255, field value max length is 1024"},
        {-50006, "The field value exceeds the limit 1024"},
        {-50007, "The table contains duplicated field"},
        {-50008, "Invalid table name or field name"},
        {-50100, "Open table failed, please check the existence of the table"},
        {-50101, "Undefined function"},
        {-50102, "Invalid address format"},
        {-51000, "The table name and address already exist"},
        {-51001, "The table name and address not exist"},
        {-51002, "The table name string length exceeds the maximum limit"},
        {-51003, "The contract doesn't exist"},
        {-51004, "The committee permission control by ChainGovernancePrecompiled are recommended"},
        {-51100, "Invalid node ID"},
        {-51101, "The last sealer cannot be removed"},
        {-51200, "The contract name and version already exist"},
        {-51201, "The version string length exceeds the maximum limit"},
        {-51300, "Invalid configuration entry"},
        {-51500, "The entry parse error"},
        {-51501, "The condition parse error"},
        {-51502, "Undefined function of condition"},
        {-51503, "Don't update the table key"},
        {-51600, "Paillier failed"},
        {-51700, "Group signature failed"},
        {-51800, "Ring signature failed"},
        {-51900, "The contract has been frozen"},
        {-51901, "The contract is available"},
        {-51902, "The contract has been granted authorization with same user"},
        {-51903, "The contract address is invalid"},
        {-51904, "The queried contract address doesn't exist"},
        {-51905, "Have no permission to access the contract table"},
        {-51906, "The contract status manager doesn't exist"},
        {-51907, "There is only one contract status manager left, and the revoke operation cannot be performed"},
        {-52000, "The committee member already exist"},
        {-52001, "The committee member not exist"},
        {-52002, "Invalid request for permission deny"},
        {-52003, "Invalid threshold, threshold should from 0 to 99"},
        {-52004, "The operator or cnsManager cannot be committee member"},
        {-52005, "The committee member cannot be operator"},
        {-52006, "The operator already exist"},
        {-52007, "The operator not exist"},
        {-52008, "Account not exist,you can create a blockchain account by using this account to deploy contracts on the chain"},
        {-52009, "Invalid account address"},
        {-52010, "The account is already available"},
        {-52011, "The account is frozen"},
        {-52012, "The current value is expected"},
        {-53000, "The account has no permission to charge/deduct gas,only chargers has the permission"},
        {-53001, "The charged/deducted gas must be positive value"},
        {-53002, "Charge gas failed for integer overflow"},
        {-53003, "Deduct gas failed for the remain gas is less than the deducted gas"},
        {-53004, "Have no permission to grant the charger,only the committees can grant chargers"},
        {-53005, "Have no permission to revoke the charger,only the committees can revoke chargers"},
        {-53006, "The granted account is already the charger"},
        {-53007, "The revoked account does not exists in the charger list"},
        {-53008, "Undefined function of GasChargeManagePrecompiled"}};
    if (code >= 0)
        return "Success";
    for (size_t i = 0; i < COUNT(messages); i++)
        if (messages[i].code == code)
            return messages[i].message;
    return "Unknown error";
}

bool builtin_show_code(session *s, const char *hash, long code)
{
    if (hash)
        say(s, "TransactionHash: %s", hash);
    say_code(s, code, builtin_message(code));
    return code >= 0;
}

/* ---- calling ---- */

const hanse_account *builtin_signer(session *s)
{
    return accounts_current(s, true);
}

/* "insert(string,string)(int256)" -> "insert" */
static const char *function_name(session *s, const char *signature)
{
    return arena_copy_text(&s->memory, bytes_of(signature, strcspn(signature, "(")));
}

static json_t *decode(session *s, const hanse_abi *abi, const char *function, const char *output)
{
    hanse_error error = {0};
    char *text = hanse_abi_decode_output(abi, function, output, &error);
    json_t *values = text ? json_loads(text, 0, NULL) : NULL;
    if (values == NULL)
        console_fail(s, "The contract returned %s, which is not what its function returns.", output);
    hanse_free(text);
    return values;
}

/* A receipt with another status than 0. */
static void fail_receipt(session *s, const hanse_receipt *receipt)
{
    char *reason = hanse_revert_reason(hanse_receipt_output(receipt));
    say(s, "TransactionHash: %s", hanse_receipt_transaction(receipt));
    say_code(s, hanse_receipt_status(receipt), reason ? reason : hanse_receipt_status_text(receipt));
    hanse_free(reason);
}

json_t *builtin_send(session *s, const char *contract, const char *signature, const char *const *arguments, size_t count,
                     const char **hash)
{
    hanse_client *client = console_client(s);
    const hanse_account *signer = client ? builtin_signer(s) : NULL;
    hanse_error error = {0};
    hanse_abi *abi = signer ? hanse_abi_of_signature(signature, &error) : NULL;
    const char *function = function_name(s, signature);
    char *data = abi ? hanse_abi_encode_call(abi, function, arguments, count, &error) : NULL;
    hanse_receipt *receipt = data ? hanse_send(client, signer, contract, data, &error) : NULL;
    json_t *values = NULL;
    if (receipt && hanse_receipt_status(receipt) != 0)
        fail_receipt(s, receipt);
    else if (receipt)
        values = decode(s, abi, function, hanse_receipt_output(receipt));
    else if (signer)
        console_fail_with(s, &error);
    if (values && hash)
        *hash = arena_copy_text(&s->memory, bytes_of_text(hanse_receipt_transaction(receipt)));
    hanse_receipt_free(receipt);
    hanse_free(data);
    hanse_abi_free(abi);
    return values;
}

json_t *builtin_call(session *s, const char *contract, const char *signature, const char *const *arguments, size_t count)
{
    hanse_client *client = console_client(s);
    if (client == NULL)
        return NULL;
    const hanse_account *account = accounts_current(s, false);
    hanse_error error = {0};
    hanse_abi *abi = hanse_abi_of_signature(signature, &error);
    const char *function = function_name(s, signature);
    char *data = abi ? hanse_abi_encode_call(abi, function, arguments, count, &error) : NULL;
    int status = 0;
    char *output = data ? hanse_call(client, account ? hanse_account_address(account) : NULL, contract, data, &status, &error) : NULL;
    json_t *values = NULL;
    if (output && status != 0) {
        char *reason = hanse_revert_reason(output);
        say_code(s, status, reason ? reason : "The call failed");
        hanse_free(reason);
    } else if (output) {
        values = decode(s, abi, function, output);
    } else {
        console_fail_with(s, &error);
    }
    hanse_free(output);
    hanse_free(data);
    hanse_abi_free(abi);
    return values;
}

/* ---- values ---- */

long builtin_number(const json_t *values, size_t index)
{
    const json_t *value = json_array_get(values, index);
    if (json_is_string(value))
        return strtol(json_string_value(value), NULL, 0);
    return (long)json_integer_value(value);
}

const char *builtin_text(const json_t *values, size_t index)
{
    const char *text = json_string_value(json_array_get(values, index));
    return text ? text : "";
}

bool builtin_send_and_show(session *s, const char *contract, const char *signature, const char *const *arguments, size_t count)
{
    const char *hash = NULL;
    json_t *values = builtin_send(s, contract, signature, arguments, count, &hash);
    if (values == NULL)
        return false;
    bool ok = builtin_show_code(s, hash, builtin_number(values, 0));
    json_decref(values);
    return ok;
}

bool builtin_show_permissions(session *s, const char *json)
{
    json_t *list = json_loads(json, 0, NULL);
    if (!json_is_array(list)) {
        json_decref(list);
        return console_fail(s, "The contract's answer is no list: %s", json);
    }
    size_t count = json_array_size(list);
    const char *(*rows)[2] = arena_take_array(&s->memory, count + 1, sizeof *rows);
    for (size_t i = 0; i < count; i++) {
        const json_t *row = json_array_get(list, i);
        const char *address = json_string_value(json_object_get(row, "address"));
        const char *number = json_string_value(json_object_get(row, "enable_num"));
        rows[i][0] = address ? address : "";
        rows[i][1] = number ? number : "";
    }
    table_show(s, "address", "enable_num", (const char *const (*)[2])rows, count);
    json_decref(list);
    return true;
}

/* ---- commands that are a function ---- */

static const char *const *function_arguments(session *s, const builtin_function *f, int argc, char **argv, size_t *count)
{
    const char **arguments = arena_take_array(&s->memory, (size_t)argc + 1, sizeof *arguments);
    *count = 0;
    if (f->first)
        arguments[(*count)++] = f->first;
    for (int i = 0; i < argc; i++)
        arguments[(*count)++] = argv[i];
    return arguments;
}

bool builtin_run(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    size_t count;
    const char *const *arguments = function_arguments(s, f, argc, argv, &count);
    return builtin_send_and_show(s, f->contract, f->signature, arguments, count);
}

bool builtin_run_text(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    size_t count;
    const char *const *arguments = function_arguments(s, f, argc, argv, &count);
    json_t *values = builtin_call(s, f->contract, f->signature, arguments, count);
    if (values == NULL)
        return false;
    say(s, "%s", builtin_text(values, json_array_size(values) - 1));
    json_decref(values);
    return true;
}

bool builtin_run_table(session *s, const command *c, int argc, char **argv)
{
    const builtin_function *f = c->data;
    size_t count;
    const char *const *arguments = function_arguments(s, f, argc, argv, &count);
    json_t *values = builtin_call(s, f->contract, f->signature, arguments, count);
    bool ok = values && builtin_show_permissions(s, builtin_text(values, 0));
    json_decref(values);
    return ok;
}
