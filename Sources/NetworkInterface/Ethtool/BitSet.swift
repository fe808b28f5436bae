import CLibNetlink
import Linux

/// Bits by their names, as ethtool's messages list them (ETHTOOL_A_BITSET_*, not the compact form). A list with a mask
/// names the bits it is about and their values; one without names the bits that are set.
struct BitSet: Equatable {
  var bits: [String: Bool]

  var set: Set<String> { Set(bits.lazy.filter(\.value).map(\.key)) }

  init(_ bits: [String: Bool]) {
    self.bits = bits
  }

  init(_ attributes: NetlinkAttributes?) {
    let hasNoMask = attributes?.has(Int(ETHTOOL_A_BITSET_NOMASK)) ?? false
    bits = [:]
    for bit in attributes?.nested(Int(ETHTOOL_A_BITSET_BITS))?.nests(Int(ETHTOOL_A_BITSET_BITS_BIT)) ?? [] {
      // Bits that are no feature any more have an empty name.
      if let name = bit.text(Int(ETHTOOL_A_BITSET_BIT_NAME)), !name.isEmpty {
        bits[name] = hasNoMask || bit.has(Int(ETHTOOL_A_BITSET_BIT_VALUE))
      }
    }
  }

  func put(_ attribute: Int, into request: borrowing NetlinkMessage) throws(SystemCallError) {
    try request.nest(attribute) { request throws(SystemCallError) in
      try request.nest(Int(ETHTOOL_A_BITSET_BITS)) { request throws(SystemCallError) in
        for (name, value) in bits.sorted(by: { $0.key < $1.key }) {
          try request.nest(Int(ETHTOOL_A_BITSET_BITS_BIT)) { request throws(SystemCallError) in
            try request.put(Int(ETHTOOL_A_BITSET_BIT_NAME), name)
            if value { try request.put(flag: Int(ETHTOOL_A_BITSET_BIT_VALUE)) }
          }
        }
      }
    }
  }
}
