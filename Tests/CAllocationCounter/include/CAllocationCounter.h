#pragma once
#include <stdbool.h>
#include <stdint.h>

// Whether a sanitizer is built in, whose own functions stand where these would.
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZB_SANITIZED 1
#else
#define ZB_SANITIZED 0
#endif

/// How often the calling thread has asked malloc and its kin for memory since it was started.
uint64_t allocations_of_this_thread(void);
/// How many bytes it has asked for; what it gave back is not taken off.
uint64_t allocated_bytes_of_this_thread(void);
/// Whether anything is counted: not in a build with a sanitizer.
bool allocations_are_counted(void);
