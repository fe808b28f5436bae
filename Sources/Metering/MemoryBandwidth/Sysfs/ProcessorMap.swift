/// Which CPUs are on line, and which socket each of them is in.
struct ProcessorMap: Sendable {
  /// Ascending.
  let online: [Int]
  private let sockets: [Int: Int]

  /// Reads /sys/devices/system/cpu.
  init(_ tree: SystemTree) {
    let folder = "/sys/devices/system/cpu"
    online = tree.text("\(folder)/online").flatMap(CPUMask.parse) ?? []
    var sockets: [Int: Int] = [:]
    for cpu in online {
      // -1 on machines whose firmware does not tell (arm64 without PPTT).
      let package = tree.text("\(folder)/cpu\(cpu)/topology/physical_package_id").flatMap { Int($0) } ?? 0
      sockets[cpu] = max(0, package)
    }
    self.sockets = sockets
  }

  /// True as well where the machine does not tell which CPUs are.
  func isOnline(_ cpu: Int) -> Bool { online.isEmpty || sockets[cpu] != nil }

  /// 0 for a CPU that is not on line.
  func socket(of cpu: Int) -> Int { sockets[cpu] ?? 0 }
}
