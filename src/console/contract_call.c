#include "console/contract_call.h"
#include "console/accounts.h"
#include "console/arguments.h"

#include <stdlib.h>

static const char docs_link[] = "https://fisco-bcos-documentation.readthedocs.io/zh_CN/latest/docs/api.html";

/* ---- values ---- */

/* "Return value size:1", "Return types: (STRING)", "Return values:(Hello)"; label is Return or Input. */
static void show_values(session *s, const char *label, const char *const *types, size_t count, const json_t *values)
{
    buffer names = buffer_init(BUFFER_NO_LIMIT), texts = buffer_init(BUFFER_NO_LIMIT);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(&names, i ? ", " : "");
        buffer_append_text(&texts, i ? ", " : "");
        argument_print_type(&s->memory, types[i], &names);
        argument_print_value(&s->memory, types[i], json_array_get(values, i), &texts);
    }
    say(s, "%s value size:%zu", label, count);
    say(s, "%s types: (%.*s)", label, (int)names.size, names.size ? (const char *)names.data : "");
    say(s, "%s values:(%.*s)", label, (int)texts.size, texts.size ? (const char *)texts.data : "");
    buffer_free(&names);
    buffer_free(&texts);
}

static json_t *decode_output(const hanse_abi *abi, const hanse_abi_item *function, const char *output)
{
    char *text = hanse_abi_decode_output(abi, function->signature, output, NULL);
    json_t *values = text ? json_loads(text, 0, NULL) : NULL;
    hanse_free(text);
    return values;
}

static void show_output(session *s, const hanse_abi *abi, const hanse_abi_item *function, const char *output)
{
    json_t *values = function->output_count ? decode_output(abi, function, output) : NULL;
    if (values)
        show_values(s, "Return", function->output_types, function->output_count, values);
    else
        say(s, "Return values:%s", function->output_count ? output : "[]");
    json_decref(values);
}

/* The user's arguments as the library takes them. NULL: it is said why. */
static const char **convert(session *s, const hanse_abi_item *item, char *const *arguments, size_t count)
{
    const char **out = arena_take_array(&s->memory, count + 1, sizeof *out);
    for (size_t i = 0; i < count; i++) {
        error_text why;
        out[i] = item && i < item->input_count ? argument_convert(&s->memory, item->input_types[i], arguments[i], &why) : arguments[i];
        if (out[i] == NULL) {
            console_fail(s, "Argument %zu (%s): %s", i + 1, item->input_types[i], why.text);
            return NULL;
        }
    }
    return out;
}

/* ---- deploying ---- */

static void fail_deployment(session *s, const artifact *a, const hanse_receipt *receipt)
{
    char *reason = hanse_revert_reason(hanse_receipt_output(receipt));
    console_fail(s, "deploy contract for %s failed!", a->name);
    say(s, "transaction hash: %s", hanse_receipt_transaction(receipt));
    say(s, "return message: %s", reason ? reason : hanse_receipt_status_text(receipt));
    say(s, "return code:%d", hanse_receipt_status(receipt));
    say(s, "Return values:%s", hanse_receipt_output(receipt));
    hanse_free(reason);
}

static char *encode_deployment(session *s, const artifact *a, char *const *arguments, size_t count)
{
    hanse_error error = {0};
    hanse_abi *abi = hanse_abi_parse(a->abi, &error);
    char *data = NULL;
    if (abi) {
        const hanse_abi_item *constructor = hanse_abi_find(abi, HANSE_CONSTRUCTOR, "", NULL);
        const char **texts = convert(s, constructor, arguments, count);
        data = texts ? hanse_abi_encode_deployment(abi, a->code, texts, count, &error) : NULL;
        if (data == NULL && texts)
            console_fail_with(s, &error);
    } else {
        console_fail_with(s, &error);
    }
    hanse_abi_free(abi);
    return data;
}

