import Glibc
import MeteringBench
import Testing

@testable import Metering

@Suite("Facts about the machine")
struct MachineFactsTests {
  @Test("This machine's facts are there and agree with uname")
  func thisMachine() {
    let facts = MachineFacts.read()
    #expect(!facts.host.isEmpty)
    #expect(!facts.cpuModel.isEmpty)
    #expect(facts.onlineCPUs >= 1)
    #expect(facts.defaultCongestion != "unknown")
    #expect(!facts.defaultCongestion.contains { $0.isWhitespace })
    #expect(facts.system.hasPrefix("Linux \(facts.host) \(facts.kernel) "))
    #expect(facts.system.hasSuffix(" \(facts.architecture)"))
    #expect(!facts.system.contains("\0"))
  }

  @Test("What cannot be read is unknown, not a failure")
  func missingFiles() {
    let facts = MachineFacts.read(proc: "/nonexistent")
    #expect(facts.cpuModel == "unknown")
    #expect(facts.defaultCongestion == "unknown")
    #expect(facts.kernel == MachineFacts.read().kernel)
  }

  @Test("Files are taken from the tree they are asked of")
  func fakeTree() throws {
    let tree = try TemporaryTree([
      "cpuinfo": "processor\t: 0\nmodel name\t: Test CPU @ 1 GHz\n\nprocessor\t: 1\nmodel name\t: Another\n",
      "sys/net/ipv4/tcp_congestion_control": "dctcp\n",
    ])
    defer { tree.remove() }
    let facts = MachineFacts.read(proc: tree.root)
    #expect(facts.cpuModel == "Test CPU @ 1 GHz")
    #expect(facts.defaultCongestion == "dctcp")
  }

  @Test("Empty files tell nothing")
  func emptyFiles() throws {
    let tree = try TemporaryTree(["cpuinfo": "", "sys/net/ipv4/tcp_congestion_control": "\n"])
    defer { tree.remove() }
    let facts = MachineFacts.read(proc: tree.root)
    #expect(facts.cpuModel == "unknown")
    #expect(facts.defaultCongestion == "unknown")
  }

  @Test(
    "The processor's name is found in every architecture's cpuinfo",
    arguments: [
      ("model name\t: AMD EPYC 9B14\nCPU part\t: x", "AMD EPYC 9B14"),
      ("CPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\n", "Arm Neoverse N1"),
      ("CPU implementer\t: 0x41\nCPU part\t: 0xfff\n", "Arm implementer 0x41 part 0xfff"),
      ("processor\t: 0\ncpu\t\t: POWER9, altivec supported\n", "POWER9, altivec supported"),
      ("cpu model\t\t: MIPS 24Kc V7.4\n", "MIPS 24Kc V7.4"),
      ("hart\t: 0\nuarch\t: sifive,u74-mc\n", "sifive,u74-mc"),
      ("Hardware\t: BCM2835\nModel\t\t: Raspberry Pi 4 Model B\n", "Raspberry Pi 4 Model B"),
      ("model name\t:   \nHardware : Board  \n", "Board"),
      ("CPU implementer\t: 0x41\n", nil),
      ("no colon here\n:\n: :\n", nil),
    ] as [(String, String?)])
  func processorNames(text: String, name: String?) {
    #expect(ProcessorModel.name(cpuinfo: text) == name)
  }
}
