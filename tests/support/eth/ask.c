#include "ask.h"

#include <semaphore.h>

uint64_t eth_world_now_ms;

static uint64_t now_ms(void)
{
    return eth_world_now_ms;
}

eth_world eth_world_over(world *w)
{
    eth_world_now_ms = 0;
    return (eth_world){w, eth_service_new(&(eth_config){.chain_id = ETH_WORLD_CHAIN_ID, .now_ms = now_ms}, &w->backend, w->workers)};
}

void eth_world_close(eth_world *e)
{
    eth_service_free(e->service);
    world_close(e->w);
}

typedef struct {
    char *text;
    sem_t done;
} asked;

static void take_answer(void *context, bytes answer)
{
    asked *a = context;
    a->text = calloc(1, answer.size + 1);
    if (answer.size)
        memcpy(a->text, answer.data, answer.size);
    sem_post(&a->done);
}

char *eth_ask_text(eth_world *e, const char *body)
{
    return eth_ask_path(e, "/", body);
}

char *eth_ask_path(eth_world *e, const char *path, const char *body)
{
    asked a = {0};
    sem_init(&a.done, 0, 0);
    eth_http_service.start(e->service, &(http_asker){.path = path}, e->w->workers, bytes_of_text(body), take_answer, &a);
    while (sem_wait(&a.done) != 0)
        ;
    sem_destroy(&a.done);
    return a.text;
}

static json_t *ask(eth_world *e, const char *method, const char *params)
{
    arena a = {0};
    char *text = eth_ask_text(e, arena_print(&a, "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":%s}", method, params));
    json_t *answer = json_loads(text, 0, NULL);
    if (answer == NULL)
        fail_msg("%s: %s", method, text);
    free(text);
    arena_reset(&a);
    return answer;
}

static PRINTF_LIKE(3, 0) json_t *ask_list(eth_world *e, const char *method, const char *params, va_list args)
{
    char text[4096];
    assert_true(vsnprintf(text, sizeof text, params, args) < (int)sizeof text);
    return ask(e, method, text);
}

json_t *eth_ask(eth_world *e, const char *method, const char *params, ...)
{
    va_list args;
    va_start(args, params);
    json_t *answer = ask_list(e, method, params, args);
    va_end(args);
    return answer;
}

json_t *eth_result(eth_world *e, const char *method, const char *params, ...)
{
    va_list args;
    va_start(args, params);
    json_t *answer = ask_list(e, method, params, args);
    va_end(args);
    json_t *result = json_incref(json_object_get(answer, "result"));
    if (result == NULL) {
        char *text = json_dumps(answer, 0);
        fail_msg("%s: %s", method, text);
    }
    json_decref(answer);
    return result;
}

void eth_expect_error(eth_world *e, int code, const char *part, const char *method, const char *params)
{
    json_t *answer = ask(e, method, params);
    char *text = json_dumps(answer, 0);
    const json_t *error = json_object_get(answer, "error");
    if (error == NULL || json_integer_value(json_object_get(error, "code")) != code || strstr(text, part) == NULL)
        fail_msg("%s %s: %s, expected error %d with \"%s\"", method, params, text, code, part);
    free(text);
    json_decref(answer);
}

void eth_expect(eth_world *e, const char *result, const char *method, const char *params)
{
    json_t *answer = ask(e, method, params), *expected = json_loads(result, JSON_DECODE_ANY, NULL);
    assert_non_null(expected);
    if (!json_equal(json_object_get(answer, "result"), expected)) {
        char *text = json_dumps(answer, 0);
        fail_msg("%s %s: %s, expected %s", method, params, text, result);
    }
    json_decref(expected);
    json_decref(answer);
}
