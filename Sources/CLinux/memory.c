#define _GNU_SOURCE
#include "memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mman.h>
#include <linux/udmabuf.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static int map(size_t size, int protection, int flags, int fd, uint64_t offset, void **memory) {
  void *mapped = mmap(NULL, size, protection, flags, fd, (off_t)offset);
  if (mapped == MAP_FAILED) return -errno;
  if (madvise(mapped, size, MADV_DONTFORK) < 0) {
    int error = errno;
    munmap(mapped, size);
    return -error;
  }
  *memory = mapped;
  return 0;
}

int zb_map_memory(size_t size, int huge_pages, void **memory) {
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge_pages ? MAP_HUGETLB | MAP_HUGE_2MB : 0);
  return map(size, PROT_READ | PROT_WRITE, flags, -1, 0, memory);
}

int zb_map_file(int fd, uint64_t offset, size_t size, int writable, void **memory) {
  return map(size, PROT_READ | (writable ? PROT_WRITE : 0), MAP_SHARED | MAP_POPULATE, fd, offset, memory);
}

int zb_sealed_memory_file(const char *name, uint64_t size) {
  int fd = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (fd < 0) return -errno;
  if (ftruncate(fd, (off_t)size) < 0 || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK) < 0) {
    int error = errno;
    close(fd);
    return -error;
  }
  return fd;
}

int zb_dmabuf(int memory_file, uint64_t size) {
  int device = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
  if (device < 0) return -errno;
  struct udmabuf_create request = {
      .memfd = (uint32_t)memory_file,
      .flags = UDMABUF_FLAGS_CLOEXEC,
      .offset = 0,
      .size = size,
  };
  int fd = ioctl(device, UDMABUF_CREATE, &request);
  int error = errno;
  close(device);
  return fd < 0 ? -error : fd;
}
