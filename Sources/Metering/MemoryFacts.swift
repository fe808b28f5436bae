import CLinux
import Glibc
import Linux

/// Memory of the machine as far as receive buffers ask for it.
public struct MemoryFacts: Sendable, Equatable {
  /// Bytes a program can still have without swapping (MemAvailable); nil where /proc does not tell.
  public var available: UInt64?
  /// Whether sysfs is there to tell of huge pages; where it is not, nothing follows from what is nil.
  public var hasMemorySysfs: Bool
  /// Bytes of memory there are (MemTotal); nil where /proc does not tell.
  public var total: UInt64?
  /// Huge pages of 2 MiB in the kernel's pool, and those nobody uses; nil where the kernel has no such pages.
  public var hugePages: UInt64?
  public var freeHugePages: UInt64?
  /// /dev/udmabuf is there, which makes a dma-buf of memory.
  public var hasDMABufferDevice: Bool
  /// Its device number, "10 125", where the kernel has udmabuf, whether /dev shows it or not.
  public var dmaBufferDeviceNumber: String?
  /// Most bytes of one such dma-buf (module parameter size_limit_mb); nil where the module is not there.
  public var largestDMABuffer: UInt64?

  public init(
    available: UInt64? = nil, total: UInt64? = nil, hugePages: UInt64? = nil, freeHugePages: UInt64? = nil,
    hasDMABufferDevice: Bool = false, dmaBufferDeviceNumber: String? = nil, largestDMABuffer: UInt64? = nil,
    hasMemorySysfs: Bool = true
  ) {
    self.hasMemorySysfs = hasMemorySysfs
    self.available = available
    self.total = total
    self.hugePages = hugePages
    self.freeHugePages = freeHugePages
    self.hasDMABufferDevice = hasDMABufferDevice
    self.dmaBufferDeviceNumber = dmaBufferDeviceNumber
    self.largestDMABuffer = largestDMABuffer
  }

  /// Reads this machine's.
  public static func read() -> MemoryFacts { read(root: "") }

  static func read(root: String) -> MemoryFacts {
    func number(_ path: String) -> UInt64? {
      var value: Int64 = 0
      return zb_read_number(root + path, &value) == 0 ? UInt64(exactly: value) : nil
    }
    func text(_ path: String) -> String? {
      do throws(SystemCallError) {
        return try TextFile.read(root + path, limit: 16_384)
      } catch {
        return nil
      }
    }
    let pool = "/sys/kernel/mm/hugepages/hugepages-2048kB"
    let meminfo = text("/proc/meminfo")
    return MemoryFacts(
      available: meminfo.flatMap { bytes("MemAvailable:", in: $0) },
      total: meminfo.flatMap { bytes("MemTotal:", in: $0) },
      hugePages: number("\(pool)/nr_hugepages"),
      freeHugePages: number("\(pool)/free_hugepages"),
      hasDMABufferDevice: access(root + "/dev/udmabuf", F_OK) == 0,
      dmaBufferDeviceNumber: text("/sys/class/misc/udmabuf/dev").map { number in
        number.map { $0 == ":" ? " " : String($0) }.joined().filter { !$0.isNewline }
      },
      largestDMABuffer: number("/sys/module/udmabuf/parameters/size_limit_mb").flatMap {
        $0 < 1 << 44 ? $0 << 20 : nil
      },
      hasMemorySysfs: access(root + "/sys/kernel/mm", F_OK) == 0)
  }

  /// "MemAvailable:   123 kB", in bytes.
  private static func bytes(_ name: String, in meminfo: String) -> UInt64? {
    meminfo.split(separator: "\n").first { $0.hasPrefix(name) }
      .flatMap { UInt64($0.dropFirst(name.count).filter(\.isNumber)) }.map { $0 << 10 }
  }
}
