import CLibNetlink
import Glibc
import Linux
import SystemPackage

/// The link of an interface and what is attached to it (rtnetlink(7), RTM_GETLINK).
public struct LinkState: Sendable, Equatable {
  /// Set up by the administrator (IFF_UP).
  public var isUp: Bool
  /// Whether there is a signal on the wire; nil where the kernel does not tell.
  public var hasCarrier: Bool?
  /// How often the carrier came and went since the interface is there; nil where the kernel does not tell.
  public var carrierChanges: Int?
  /// "up", "down", "dormant", … (RFC 2863); "unknown" for interfaces that do not keep it, as lo.
  public var operationalState: String
  /// Bytes.
  public var mtu: Int
  /// The hardware address in use, "02:fc:00:00:00:01"; nil where there is none.
  public var address: String?
  /// The one burnt in; nil where there is none.
  public var permanentAddress: String?
  /// The XDP program attached; nil where there is none.
  public var expressDataPath: ExpressDataPathProgram?
  /// Megabits per second; nil where it is unknown.
  public var speed: Int?

  public init(
    isUp: Bool, hasCarrier: Bool? = nil, carrierChanges: Int? = nil, operationalState: String = "unknown",
    mtu: Int = 1500, address: String? = nil,
    permanentAddress: String? = nil, expressDataPath: ExpressDataPathProgram? = nil, speed: Int? = nil
  ) {
    self.isUp = isUp
    self.hasCarrier = hasCarrier
    self.carrierChanges = carrierChanges
    self.operationalState = operationalState
    self.mtu = mtu
    self.address = address
    self.permanentAddress = permanentAddress
    self.expressDataPath = expressDataPath
    self.speed = speed
  }
}

/// XDP programs of an interface (IFLA_XDP).
public struct ExpressDataPathProgram: Sendable, Equatable {
  /// Where it runs (IFLA_XDP_ATTACHED).
  public enum Mode: UInt8, Sendable, Equatable {
    case driver = 1
    case generic = 2
    case hardware = 3
    case several = 4
  }

  public var mode: Mode
  /// Ids as `bpftool prog` lists them: one, or several with `Mode.several`.
  public var programs: [UInt32]

  public init(mode: Mode, programs: [UInt32]) {
    self.mode = mode
    self.programs = programs
  }
}

extension LinkState {
  /// Reads the contents of an RTM_NEWLINK message; nil where it is none.
  init?(link part: ArraySlice<UInt8>) {
    let attributes = NetlinkAttributes(part.dropFirst(MemoryLayout<ifinfomsg>.size))
    guard let flags = part.number(UInt32.self, at: 8) else { return nil }
    self.init(
      isUp: flags & UInt32(IFF_UP) != 0, hasCarrier: attributes.number(IFLA_CARRIER).map { $0 != 0 },
      carrierChanges: attributes.count(IFLA_CARRIER_CHANGES),
      operationalState: LinkState.stateName(attributes.number(IFLA_OPERSTATE)),
      mtu: attributes.count(IFLA_MTU) ?? 0, address: LinkState.text(attributes.bytes(IFLA_ADDRESS)),
      permanentAddress: LinkState.text(attributes.bytes(IFLA_PERM_ADDRESS)),
      expressDataPath: attributes.nested(IFLA_XDP).flatMap(ExpressDataPathProgram.init))
  }

  /// IF_OPER_* of linux/if.h.
  private static func stateName(_ number: UInt64?) -> String {
    switch number {
    case 1: "not present"
    case 2: "down"
    case 3: "lower layer down"
    case 4: "testing"
    case 5: "dormant"
    case 6: "up"
    default: "unknown"
    }
  }

  private static func text(_ address: ArraySlice<UInt8>?) -> String? {
    guard let address, !address.isEmpty else { return nil }
    return address.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined(separator: ":")
  }
}

extension ExpressDataPathProgram {
  init?(_ attributes: NetlinkAttributes) {
    guard let mode = attributes.number(Int(IFLA_XDP_ATTACHED)).flatMap({ UInt8(exactly: $0) }).flatMap(Mode.init)
    else { return nil }
    let single = attributes.identifier(Int(IFLA_XDP_PROG_ID))
    let several = [IFLA_XDP_DRV_PROG_ID, IFLA_XDP_SKB_PROG_ID, IFLA_XDP_HW_PROG_ID]
      .compactMap { attributes.identifier(Int($0)) }
    self.init(mode: mode, programs: single.map { [$0] } ?? several)
  }
}