const char *contract_deploy(session *s, const artifact *a, char *const *arguments, size_t count)
{
    char *data = encode_deployment(s, a, arguments, count);
    hanse_client *client = data ? console_client(s) : NULL;
    const hanse_account *account = client ? accounts_current(s, true) : NULL;
    hanse_error error = {0};
    hanse_receipt *receipt = account ? hanse_send(client, account, NULL, data, &error) : NULL;
    hanse_free(data);
    if (receipt == NULL) {
        if (account)
            console_fail_with(s, &error);
        return NULL;
    }
    const char *address = NULL;
    if (hanse_receipt_status(receipt) == 0) {
        address = arena_copy_text(&s->memory, bytes_of_text(hanse_receipt_contract(receipt)));
        say(s, "transaction hash: %s", hanse_receipt_transaction(receipt));
        say(s, "contract address: %s", address);
        say(s, "currentAccount: %s", hanse_account_address(account));
        artifact_keep(s, a, address);
    } else {
        fail_deployment(s, a, receipt);
    }
    hanse_receipt_free(receipt);
    return address;
}

/* ---- calling ---- */

static bool call_constant(session *s, const hanse_abi *abi, const hanse_abi_item *function, const char *address, const char *data)
{
    hanse_client *client = console_client(s);
    if (client == NULL)
        return false;
    const hanse_account *account = accounts_current(s, false);
    hanse_error error = {0};
    int status = 0;
    char *output = hanse_call(client, account ? hanse_account_address(account) : NULL, address, data, &status, &error);
    if (output == NULL)
        return console_fail_with(s, &error);
    char *reason = status ? hanse_revert_reason(output) : NULL;
    say_dashes(s);
    say(s, "Return code: %d", status);
    if (status == 0)
        say(s, "description: transaction executed successfully");
    else
        console_fail(s, "description: the call failed with status %d, please refer to %s", status, docs_link);
    say(s, "Return message: %s", status == 0 ? "Success" : reason ? reason : "");
    say_dashes(s);
    if (status == 0)
        show_output(s, abi, function, output);
    else
        say(s, "Return values:%s", output);
    say_dashes(s);
    hanse_free(reason);
    hanse_free(output);
    return status == 0;
}

/* {"name":[[args],...],...} of the logs that the interface knows. */
static void show_events(session *s, const hanse_abi *abi, const hanse_receipt *receipt)
{
    json_t *events = json_object();
    for (size_t i = 0; i < hanse_receipt_log_count(receipt); i++) {
        char *text = hanse_abi_decode_log(abi, hanse_receipt_log(receipt, i), NULL);
        json_t *event = text ? json_loads(text, 0, NULL) : NULL;
        const char *name = json_string_value(json_object_get(event, "event"));
        if (name) {
            if (json_object_get(events, name) == NULL)
                json_object_set_new(events, name, json_array());
            json_array_append(json_object_get(events, name), json_object_get(event, "values"));
        }
        json_decref(event);
        hanse_free(text);
    }
    char *text = json_dumps(events, JSON_COMPACT);
    say(s, "Event logs");
    say(s, "Event: %s", text ? text : "{}");
    free(text);
    json_decref(events);
}

static void show_input(session *s, const hanse_abi *abi, const char *input)
{
    const char *signature = NULL;
    char *text = hanse_abi_decode_input(abi, input, &signature, NULL);
    json_t *values = text ? json_loads(text, 0, NULL) : NULL;
    const hanse_abi_item *function = signature ? hanse_abi_find(abi, HANSE_FUNCTION, signature, NULL) : NULL;
    say(s, "Transaction inputs:");
    if (values && function)
        show_values(s, "Input", function->input_types, function->input_count, values);
    else
        say(s, "Input values:%s", input);
    json_decref(values);
    hanse_free(text);
}

