import Uring

/// What io_uring can do in a kernel, as lines.
enum KernelChecks {
  static func all(_ support: ZeroCopySupport) -> [Check] {
    [
      builtIn(support.isBuiltIn),
      option("several_queues", "several queues a ring", support.severalQueues),
      option("dmabuf_areas", "dma-buf areas", support.dmabufAreas),
      option("control_operations", "control operations", support.controls),
      option("flush", "flush of refill ring", support.flush),
      option("rx_buf_len", "larger buffers", support.rxBufLen),
      option("nodev", "without a device", support.nodev),
      option("events", "events, statistics", support.events),
      option("add_area", "areas added later", support.addArea),
      option("mixed_cqe", "mixed completions", support.mixedCQE),
    ]
  }

  private static func builtIn(_ capability: Capability) -> Check {
    let (name, title) = ("built_in", "built in")
    switch capability {
    case .present(let reason): return Check(name, title, .ok, reason)
    case .absent(let reason): return Check(name, title, .impossible, reason)
    // A ring nobody gives us is in the way, whatever the kernel could do.
    case .unknown(let reason): return Check(name, title, .problem, reason)
    }
  }

  private static func option(_ name: String, _ title: String, _ capability: Capability) -> Check {
    switch capability {
    case .present(let reason): Check(name, title, .ok, reason)
    case .absent(let reason): Check(name, title, .absent, reason)
    case .unknown(let reason): Check(name, title, .unknown, reason)
    }
  }
}
