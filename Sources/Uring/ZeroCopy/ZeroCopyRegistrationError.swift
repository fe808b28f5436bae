import Linux
import SystemPackage

/// A zero-copy queue the kernel would not give: which step, with what, and the bare errno. What an errno means on this
/// machine depends on driver and settings and is explained by whoever knows those: the kernel gives no words with it.
public struct ZeroCopyRegistrationError: Error, Sendable, Equatable {
  /// The steps, in order.
  public enum Step: String, Sendable {
    case ring
    /// Making the memory packets are received into.
    case area
    /// Making the refill ring's memory.
    case region
    /// IORING_REGISTER_ZCRX_IFQ.
    case registration
    /// Mapping the refill ring's memory where it is the kernel's. The ring has the queue already and keeps it until it
    /// is closed.
    case regionMapping
  }

  public let step: Step
  /// The call that was refused.
  public let call: String
  /// Of the last and plainest attempt.
  public let errno: Errno
  /// What was asked for.
  public let options: ZeroCopyQueueOptions
  /// What had been given up by then, each with the errno that made us.
  public let dropped: [DroppedField]
  /// What the user can do; nil for refused registrations.
  public let advice: String?

  init(
    step: Step, call: String, errno: Errno, options: ZeroCopyQueueOptions, dropped: [DroppedField] = [],
    advice: String? = nil
  ) {
    self.step = step
    self.call = call
    self.errno = errno
    self.options = options
    self.dropped = dropped
    self.advice = advice
  }

  init(step: Step, _ error: SystemCallError, options: ZeroCopyQueueOptions, dropped: [DroppedField] = []) {
    self.init(
      step: step, call: error.call, errno: error.errno, options: options, dropped: dropped, advice: error.advice)
  }
}

extension ZeroCopyRegistrationError: CustomStringConvertible {
  public var description: String {
    let source =
      switch options.source {
      case .device(let index, let queue): "queue \(queue) of interface \(index)"
      case .noDevice: "a zero-copy queue without a device"
      }
    let given =
      dropped.isEmpty
      ? "" : ", nor without " + dropped.map { "\($0.field.rawValue) (\($0.errno.name))" }.joined(separator: " and ")
    return "cannot receive from \(source) into \(options.areaSize) bytes of \(options.areaKind.rawValue): "
      + "\(call): \(errno)\(given)" + (advice.map { " — \($0)" } ?? "")
  }
}
