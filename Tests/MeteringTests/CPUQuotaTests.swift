import MeteringBench
import Testing

@testable import Metering

@Suite("What a quota of CPU time kept back")
struct CPUQuotaTests {
  private func quota(_ files: [String: String]) throws -> CPUQuota {
    let tree = try TemporaryTree(files)
    defer { tree.remove() }
    return CPUQuota.read(SystemTree(root: tree.root))
  }

  @Test("Version 2: the group and those above it, as far as they count")
  func version2() throws {
    let quota = try quota([
      "proc/self/cgroup": "0::/pod/box\n",
      "sys/fs/cgroup/cpu.stat": "usage_usec 5\nuser_usec 3\nsystem_usec 2\n",
      "sys/fs/cgroup/pod/cpu.stat": "usage_usec 5\nnr_periods 90\nnr_throttled 40\nthrottled_usec 1500000\n",
      "sys/fs/cgroup/pod/box/cpu.stat": "nr_periods 0\nnr_throttled 0\nthrottled_usec 0\n",
    ])
    #expect(
      quota.byGroup == [
        "/pod": CPUQuota.Throttling(periods: 40, seconds: 1.5),
        "/pod/box": CPUQuota.Throttling(periods: 0, seconds: 0),
      ])
  }

  @Test("Version 1 counts nanoseconds, in the hierarchy of its controllers", arguments: ["cpu", "cpu,cpuacct"])
  func version1(controllers: String) throws {
    let quota = try quota([
      "proc/self/cgroup": "4:memory:/box\n2:\(controllers):/box\n0::/\n",
      "sys/fs/cgroup/\(controllers)/box/cpu.stat": "nr_periods 9\nnr_throttled 4\nthrottled_time 250000000\n",
    ])
    #expect(quota.byGroup == ["/box": CPUQuota.Throttling(periods: 4, seconds: 0.25)])
  }

  @Test("A container sees its own group as the root; a path that leads out of it has nothing below")
  func container() throws {
    for path in ["/", "/../sibling"] {
      let quota = try quota([
        "proc/self/cgroup": "0::\(path)\n",
        "sys/fs/cgroup/cpu.stat": "nr_periods 9\nnr_throttled 4\nthrottled_usec 7\n",
      ])
      #expect(quota.byGroup == ["/": CPUQuota.Throttling(periods: 4, seconds: 7e-6)])
    }
  }

  @Test(
    "What is masked, or is something else, counts nothing",
    arguments: ["", "nr_throttled 4", "nr_throttled -1\nthrottled_usec 7", "nr_throttled\nthrottled_usec", "\u{0}"])
  func masked(text: String) throws {
    #expect(
      try quota(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.stat": text]).byGroup.isEmpty)
    #expect(try quota(["sys/fs/cgroup/cpu.stat": "nr_throttled 4\nthrottled_usec 7\n"]).byGroup.isEmpty)
  }

  @Test("The group that was held back longest is told; one that was not, or began anew, is not")
  func worst() {
    func quota(_ first: (UInt64, Double), _ second: (UInt64, Double)) -> CPUQuota {
      CPUQuota(byGroup: [
        "/a": .init(periods: first.0, seconds: first.1), "/a/b": .init(periods: second.0, seconds: second.1),
      ])
    }
    let before = quota((5, 1), (7, 2))
    #expect(before.worst(since: before) == nil)
    let after = quota((6, 1.5), (17, 4))
    #expect(after.worst(since: before)?.group == "/a/b")
    #expect(after.worst(since: before)?.throttling == CPUQuota.Throttling(periods: 10, seconds: 2))
    #expect(before.worst(since: after) == nil)
    #expect(after.worst(since: CPUQuota(byGroup: [:])) == nil)
  }
}
