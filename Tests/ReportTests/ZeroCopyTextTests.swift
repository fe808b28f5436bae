import Testing

@testable import Report

@Suite("Zero-copy receive as text")
struct ZeroCopyTextTests {
  @Test("The memory of each queue is told before anything is received, and what it was refused")
  func opening() {
    let lines = TextReport(role: .server).startLines(ExampleRuns.zeroCopy())
    #expect(
      lines.suffix(5) == [
        "Queue 20: 128 MiB of ordinary pages, buffers of 4096 bytes, 32768 refill and 32768 completion entries",
        "    Refused: Queue 20 has no buffers of 65536 bytes (EINVAL); 4096 instead",
        "Queue 21: 192 KiB of dma-buf, buffers of 4096 bytes, 32768 refill and 32768 completion entries",
        "    Refused: Queue 21 has no events and the kernel's count of copied bytes (EINVAL); Linux 7.2 has them",
        "[ ID] Interval           Transfer     Bitrate",
      ])
  }

  @Test("An interval's sum carries the zero-copied share: a point where it is exact, nothing where it is not known")
  func intervals() {
    let sums = ExampleRuns.zeroCopy().intervals.flatMap(TextReport(role: .server).intervalLines).filter {
      $0.contains("zc ") || $0.hasPrefix("[SUM]")
    }
    #expect(
      sums == [
        "[SUM]   0.00-0.50   sec  2.93 KBytes  48.0 Kbits/sec                     (omitted) zc 0.0 %",
        "[SUM]   0.00-0.50   sec   477 MBytes  8.00 Gbits/sec                     zc 50.0 to 60.0 %",
        "[SUM]   0.50-1.03   sec   476 MBytes  7.59 Gbits/sec",
      ])
  }

  @Test("A single stream's row carries it itself")
  func singleStream() {
    var interval = ExampleRuns.zeroCopy().intervals[1]
    interval.streams.removeLast()
    interval.zeroCopied = ByteBounds(atLeast: 297_330_000, atMost: 300_000_000)
    #expect(
      TextReport(role: .server).intervalLines(interval) == [
        "[  1]   0.00-0.50   sec   286 MBytes  4.80 Gbits/sec                     zc 99.1 to 100.0 %"
      ])
  }

  @Test(
    "A share is rounded outwards, and exact ones are all or nothing only where they are",
    arguments: [
      (ByteBounds(atLeast: 0, atMost: 1), 3000, "0.0 to 0.1 %"),
      (ByteBounds(atLeast: 2999, atMost: 3000), 3000, "99.9 to 100.0 %"),
      (ByteBounds(atLeast: 998, atMost: 999), 1000, "99.8 to 99.9 %"),
      (ByteBounds(exactly: 0), 3000, "0.0 %"), (ByteBounds(exactly: 1), 3000, "0.1 %"),
      (ByteBounds(exactly: 2999), 3000, "99.9 %"), (ByteBounds(exactly: 3000), 3000, "100.0 %"),
      (ByteBounds(exactly: .max), .max, "100.0 %"), (ByteBounds(exactly: 0), 0, nil),
    ] as [(ByteBounds, UInt64, String?)])
  func shares(bounds: ByteBounds, bytes: UInt64, text: String?) {
    #expect(bounds.share(of: bytes) == text)
  }

  @Test(
    "The closing block has bounds, lost bytes, every queue's memory and counters, every stream, and the causes last")
  func summary() {
    let report = ExampleRuns.zeroCopy()
    let lines = TextReport(role: .server).summaryLines(report)
    let expected = """
       copy bytes: 408621880 to 498621880
         ZC bytes: 500000000 to 590000000
      Total bytes: 998621880, nsec: 1025219375
             Rate: 7.79 Gb/s
             Lost: 4096 bytes of stream [  1] arrived and could not be read; they are in no figure above
         Queue 20: 128 MiB of ordinary pages, buffers of 4096 bytes, 32768 refill and 32768 completion entries; \
      243804 completions, median 4096 bytes; at most 1024 in the refill ring and 17 waiting for room in it; 0 flushes; \
      armed again 1 x completion queue full, 2 x no buffer for a copy, 3 x memory of another ring, 4 x watchdog, \
      5 x other; 4 stalls cured; 5 completion overflows; events: ALLOC_FAIL 2, COPY 7; the kernel counts 10000000 bytes copied out of 2442 fragments; \
      398621880 bytes taken with recv()
          Refused: Queue 20 has no buffers of 65536 bytes (EINVAL); 4096 instead
         Queue 21: 192 KiB of dma-buf, buffers of 4096 bytes, 32768 refill and 32768 completion entries; \
      0 completions; at most 1024 in the refill ring; 1 flush; the kernel does not count copies
          Refused: Queue 21 has no events and the kernel's count of copied bytes (EINVAL); Linux 7.2 has them
          Arrival: queue 20 and its page pool io_uring's at begin and end, 689654 packets, 1046139720 bytes; \
      queue 21 io_uring's at begin, not at end, its page pool at begin, not known at end, not counted; \
      other queues: 275292 packets, 416791040 bytes; not known: page pools: none names the queue's NAPI; \
      not known: queue counters: the driver does not count all, or has begun anew
         Stream 1: ZC bytes 500000000 to 590000000, copy bytes 10000000 to 100000000
         Stream 3: ZC bytes 0, copy bytes 398621880; came in on queue 3 (NAPI 8196), none of ours
      Likely cause: wrong queue: steer them
      Likely cause: area exhausted: use a larger --area-size
      """.split(separator: "\n").map(String.init)
    let places = expected.map(lines.firstIndex(of:))
    for (line, place) in zip(expected, places) { #expect(place != nil, "\(line)") }
    let found = places.compactMap { $0 }
    #expect(found == found.sorted())
    #expect(lines.suffix(3).map { $0.prefix(12) } == ["Likely cause", "Likely cause", "*** FAILED: "])
  }

  @Test("Lost bytes are an alarm")
  func alarm() {
    let lines = TextReport(role: .server, colour: true).summaryLines(ExampleRuns.zeroCopy())
    #expect(lines.contains { $0.hasPrefix("\u{1b}[1;31m       Lost: 4096 bytes") })
  }

  @Test("Verbose adds where every stream came in, and the completions of each of several queues")
  func verbose() {
    let brief = TextReport(role: .server).summaryLines(ExampleRuns.partialRaw())
    let verbose = TextReport(role: .server, verbose: true)
    let raw = verbose.summaryLines(ExampleRuns.partialRaw())
    #expect(!brief.contains { $0.contains("Stream 1:") })
    #expect(raw.contains("   Stream 1: came in on queue 20 (NAPI 8213)"))
    #expect(!raw.contains { $0.contains(", completions: ") })
    let lines = verbose.summaryLines(ExampleRuns.zeroCopy())
    #expect(
      lines.contains(
        "Queue 20, completions: 243804 samples, smallest 12, median 4096, 99 % within 4096, largest 4096 bytes"))
    #expect(!lines.contains { $0.hasPrefix("Queue 21, completions") })
  }

  @Test("A stream whose queue is not known, and one whose account is not")
  func unknown() {
    var report = ExampleRuns.zeroCopy()
    report.streams[1].placement?.queue = nil
    report.streams[1].copyAccount?.zeroCopied = nil
    #expect(
      TextReport(role: .server).summaryLines(report).contains(
        "   Stream 3: ZC bytes unknown, copy bytes 398621880; came in on a queue that could not be found out (NAPI 8196), "
          + "none of ours"))
  }

  @Test("Without a device there are rings in place of queues, and everything was copied")
  func withoutDevice() {
    let lines = TextReport(role: .server).summaryLines(ExampleRuns.zeroCopyWithoutDevice())
    #expect(lines.contains(" copy bytes: 998621880"))
    #expect(lines.contains("   ZC bytes: 0"))
    #expect(lines.contains { $0.hasPrefix("     Ring 0: 128 MiB of huge pages, ") && $0.contains("; 120 flushes; ") })
  }

  @Test("Without a device nothing is said about queues of an interface")
  func noArrival() {
    let lines = TextReport(role: .server).summaryLines(ExampleRuns.zeroCopyWithoutDevice())
    #expect(!lines.contains { $0.contains("Arrival") })
  }

  @Test(
    "What is said of a queue's provider at two times",
    arguments: [
      (true, true, "and its page pool io_uring's at begin and end"),
      (false, false, "and its page pool io_uring's neither at begin nor at end"),
      (false, true, "and its page pool io_uring's at end, not at begin"),
      (nil, nil, "and its page pool io_uring's or not: not known"),
      (nil, false, "and its page pool io_uring's not at end, not known at begin"),
    ] as [(Bool?, Bool?, String)])
  func providers(begin: Bool?, end: Bool?, words: String) {
    var (arrival, queue) = (ArrivalReport(), QueueArrivalReport(queue: 1))
    (queue.boundAtBegin, queue.pooledAtBegin) = (begin, begin)
    (queue.boundAtEnd, queue.pooledAtEnd) = (end, end)
    arrival.queues = [queue]
    #expect(
      ArrivalText(arrival: arrival).line.text
        == "    Arrival: queue 1 \(words), not counted; other queues: not counted")
  }
}
