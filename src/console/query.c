#include "console/query.h"

void query_show_model(session *s, const model *m, const json_t *answer)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    if (json_is_array(answer))
        model_print_list(m, answer, &text);
    else
        model_print(m, answer, &text);
    say_pretty(s, buffer_bytes(&text));
    buffer_free(&text);
}

void query_show_list(session *s, const json_t *answer)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    if (json_array_size(answer) == 0) {
        say(s, "[]");
        return;
    }
    model_print_texts(answer, &text);
    say_pretty(s, buffer_bytes(&text));
    buffer_free(&text);
}

static json_t *parameter_value(const parameter *p, const char *text)
{
    return p->kind == PARAMETER_BOOL ? json_boolean(strcmp(text, "true") == 0) : json_string(text);
}

/* NULL: it is said why. */
static json_t *query_params(session *s, const command *c, const query *q, int argc, char **argv)
{
    json_t *params = q->has_no_group ? json_array() : console_params(s);
    for (int i = 0; !q->takes_endpoint && i < COMMAND_PARAMETERS_MAX && c->parameters[i].name; i++) {
        const char *text = i < argc ? argv[i] : q->defaults[i];
        json_t *value = text ? parameter_value(&c->parameters[i], text) : NULL;
        if (text && value == NULL) {
            json_decref(params);
            console_fail(s, "Argument %d is no UTF-8 text.", i + 1);
            return NULL;
        }
        if (value)
            json_array_append_new(params, value);
    }
    return params;
}

static void show_short_list(session *s, const json_t *answer)
{
    buffer text = buffer_init(BUFFER_NO_LIMIT);
    model_print_texts(answer, &text);
    say(s, "%.*s", (int)text.size, (const char *)text.data);
    buffer_free(&text);
}

static bool show_consensus(session *s, const json_t *answer)
{
    json_t *value = model_consensus_of(answer);
    if (value == NULL)
        return console_fail(s, "The node's answer is not what was asked for.");
    query_show_model(s, &model_consensus, value);
    json_decref(value);
    return true;
}

static bool show(session *s, const query *q, const json_t *answer)
{
    char decimal[32];
    const char *text = json_string_value(answer);
    switch (q->shape) {
    case SHOW_NUMBER:
    case SHOW_TEXT:
        if (text == NULL)
            break;
        say(s, "%s", q->shape == SHOW_NUMBER ? model_decimal(text, decimal, sizeof decimal) : text);
        return true;
    case SHOW_LIST:
    case SHOW_SHORT_LIST:
    case SHOW_MODELS:
        if (!json_is_array(answer))
            break;
        if (q->shape == SHOW_SHORT_LIST)
            show_short_list(s, answer);
        else if (q->shape == SHOW_LIST || json_array_size(answer) == 0)
            query_show_list(s, answer);
        else
            query_show_model(s, q->model, answer);
        return true;
    case SHOW_MODEL:
        if (!json_is_object(answer))
            break;
        query_show_model(s, q->model, answer);
        return true;
    case SHOW_CONSENSUS:
        return show_consensus(s, answer);
    }
    return console_fail(s, "The node's answer is not what was asked for.");
}

bool query_run(session *s, const command *c, int argc, char **argv)
{
    const query *q = c->data;
    json_t *params = query_params(s, c, q, argc, argv);
    json_t *answer = params ? console_ask(s, q->takes_endpoint && argc ? argv[0] : NULL, q->method, params) : NULL;
    if (answer == NULL)
        return false;
    bool ok = json_is_null(answer) && q->absent ? console_fail(s, "%s", q->absent) : show(s, q, answer);
    json_decref(answer);
    return ok;
}
