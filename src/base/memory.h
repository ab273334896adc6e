/* memory.h: allocation that cannot fail. hanse bounds what it takes from outside by named limits; when the machine itself has
   no memory left there is no state worth continuing with, so these calls print the size and abort. docs/decisions/0001. */
#ifndef HANSE_BASE_MEMORY_H
#define HANSE_BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t size);                              /* zeroed; free() it; size 0 gives a valid pointer */
void *memory_new_array(size_t count, size_t item_size);     /* zeroed; aborts when the product overflows */
void *memory_resize(void *old, size_t count, size_t item_size);
char *memory_copy_text(const char *text);

#endif
