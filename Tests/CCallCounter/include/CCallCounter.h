#pragma once
#include <stdint.h>

/// How many of the system calls that metering makes (open, read, getsockopt, sendmsg, recvmsg) the calling thread has
/// made since it was started.
uint64_t metering_calls_of_this_thread(void);
