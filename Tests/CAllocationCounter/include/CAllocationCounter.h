#pragma once
#include <stdint.h>

/// How often the calling thread has asked malloc and its kin for memory since it was started.
uint64_t allocations_of_this_thread(void);
/// How many bytes it has asked for; what it gave back is not taken off.
uint64_t allocated_bytes_of_this_thread(void);
