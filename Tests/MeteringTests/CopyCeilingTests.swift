import Linux
import MeteringBench
import Testing

@testable import Metering

@Suite("The copy ceiling")
struct CopyCeilingTests {
  private func cache(_ size: String, cpus: [(Int, String)]) -> [String: String] {
    var files = ["/sys/devices/system/cpu/online": "0-3\n", "/proc/meminfo": "MemAvailable:   16777216 kB\n"]
    for (cpu, shared) in cpus {
      let folder = "/sys/devices/system/cpu/cpu\(cpu)/cache"
      files["\(folder)/index0/level"] = "1\n"
      files["\(folder)/index0/size"] = "48K\n"
      files["\(folder)/index0/shared_cpu_list"] = "\(cpu)\n"
      files["\(folder)/index3/level"] = "3\n"
      files["\(folder)/index3/size"] = "\(size)\n"
      files["\(folder)/index3/shared_cpu_list"] = "\(shared)\n"
    }
    return files
  }

  @Test("What is copied is four times the last-level caches, each counted once")
  func size() throws {
    let tree = try TemporaryTree(cache("98304K", cpus: [(0, "0-1"), (1, "0-1"), (2, "2-3"), (3, "2-3")]))
    defer { tree.remove() }
    let plan = CopyPlan.choose(root: tree.root)
    #expect(plan == CopyPlan(size: 4 * 192 << 20, cache: 192 << 20))
    #expect(!plan.fitsCaches)
    let own = CopyPlan.choose(size: 64 << 20, root: tree.root)
    #expect(own.size == 64 << 20)
    #expect(own.fitsCaches)
  }

  @Test("Small and unknown caches ask for 256 MiB, little memory for less, and that is told")
  func bounds() throws {
    let small = try TemporaryTree(cache("2M", cpus: [(0, "0-3")]))
    defer { small.remove() }
    #expect(CopyPlan.choose(root: small.root).size == 256 << 20)
    var files = cache("98304K", cpus: [(0, "0-3")])
    files["/proc/meminfo"] = "MemAvailable:     262144 kB\n"
    let poor = try TemporaryTree(files)
    defer { poor.remove() }
    let plan = CopyPlan.choose(root: poor.root)
    #expect(plan.size == 64 << 20)
    #expect(plan.fitsCaches)
    let unknown = try TemporaryTree(["/proc/meminfo": "MemAvailable:   16777216 kB\n"])
    defer { unknown.remove() }
    #expect(CopyPlan.choose(root: unknown.root) == CopyPlan(size: 256 << 20, cache: nil))
  }

  @Test("The middle of the rates is one of them")
  func median() {
    func ceiling(_ rates: [Double]) -> CopyCeiling { CopyCeiling(threads: 1, rates: rates, copied: 0) }
    #expect(ceiling([1, 2, 9]).median == 2)
    #expect(ceiling([1, 2, 3, 9]).median == 2)
    #expect(ceiling([]).median == 0)
  }

  @Test("Every CPU copies its block in each repetition, and the counters see it")
  func measures() throws {
    let tree = try TemporaryTree(try PlatformFixture("intel-skylake-client").files)
    defer { tree.remove() }
    let bench = CounterBench()
    let meter = try MemoryBandwidthMeter.open(root: tree.root, opener: bench).meter()
    let cpus = try allowedCPUs()
    let ceiling = try CopyCeiling.measure(cpus: cpus, blockSize: 1 << 20, repetitions: 3, meter: meter)
    #expect(ceiling.threads == cpus.count)
    #expect(ceiling.rates.count == 3)
    #expect(ceiling.rates == ceiling.rates.sorted())
    #expect(ceiling.rates.allSatisfy { $0 > 0 && $0.isFinite })
    #expect(ceiling.copied == UInt64(3 * cpus.count) << 20)
    #expect(ceiling.traffic?.total == 0)
  }

  @Test("Memory that is not there is the kernel's refusal, and no thread is left waiting")
  func noMemory() throws {
    let error = #expect(throws: SystemCallError.self) {
      try CopyCeiling.measure(cpus: try allowedCPUs(), blockSize: 1 << 46, repetitions: 1)
    }
    #expect(error?.errno == .noMemory)
    #expect(error?.advice?.contains("--size") == true)
  }

  @Test("A CPU that there is not is refused")
  func noCPU() {
    let error = #expect(throws: SystemCallError.self) {
      try CopyCeiling.measure(cpus: [1023], blockSize: 4096, repetitions: 1)
    }
    #expect(error?.call == "sched_setaffinity")
  }
}