static void show_transaction(session *s, const hanse_abi *abi, const hanse_abi_item *function, const char *input,
                             const hanse_receipt *receipt)
{
    int status = hanse_receipt_status(receipt);
    char *reason = status ? hanse_revert_reason(hanse_receipt_output(receipt)) : NULL;
    const char *message = status ? hanse_receipt_status_text(receipt) : "Success";
    say(s, "transaction hash: %s", hanse_receipt_transaction(receipt));
    say_dashes(s);
    say(s, "transaction status: 0x%x", (unsigned)status);
    if (status == 0)
        say(s, "description: transaction executed successfully");
    else
        console_fail(s, "description: %s, please refer to %s", message, docs_link);
    say_dashes(s);
    show_input(s, abi, input);
    say_dashes(s);
    say(s, "Receipt message: %s", message);
    say(s, "Return message: %s", reason ? reason : message);
    if (status == 0)
        show_output(s, abi, function, hanse_receipt_output(receipt));
    else
        say(s, "Return values:%s", hanse_receipt_output(receipt));
    say_dashes(s);
    show_events(s, abi, receipt);
    hanse_free(reason);
}

static bool send_transaction(session *s, const hanse_abi *abi, const hanse_abi_item *function, const char *address, const char *data)
{
    hanse_client *client = console_client(s);
    const hanse_account *account = client ? accounts_current(s, true) : NULL;
    hanse_error error = {0};
    hanse_receipt *receipt = account ? hanse_send(client, account, address, data, &error) : NULL;
    if (receipt == NULL)
        return account && console_fail_with(s, &error);
    show_transaction(s, abi, function, data, receipt);
    bool ok = hanse_receipt_status(receipt) == 0;
    hanse_receipt_free(receipt);
    return ok;
}

/* By signature, or by name; an overloaded name by the number of arguments. NULL: it is said why. */
static const hanse_abi_item *find_function(session *s, const hanse_abi *abi, const char *contract, const char *name, size_t count)
{
    const hanse_abi_item *found = NULL, *named = NULL;
    size_t matches = 0;
    for (size_t i = 0; i < hanse_abi_count(abi); i++) {
        const hanse_abi_item *item = hanse_abi_item_at(abi, i);
        if (item->kind != HANSE_FUNCTION || (strcmp(item->name, name) != 0 && strcmp(item->signature, name) != 0))
            continue;
        named = item;
        if (item->input_count == count) {
            found = item;
            matches++;
        }
    }
    if (matches == 1)
        return found;
    if (named == NULL)
        console_fail(s, "call contract \"%s\" failed ! Please check the existence of method \"%s\"", contract, name);
    else if (matches == 0)
        console_fail(s, "call contract \"%s\" failed ! %s takes %zu arguments, not %zu.", contract, named->signature,
            named->input_count, count);
    else
        console_fail(s, "call contract \"%s\" failed ! There are several methods \"%s\": write the one you mean like %s", contract, name,
             named->signature);
    return NULL;
}

bool contract_call(session *s, const char *name, const char *abi_json, const char *address, const char *function_name,
                   char *const *arguments, size_t count)
{
    hanse_error error = {0};
    hanse_abi *abi = hanse_abi_parse(abi_json, &error);
    if (abi == NULL)
        return console_fail_with(s, &error);
    const hanse_abi_item *function = find_function(s, abi, name, function_name, count);
    const char **texts = function ? convert(s, function, arguments, count) : NULL;
    char *data = texts ? hanse_abi_encode_call(abi, function->signature, texts, count, &error) : NULL;
    bool ok = false;
    if (data && function->is_constant)
        ok = call_constant(s, abi, function, address, data);
    else if (data)
        ok = send_transaction(s, abi, function, address, data);
    else if (texts)
        console_fail_with(s, &error);
    hanse_free(data);
    hanse_abi_free(abi);
    return ok;
}

bool contract_show_input(session *s, const char *name_or_path, const char *input)
{
    artifact a;
    hanse_error error = {0};
    if (!artifact_find(s, name_or_path, false, &a))
        return false;
    hanse_abi *abi = hanse_abi_parse(a.abi, &error);
    if (abi == NULL)
        return console_fail_with(s, &error);
    say_dashes(s);
    show_input(s, abi, input ? input : "0x");
    say_dashes(s);
    hanse_abi_free(abi);
    return true;
}
