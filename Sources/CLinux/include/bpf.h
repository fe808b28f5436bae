#pragma once
#include <stdint.h>

/// One instruction of BPF, as bpf(2) takes it.
struct zb_bpf_instruction {
  uint8_t code;
  /// The destination in the lower four bits, the source in the upper.
  uint8_t registers;
  int16_t offset;
  int32_t immediate;
};

/// A program to load (BPF_PROG_LOAD).
struct zb_bpf_program {
  /// BPF_PROG_TYPE_* and the attach type it is made for.
  uint32_t type, attach_type;
  /// The function in the kernel's BTF that a tracing program is attached to; 0 for others.
  uint32_t attach_btf_id;
  const struct zb_bpf_instruction *instructions;
  uint32_t count;
  const char *license;
  /// At most 15 characters.
  const char *name;
};

/// Creates a hash of 8-byte values (BPF_MAP_TYPE_HASH) that takes memory for what is in it. Returns a close-on-exec
/// descriptor or -errno.
int zb_bpf_create_hash(uint32_t key_size, uint32_t entries, const char *name);
/// Each returns 0 or -errno.
int zb_bpf_set(int map, const void *key, uint64_t value);
int zb_bpf_remove(int map, const void *key);

/// Creates memory of `size` bytes, a multiple of a page's, that programs and this process share (BPF_MAP_TYPE_ARRAY of one
/// value with BPF_F_MMAPABLE, Linux 5.5), and maps it at `*memory` for reading. Returns a close-on-exec descriptor or -errno.
int zb_bpf_create_memory(uint32_t size, const char *name, const void **memory);

/// Returns a close-on-exec descriptor or -errno; what the verifier said of a refusal is left in `log`, terminated.
int zb_bpf_load(const struct zb_bpf_program *program, char *log, uint32_t log_size);

/// Attach a program for as long as the descriptor that is returned is open, or -errno: behind the return of all `count`
/// symbols (BPF_TRACE_KPROBE_MULTI), to a perf event, or to the function it was loaded for (fexit).
int zb_bpf_link_returns(int program, const char *const *symbols, uint32_t count);
int zb_bpf_link_event(int program, int event);
int zb_bpf_link_exit(int program);

/// Calls of a program that the kernel left out because it ran already on that CPU (Linux 5.12). Returns 0 or -errno.
int zb_bpf_program_missed(int program, uint64_t *missed);
/// Hits that a link of zb_bpf_link_returns (`is_event` 0) or zb_bpf_link_event (1) missed. Returns 0, -ENODATA where the
/// kernel does not say (before Linux 6.7), or -errno.
int zb_bpf_link_missed(int link, int is_event, uint64_t *missed);

/// Opens the return of a kernel function as a perf event: of `thread` on every CPU, or of every thread on `cpu` where
/// `thread` is -1. `type` and `return_bit` come from /sys/bus/event_source/devices/kprobe. Returns a close-on-exec
/// descriptor or -errno.
int zb_open_return_probe(uint32_t type, uint32_t return_bit, const char *symbol, int thread, int cpu);
/// How often it was hit. Returns 0 or -errno.
int zb_read_probe(int event, uint64_t *hits);

/// The kernel's number of the device that holds this process's PID namespace, which is not stat(2)'s, and the namespace's
/// inode. Returns 0 or -errno.
int zb_pid_namespace(uint64_t *device, uint64_t *inode);
/// The calling thread, as its PID namespace numbers it (gettid(2)).
int32_t zb_thread_id(void);
