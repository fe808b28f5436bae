import CLinux
import SystemPackage

extension Errno {
  /// Its name in errno(3), "EINVAL"; "errno 4095" for a number without one.
  public var name: String {
    zb_error_name(rawValue).map { String(cString: $0) } ?? "errno \(rawValue)"
  }
}
