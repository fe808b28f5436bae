import Glibc

/// Packets whose freeing a CPU has put off (net.core.skb_defer_max): it frees them when it next receives something. Until
/// then they hold the memory they lie in, also that of a queue that was closed long ago.
public enum DeferredPackets {
  /// Has each CPU that this process may use receive a datagram over the loopback interface, and so free its packets. Where
  /// that interface is down nothing happens.
  public static func free() {
    for cpu in (try? allowedCPUs()) ?? [] {
      do throws(SystemCallError) {
        let thread = try PinnedThread(name: "free-packets", cpu: cpu) { refusal in
          if refusal == nil { sendToItself() }
        }
        thread.join()
      } catch {
        // Without threads a server would not get any further either.
        return
      }
    }
  }

  /// The loopback interface hands a packet to the CPU that sent it.
  private static func sendToItself() {
    let number = socket(AF_INET, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard number >= 0 else { return }
    defer { close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard bind(number, address, length) == 0, getsockname(number, address, &length) == 0 else { return }
        var byte: UInt8 = 0
        _ = sendto(number, &byte, 1, 0, address, length)
      }
    }
  }
}
