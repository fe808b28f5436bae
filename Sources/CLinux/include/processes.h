#pragma once

/// Starts a program that shares nothing with this one: a session of its own, `input` as its standard input, `output` as
/// the other two, no further descriptor, the root as its working directory, termination signals blocked. It lives in the
/// namespaces of the calling thread. Returns its process id or -errno.
int zb_spawn_detached(const char *path, char *const arguments[], int input, int output);

/// Writes one line to the system's log (syslog(3)), where there is one.
void zb_log(const char *text);

/// Gives up every capability of the calling thread but CAP_NET_ADMIN, for good: its bounding and ambient sets too, and what a
/// program that it executes would gain. Returns 0 or -errno.
int zb_keep_net_admin_alone(void);

/// Gives up CAP_BPF and CAP_PERFMON in the calling thread. Returns 0 or -errno.
int zb_drop_tracing_capabilities(void);
