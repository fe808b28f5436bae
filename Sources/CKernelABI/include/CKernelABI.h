// Kernel ABI that Debian 12's headers (6.1) do not have. Names are the kernel's own with a `zb_` prefix, so that a build
// against newer headers does not clash.
#pragma once
#include "busy_poll.h"
#include "capability_query.h"
#include "ethtool_commands.h"
#include "ethtool_netlink.h"
#include "netdev_netlink.h"
#include "ring_entries.h"
#include "ring_numbers.h"
#include "ring_words.h"
#include "zero_copy_receive.h"
