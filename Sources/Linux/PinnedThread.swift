import CLinux
import Glibc

/// An operating-system thread, by wish bound to one CPU. It must be joined or detached.
public struct PinnedThread: ~Copyable {
  private let handle: pthread_t

  /// - Parameters:
  ///   - name: shown by ps and top, at most 15 bytes (pthread_setname_np(3)).
  ///   - cpu: the CPU to bind to; nil leaves it to the scheduler.
  ///   - body: runs on the thread; it is given the kernel's refusal of the binding, which is no reason not to run.
  public init(
    name: String, cpu: Int?, _ body: @escaping @Sendable (SystemCallError?) -> Void
  ) throws(SystemCallError) {
    let start = Unmanaged.passRetained(
      Start {
        zb_name_thread(name)
        body(cpu.flatMap(PinnedThread.refusalToPin))
      })
    var handle = pthread_t()
    let error = pthread_create(&handle, nil, PinnedThread.main, start.toOpaque())
    guard error == 0 else {
      start.release()
      throw SystemCallError(
        attempt: "start a thread", call: "pthread_create", errno: .init(rawValue: error),
        advice: "raise the limit of processes (ulimit -u) or use fewer workers or streams")
    }
    self.handle = handle
  }

  public consuming func join() {
    pthread_join(handle, nil)
  }

  /// Lets it run on alone until the process ends.
  public consuming func detach() {
    pthread_detach(handle)
  }

  private static let main: @convention(c) (UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? = { start in
    if let start { Unmanaged<Start>.fromOpaque(start).takeRetainedValue().run() }
    return nil
  }

  private static func refusalToPin(to cpu: Int) -> SystemCallError? {
    do throws(SystemCallError) {
      try checkedAnswer("sched_setaffinity", to: "bind a thread to CPU \(cpu)") { zb_pin_to_cpu(Int32(cpu)) }
      return nil
    } catch {
      return error
    }
  }

  private final class Start {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
}

/// The CPUs this thread may run on, lowest first.
public func allowedCPUs() throws(SystemCallError) -> [Int] {
  let capacity = 1024  // CPU_SETSIZE
  var cpus = [Int32](repeating: 0, count: capacity)
  let count = try checkedAnswer("sched_getaffinity", to: "learn which CPUs may be used") {
    zb_allowed_cpus(&cpus, Int32(capacity))
  }
  return cpus.prefix(Int(count)).map(Int.init)
}
