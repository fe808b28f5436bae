#define _GNU_SOURCE
#include "bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

_Static_assert(sizeof(struct zb_bpf_instruction) == sizeof(struct bpf_insn), "one instruction");

static int bpf(int command, union bpf_attr *attributes) {
  long result = syscall(SYS_bpf, command, attributes, sizeof *attributes);
  return result < 0 ? -errno : (int)result;
}

static uint64_t address(const void *pointer) { return (uint64_t)(uintptr_t)pointer; }

static void copy_name(char *to, const char *name) { memcpy(to, name, strnlen(name, BPF_OBJ_NAME_LEN - 1)); }

int zb_bpf_create_hash(uint32_t key_size, uint32_t entries, const char *name) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_HASH;
  attributes.key_size = key_size;
  attributes.value_size = sizeof(uint64_t);
  attributes.max_entries = entries;
  attributes.map_flags = BPF_F_NO_PREALLOC;
  copy_name(attributes.map_name, name);
  return bpf(BPF_MAP_CREATE, &attributes);
}

int zb_bpf_create_memory(uint32_t size, const char *name, const void **memory) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(uint32_t);
  attributes.value_size = size;
  attributes.max_entries = 1;
  attributes.map_flags = BPF_F_MMAPABLE;
  copy_name(attributes.map_name, name);
  int map = bpf(BPF_MAP_CREATE, &attributes);
  if (map < 0) return map;
  void *mapping = mmap(NULL, size, PROT_READ, MAP_SHARED, map, 0);
  if (mapping == MAP_FAILED) {
    int error = errno;
    close(map);
    return -error;
  }
  *memory = mapping;
  return map;
}

static int element(int command, int map, const void *key, const uint64_t *value) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.map_fd = (uint32_t)map;
  attributes.key = address(key);
  attributes.value = address(value);
  return bpf(command, &attributes);
}

int zb_bpf_set(int map, const void *key, uint64_t value) { return element(BPF_MAP_UPDATE_ELEM, map, key, &value); }
int zb_bpf_remove(int map, const void *key) { return element(BPF_MAP_DELETE_ELEM, map, key, NULL); }

int zb_bpf_load(const struct zb_bpf_program *program, char *log, uint32_t log_size) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.prog_type = program->type;
  attributes.expected_attach_type = program->attach_type;
  attributes.attach_btf_id = program->attach_btf_id;
  attributes.insns = address(program->instructions);
  attributes.insn_cnt = program->count;
  attributes.license = address(program->license);
  copy_name(attributes.prog_name, program->name);
  log[0] = 0;
  int result = bpf(BPF_PROG_LOAD, &attributes);
  if (result >= 0 || result == -EPERM) return result;
  // Once more, for the verifier's words.
  attributes.log_buf = address(log);
  attributes.log_size = log_size;
  attributes.log_level = 1;
  int again = bpf(BPF_PROG_LOAD, &attributes);
  log[log_size - 1] = 0;
  return again >= 0 ? again : result;
}

// The members that Debian 12's linux/bpf.h lacks in union bpf_attr's link_create are none; those of bpf_link_info are
// below (include/uapi/linux/bpf.h of Linux 6.7).
int zb_bpf_link_returns(int program, const char *const *symbols, uint32_t count) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = (uint32_t)program;
  attributes.link_create.attach_type = BPF_TRACE_KPROBE_MULTI;
  attributes.link_create.kprobe_multi.flags = BPF_F_KPROBE_MULTI_RETURN;
  attributes.link_create.kprobe_multi.cnt = count;
  attributes.link_create.kprobe_multi.syms = address(symbols);
  return bpf(BPF_LINK_CREATE, &attributes);
}

int zb_bpf_link_event(int program, int event) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = (uint32_t)program;
  attributes.link_create.target_fd = (uint32_t)event;
  attributes.link_create.attach_type = BPF_PERF_EVENT;
  return bpf(BPF_LINK_CREATE, &attributes);
}

int zb_bpf_link_exit(int program) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.link_create.prog_fd = (uint32_t)program;
  attributes.link_create.attach_type = BPF_TRACE_FEXIT;
  return bpf(BPF_LINK_CREATE, &attributes);
}

// Returns how many bytes the kernel filled in, or -errno.
static int information(int descriptor, void *information, uint32_t size) {
  union bpf_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.info.bpf_fd = (uint32_t)descriptor;
  attributes.info.info = address(information);
  attributes.info.info_len = size;
  int result = bpf(BPF_OBJ_GET_INFO_BY_FD, &attributes);
  return result < 0 ? result : (int)attributes.info.info_len;
}

int zb_bpf_program_missed(int program, uint64_t *missed) {
  struct bpf_prog_info info;
  memset(&info, 0, sizeof info);
  int size = information(program, &info, sizeof info);
  if (size < 0) return size;
  if ((size_t)size < offsetof(struct bpf_prog_info, recursion_misses) + sizeof info.recursion_misses) return -ENODATA;
  *missed = info.recursion_misses;
  return 0;
}

struct link_information {
  uint32_t type, id, program_id, padding;
  union {
    struct {
      uint64_t addresses;
      uint32_t count, flags;
      uint64_t missed;
    } returns;
    struct {
      uint32_t type, padding;
      uint64_t name;
      uint32_t name_length, offset;
      uint64_t address, missed;
    } event;
  };
};
_Static_assert(offsetof(struct link_information, returns.missed) == 32, "bpf_link_info.kprobe_multi.missed");
_Static_assert(offsetof(struct link_information, event.missed) == 48, "bpf_link_info.perf_event.kprobe.missed");

int zb_bpf_link_missed(int link, int is_event, uint64_t *missed) {
  struct link_information info;
  memset(&info, 0, sizeof info);
  int size = information(link, &info, sizeof info);
  if (size < 0) return size;
  // A kernel before 6.7 fills in less, or nothing behind the first members.
  if ((size_t)size < (is_event ? 56 : 40) || (is_event ? info.event.type : info.returns.count) == 0) return -ENODATA;
  *missed = is_event ? info.event.missed : info.returns.missed;
  return 0;
}

int zb_open_return_probe(uint32_t type, uint32_t return_bit, const char *symbol, int thread, int cpu) {
  struct perf_event_attr attributes;
  memset(&attributes, 0, sizeof attributes);
  attributes.size = sizeof attributes;
  attributes.type = type;
  attributes.config = 1ull << return_bit;
  attributes.kprobe_func = address(symbol);
  long fd = syscall(SYS_perf_event_open, &attributes, thread, thread < 0 ? cpu : -1, -1, PERF_FLAG_FD_CLOEXEC);
  return fd < 0 ? -errno : (int)fd;
}

int zb_read_probe(int event, uint64_t *hits) {
  ssize_t size = read(event, hits, sizeof *hits);
  if (size < 0) return -errno;
  return size == (ssize_t)sizeof *hits ? 0 : -ENODATA;
}

int zb_pid_namespace(uint64_t *device, uint64_t *inode) {
  struct stat status;
  if (stat("/proc/self/ns/pid", &status) != 0) return -errno;
  // MKDEV of include/linux/kdev_t.h.
  *device = (uint64_t)major(status.st_dev) << 20 | minor(status.st_dev);
  *inode = status.st_ino;
  return 0;
}

int32_t zb_thread_id(void) { return (int32_t)syscall(SYS_gettid); }
