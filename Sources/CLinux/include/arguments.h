#pragma once

/// What main() of this program was given, kept before anything else ran. The Swift runtime reads /proc/self/cmdline, which a
/// chroot or a container may not have.
int zb_argument_count(void);
/// The argument at `index`, 0 to `zb_argument_count()` - 1, the program's name first.
const char *zb_argument(int index);
