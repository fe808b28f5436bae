import MeteringBench
import Testing

@testable import Metering

@Suite("CPUs and what they share")
struct CPUTopologyTests {
  @Test("Nodes, siblings and CPUs that are offline are read as sysfs has them (constructed)")
  func read() throws {
    let cpu = "sys/devices/system/cpu"
    let tree = try TemporaryTree([
      "\(cpu)/present": "0-5\n", "\(cpu)/online": "0-2,4\n",
      "\(cpu)/cpu0/topology/thread_siblings_list": "0,2\n", "\(cpu)/cpu2/topology/thread_siblings_list": "0,2\n",
      "\(cpu)/cpu1/topology/thread_siblings_list": "1\n",
      "sys/devices/system/node/node0/cpulist": "0,2\n", "sys/devices/system/node/node1/cpulist": "1,4\n",
    ])
    defer { tree.remove() }
    let topology = CPUTopology.read(root: tree.root)
    #expect(topology.present == [0, 1, 2, 3, 4, 5] && topology.online == [0, 1, 2, 4])
    #expect(topology.shareCore(0, 2) && !topology.shareCore(0, 1) && topology.shareCore(4, 4))
    #expect(topology.shareNode(1, 4) && !topology.shareNode(0, 1))
    #expect(topology.siblings[4] == nil)
  }

  @Test("A kernel that tells nothing has CPUs of one node")
  func empty() throws {
    let tree = try TemporaryTree([:])
    defer { tree.remove() }
    let topology = CPUTopology.read(root: tree.root)
    #expect(topology.present == [] && topology.online == [] && topology.shareNode(0, 7) && !topology.shareCore(0, 7))
  }

  @Test("This machine's CPUs are online, and share a core with themselves")
  func here() {
    let topology = CPUTopology.read()
    #expect(!topology.online.isEmpty && Set(topology.online).isSubset(of: topology.present))
    for (cpu, threads) in topology.siblings { #expect(threads.contains(cpu)) }
  }
}
