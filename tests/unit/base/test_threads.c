#include "test.h"

#include "base/clock.h"
#include "base/queue.h"
#include "base/worker_pool.h"

typedef struct {
    queue_link link;
    job work;
    int value;
    queue *back;
} item;

static void push_back(job *j)
{
    item *i = (item *)((char *)j - offsetof(item, work));
    i->value *= 2;
    assert_int_equal(queue_push_unbounded(i->back, &i->link), QUEUE_OK);
}

static void jobs_come_back_through_a_queue(void **state)
{
    (void)state;
    enum { ITEMS = 200 };
    static item items[ITEMS];
    queue *back = queue_new(1, 1);
    worker_pool *pool = worker_pool_new("worker", 3, ITEMS);
    for (int i = 0; i < ITEMS; i++) {
        items[i] = (item){.work.run = push_back, .value = i, .back = back};
        assert_true(worker_pool_submit(pool, &items[i].work));
    }
    int seen = 0, sum = 0;
    while (seen < ITEMS)
        for (queue_link *l = queue_wait(back, clock_steady_ms() + 1000); l; l = l->next) {
            seen++;
            sum += ((item *)l)->value;
        }
    assert_int_equal(sum, ITEMS * (ITEMS - 1));
    worker_pool_free(pool);
    queue_free(back);
}

static void a_full_queue_says_so(void **state)
{
    (void)state;
    queue *q = queue_new(6, 100);
    item items[8] = {0};
    for (int i = 0; i < 6; i++) {
        items[i].link.item_bytes = 10;
        assert_int_equal(queue_push(q, &items[i].link), QUEUE_OK);
        assert_int_equal(queue_is_congested(q), i >= 3);
    }
    assert_int_equal(queue_push(q, &items[6].link), QUEUE_FULL);
    assert_int_equal(queue_push_unbounded(q, &items[6].link), QUEUE_OK);
    int count = 0;
    for (queue_link *l = queue_pop_all(q); l; l = l->next)
        assert_ptr_equal(l, &items[count++].link);
    assert_int_equal(count, 7);
    items[0].link.item_bytes = 101;
    assert_int_equal(queue_push(q, &items[0].link), QUEUE_FULL);
    queue_close(q);
    assert_int_equal(queue_push(q, &items[1].link), QUEUE_CLOSED);
    assert_null(queue_wait(q, clock_steady_ms() + 60000));
    queue_free(q);
}

static void waiting_ends_at_its_deadline(void **state)
{
    (void)state;
    queue *q = queue_new(1, 1);
    uint64_t before = clock_steady_ms();
    assert_null(queue_wait(q, before + 20));
    assert_true(clock_steady_ms() >= before + 19);
    queue_free(q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(jobs_come_back_through_a_queue),
        cmocka_unit_test(a_full_queue_says_so),
        cmocka_unit_test(waiting_ends_at_its_deadline),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
