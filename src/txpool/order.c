#include "txpool/order.h"
#include "base/prng.h"

#include <assert.h>

static bool comes_before(const order_link *a, const order_link *b)
{
    return a->time_ms != b->time_ms ? a->time_ms < b->time_ms : a->sequence > b->sequence;
}

void order_insert(order *o, order_link *link, uint64_t time_ms, uint64_t sequence)
{
    *link = (order_link){.time_ms = time_ms, .sequence = sequence, .priority = prng_mix(&o->priorities)};
    order_link **place = &o->root, *before = NULL, *after = NULL;
    while (*place && (*place)->priority >= link->priority) {
        bool left = comes_before(link, *place);
        *(left ? &after : &before) = *place;
        place = left ? &(*place)->left : &(*place)->right;
    }
    /* The subtree here has lower priorities: it is split into what comes before and after the new node. */
    order_link *rest = *place, **smaller = &link->left, **larger = &link->right;
    *place = link;
    while (rest) {
        if (comes_before(link, rest)) {
            after = *larger = rest;
            larger = &rest->left;
            rest = rest->left;
        } else {
            before = *smaller = rest;
            smaller = &rest->right;
            rest = rest->right;
        }
    }
    *smaller = *larger = NULL;
    link->previous = before;
    link->next = after;
    *(before ? &before->next : &o->first) = link;
    if (after)
        after->previous = link;
    o->count++;
}

void order_remove(order *o, order_link *link)
{
    order_link **place = &o->root;
    while (*place != link) {
        assert(*place != NULL);
        place = comes_before(link, *place) ? &(*place)->left : &(*place)->right;
    }
    order_link *left = link->left, *right = link->right;
    while (left && right) {
        if (left->priority >= right->priority) {
            *place = left;
            place = &left->right;
            left = left->right;
        } else {
            *place = right;
            place = &right->left;
            right = right->left;
        }
    }
    *place = left ? left : right;
    *(link->previous ? &link->previous->next : &o->first) = link->next;
    if (link->next)
        link->next->previous = link->previous;
    o->count--;
}
