// Calls that Swift's Glibc module lacks or that need C headers Swift must not see (liburing.h).
#pragma once
#include <stdint.h>
#include "bpf.h"
#include "copying.h"
#include "counters.h"
#include "errors.h"
#include "events.h"
#include "files.h"
#include "memory.h"
#include "interfaces.h"
#include "namespaces.h"
#include "pipes.h"
#include "processes.h"
#include "ring.h"
#include "sockets.h"
#include "threads.h"
#include "transmit.h"
