/// The name of the processor model in /proc/cpuinfo, whose keys differ between architectures.
enum ProcessorModel {
  /// Nil where the text names no model.
  static func name(cpuinfo text: String) -> String? {
    var fields: [Substring: String] = [:]
    for line in text.split(separator: "\n") {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let key = line[..<colon].trimmed()
      let value = line[line.index(after: colon)...].trimmed()
      if !value.isEmpty, fields[key] == nil { fields[key] = String(value) }
    }
    // x86 and LoongArch ("model name", "Model Name"), MIPS ("cpu model"), POWER ("cpu"), RISC-V ("uarch"), and boards
    // that name only themselves ("Model", "Hardware").
    if let name = fields["model name"] ?? fields["Model Name"] ?? fields["cpu model"] { return name }
    if let name = armName(fields) { return name }
    return fields["cpu"] ?? fields["uarch"] ?? fields["Model"] ?? fields["Hardware"]
  }

  /// 64-bit Arm kernels print identification registers (MIDR_EL1) instead of a name.
  private static func armName(_ fields: [Substring: String]) -> String? {
    guard let implementer = fields["CPU implementer"], let part = fields["CPU part"] else { return nil }
    return armNames["\(implementer) \(part)"] ?? "Arm implementer \(implementer) part \(part)"
  }

  /// The server cores among the numbers in the kernel's arch/arm64/include/asm/cputype.h.
  private static let armNames = [
    "0x41 0xd08": "Arm Cortex-A72",
    "0x41 0xd0c": "Arm Neoverse N1",
    "0x41 0xd40": "Arm Neoverse V1",
    "0x41 0xd49": "Arm Neoverse N2",
    "0x41 0xd4f": "Arm Neoverse V2",
    "0xc0 0xac3": "Ampere AmpereOne",
  ]
}

extension Substring {
  fileprivate func trimmed() -> Substring {
    let rest = drop(while: \.isWhitespace)
    return rest.lastIndex { !$0.isWhitespace }.map { rest[...$0] } ?? rest[rest.startIndex..<rest.startIndex]
  }
}
