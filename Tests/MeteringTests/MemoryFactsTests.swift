import MeteringBench
import Testing

@testable import Metering

@Suite("Memory for receive buffers")
struct MemoryFactsTests {
  @Test("It is read from proc, sysfs and the device folder")
  func read() throws {
    let pool = "sys/kernel/mm/hugepages/hugepages-2048kB"
    let tree = try TemporaryTree([
      "proc/meminfo": "MemTotal:  9 kB\nMemAvailable:   2048 kB\nBuffers: 1 kB\n",
      "\(pool)/nr_hugepages": "10\n", "\(pool)/free_hugepages": "7\n",
      "sys/module/udmabuf/parameters/size_limit_mb": "64\n", "dev/udmabuf": "",
    ])
    defer { tree.remove() }
    #expect(
      MemoryFacts.read(root: tree.root)
        == MemoryFacts(
          available: 2048 << 10, total: 9 << 10, hugePages: 10, freeHugePages: 7, hasDMABufferDevice: true,
          largestDMABuffer: 64 << 20))
  }

  @Test("What is not there is nil")
  func empty() throws {
    let tree = try TemporaryTree([:])
    defer { tree.remove() }
    #expect(MemoryFacts.read(root: tree.root) == MemoryFacts(hasMemorySysfs: false))
  }

  @Test("A kernel without huge pages of 2 MiB is told from one that does not tell")
  func withoutHugePages() throws {
    let tree = try TemporaryTree(["sys/kernel/mm/numa/demotion_enabled": "false\n"])
    defer { tree.remove() }
    #expect(MemoryFacts.read(root: tree.root) == MemoryFacts())
  }
}
