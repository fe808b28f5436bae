/// The machine's last-level caches (Documentation/ABI/testing/sysfs-devices-system-cpu).
enum CacheFacts {
  /// Bytes of all of them together; nil where the kernel does not tell.
  static func lastLevelBytes(in tree: SystemTree) -> UInt64? {
    let folder = "/sys/devices/system/cpu"
    var caches: [String: UInt64] = [:]
    for cpu in tree.text("\(folder)/online").flatMap(CPUMask.parse) ?? [] {
      var last: (level: Int, cpus: String, size: UInt64)?
      for index in tree.names(in: "\(folder)/cpu\(cpu)/cache") where index.hasPrefix("index") {
        let path = "\(folder)/cpu\(cpu)/cache/\(index)"
        guard let level = tree.text("\(path)/level").flatMap({ Int($0) }), level > last?.level ?? 0,
          let size = tree.text("\(path)/size").flatMap(bytes), let cpus = tree.text("\(path)/shared_cpu_list")
        else { continue }
        last = (level, cpus, size)
      }
      if let last { caches[last.cpus] = last.size }
    }
    return caches.isEmpty ? nil : caches.values.reduce(0, +)
  }

  /// "491520K".
  private static func bytes(_ text: String) -> UInt64? {
    let digits = text.prefix(while: \.isNumber)
    switch text.dropFirst(digits.count) {
    case "K": return UInt64(digits).map { $0 << 10 }
    case "M": return UInt64(digits).map { $0 << 20 }
    case "": return UInt64(digits)
    default: return nil
    }
  }
}
