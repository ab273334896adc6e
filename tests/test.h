/* test.h: cmocka and what every test of hanse needs. */
#ifndef HANSE_TESTS_TEST_H
#define HANSE_TESTS_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/bytes.h"

#define assert_bytes_equal(a, b)                                                                                            \
    do {                                                                                                                    \
        bytes left_ = (a), right_ = (b);                                                                                    \
        assert_int_equal(left_.size, right_.size);                                                                          \
        if (left_.size)                                                                                                     \
            assert_memory_equal(left_.data, right_.data, left_.size);                                                       \
    } while (0)

/* HANSE_SOURCE_DIR/tests/golden/<name>: what tests read from the C++ node's recordings. */
#define GOLDEN(name) HANSE_SOURCE_DIR "/tests/golden/" name

#endif
