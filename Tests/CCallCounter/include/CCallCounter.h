#pragma once
#include <stdbool.h>
#include <stdint.h>

// Whether a sanitizer is built in, whose own functions stand where these would.
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
#define ZB_SANITIZED 1
#else
#define ZB_SANITIZED 0
#endif

/// How many of the system calls that metering makes (open, read, getsockopt, sendmsg, recvmsg) the calling thread has
/// made since it was started.
uint64_t metering_calls_of_this_thread(void);
/// Whether anything is counted: not in a build with a sanitizer.
bool metering_calls_are_counted(void);
