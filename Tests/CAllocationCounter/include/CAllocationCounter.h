#pragma once
#include <stdint.h>

/// How often the calling thread has asked malloc and its kin for memory since it was started.
uint64_t allocations_of_this_thread(void);
