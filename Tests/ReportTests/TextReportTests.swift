import Testing

@testable import Report

@Suite("A run as text")
struct TextReportTests {
  @Test("A receiver says who came, how it receives, and where each connection runs")
  func serverStart() {
    expect(
      TextReport(role: .server).startLines(ExampleRuns.server()),
      """
      Accepted connection from 192.0.2.1 port 34938
      Receiving with epoll (asked for auto: no interface was named)
      Test: 2 streams, blocks of 524288 bytes, the first 1 s omitted, 1 s
      [  1] local 192.0.2.2 port 5201 connected to 192.0.2.1 port 34948
      [  3] local 192.0.2.2 port 5201 connected to 192.0.2.1 port 34962
      [ ID] Interval           Transfer     Bitrate
      """)
  }

  @Test("A receiver's intervals have a row a stream and a sum, and say which do not count")
  func serverIntervals() {
    let intervals = ExampleRuns.server().intervals
    expect(
      intervals.flatMap(TextReport(role: .server).intervalLines),
      """
      [  1]   0.00-0.50   sec  1000 Bytes   16.0 Kbits/sec                     (omitted)
      [  3]   0.00-0.50   sec  1.95 KBytes  32.0 Kbits/sec                     (omitted)
      [SUM]   0.00-0.50   sec  2.93 KBytes  48.0 Kbits/sec                     (omitted)
      [  1]   0.00-0.50   sec   286 MBytes  4.80 Gbits/sec
      [  3]   0.00-0.50   sec   191 MBytes  3.20 Gbits/sec
      [SUM]   0.00-0.50   sec   477 MBytes  8.00 Gbits/sec
      - - - - - - - - - - - - - - - - - - - - - - - - -
      [  1]   0.50-1.03   sec   286 MBytes  4.57 Gbits/sec
      [  3]   0.50-1.03   sec   189 MBytes  3.03 Gbits/sec
      [SUM]   0.50-1.03   sec   476 MBytes  7.59 Gbits/sec
      """)
  }

  @Test("A single stream needs no sum and no separators")
  func singleStream() {
    var interval = ExampleRuns.server().intervals[2]
    interval.streams.removeLast()
    expect(
      TextReport(role: .server).intervalLines(interval),
      "[  1]   0.50-1.03   sec   286 MBytes  4.57 Gbits/sec")
  }

  @Test("A receiver's summary ends in the original tool's four lines, the processor, and where it ran")
  func serverSummary() {
    expect(
      TextReport(role: .server, verbose: true).summaryLines(ExampleRuns.server()),
      """
      - - - - - - - - - - - - - - - - - - - - - - - - -
      [ ID] Interval           Transfer     Bitrate
      [  1]   0.00-1.00   sec   572 MBytes  4.80 Gbits/sec                     sender
      [  1]   0.00-1.03   sec   572 MBytes  4.68 Gbits/sec                     receiver
      [  3]   0.00-1.00   sec   380 MBytes  3.19 Gbits/sec                     sender
      [  3]   0.00-1.03   sec   380 MBytes  3.11 Gbits/sec                     receiver
      [SUM]   0.00-1.00   sec   952 MBytes  7.99 Gbits/sec                     sender
      [SUM]   0.00-1.03   sec   952 MBytes  7.79 Gbits/sec                     receiver

       copy bytes: 998621880
         ZC bytes: 0
      Total bytes: 998621880, nsec: 1025219375
             Rate: 7.79 Gb/s
              CPU: receiver 43.1 % (user 1.2, system 41.9), 0.475 CPU-s/GiB; \
      machine 93.7 % of 200 % incl. softirq 24.4, irq 1.0; idle 104.4 (iowait 2.9), stolen 2.0 %; \
      sender 97.6 % (user 0.5, system 97.1)
             Cost: 463.9 us/MiB, 18.08 Gb/s per busy CPU; \
      machine 1.032 CPU-s/GiB, 1008.0 us/MiB, 8.32 Gb/s per busy CPU
             CPUs: CPU 0 served softirq of interrupt 145 of queue 20, 61 % busy (softirq 54 %); \
      CPU 1 ran worker 0 and served softirq of stream 3, 68 % busy (softirq 5 %)
            Limit: the sender's CPU — a CPU of the sender was full: \
      sender CPU 3 98 % busy (softirq 5 %), worker 0 97 %; \
      receiver CPU 0 61 % busy (softirq 55 %, stolen 2 %), worker 0 43 %; \
      TCP waited for the window 2 % and for the send buffer 31 % of the time it had data; \
      8 segments retransmitted; 40 % of the rate asked for
        Disturbed: server: frequency: CPU 1 went from 3700 to 3200 MHz, 13.5 % less (limit 5 %)
        Disturbed: server: throttle: CPU 1 or its package got too hot 2 times and was slowed down (limit 0)
           Method: recv() copies every byte
          Omitted: 3000 bytes of the first 1 s, in no figure above
           Verify: 998621880 bytes checked, every byte right; 0.125 CPU-s spent on comparing
          Waiting: polls for 50 µs (the ring, the queue's NAPI); collects completions for 20 µs, or 4096
          Waiting: interrupts are not held back meanwhile: constructed
        Placement: worker 0: CPU 1 of node 1: on the node of CPU 0, which serves queue 20
             Mode: receiving with epoll (asked for auto: no interface was named)
             Host: receiver, Linux 6.18.44 x86_64, CPU AMD EPYC 9454, 2 online, zcrx-bench 1.2.3
        Interface: eth1 (named with -i), driver bnxt_en 6.18.44 with firmware 229.1.123.0, MTU 1500, 100000 Mb/s, \
      offloads GRO TSO GSO, rings of 1023 in and 511 out, \
      data split on beyond 0 bytes
              TCP: congestion control bbr (default cubic; the other side used bbr), MSS 1448 out and 1448 in, \
      buffers 16384 out and 131072 in, path MTU 1500, smallest round trip 51 to 53 us
          Network: eth1 in 689666 packets of 1044137000 bytes, out 20000 of 1320000; \
      dropped 0 in and 0 out, missed 3, errors 0 in and 0 out
          Machine: no hypervisor; governor performance; SMT off; 2 NUMA nodes; the interface's is node 1; IOMMU ivhd0; \
      the interface's group 17 of type DMA-FQ; mitigations for retbleed spectre_v2; vulnerable to mds
       Stream [  1]: bbr; round trip 60 us, smallest 51; MSS in 1448; buffers 16384 out and 131072 in; \
      window offered 65536; out of order 3; dropped 1
       Stream [  3]: bbr; round trip 60 us, smallest 53; MSS in 1448; buffers 16384 out and 131072 in; \
      window offered 65536; out of order 3; dropped 1
       Rx queue 20: NAPI 8213, polled by thread 4711, interrupt 145, on CPU 0; packets 689654, bytes 1044136156, \
      allocation failures 2, drops 3, overruns 1, joined by hardware 20000, of wire packets 620000
        Rx others: packets 12
        Tx queues: packets 20000, stops 0
        Page pool: 41 of queue 20, memory of an io_uring, 1023 pages out, allocations 700000 fast and 0 slow, \
      ring empty 0, recycled 0 to the cache and 0 to the ring, ring full 0, given up in use 0
        Worker   0: on CPU 1, streams 1 3, user 0.012 s, system 0.430 s, 1905 calls, \
      switches 12 voluntary and 3 involuntary, page faults 17 minor and 0 major
       Call sizes: 1905 samples, smallest 1448, median 524288, 99 % within 524288, largest 524288 bytes
      Sample late: 3 samples, smallest 11, median 14, 99 % within 90, largest 90 us
       Not judged: server: traffic: what the run's interface counted is not known
          CPU   0: NUMA node 1, user 0.01, system 0.05, irq 0.01, softirq 0.55, idle 0.38 (iowait 0.02), stolen 0.02 s
          CPU   1: NUMA node 1, user 0.09, system 0.55, irq 0.00, softirq 0.05, idle 0.33 (iowait 0.01), stolen 0.00 s; \
      3700 MHz at the begin and 3200 at the end
             NAPI: 8213 of queue 20: defer-hard-irqs 100, gro-flush-timeout 200000 ns, irq-suspend-timeout 0 ns
             Note: the interval of 0.5 s was asked for
      """)
  }

  @Test("Workers and distributions stay out of a report that is not verbose")
  func brief() {
    let lines = TextReport(role: .server).summaryLines(ExampleRuns.server())
    let detail = ["Worker", "Call sizes", "Sample late", "Rx queue", "Page pool", "Machine:", "CPU   0", "Stream ["]
    #expect(!lines.contains { line in detail.contains { line.contains($0) } })
    // CPUs, limit, interface and network are one line each, whatever the machine is like.
    var bare = ExampleRuns.server()
    bare.cpus = []
    bare.network = nil
    bare.load = nil
    bare.environment.interface = nil
    #expect(lines.count - TextReport(role: .server).summaryLines(bare).count == 4)
  }

  @Test("A sender's rows show retransmissions and the congestion window")
  func clientTable() {
    let report = ExampleRuns.client()
    let text = TextReport(role: .client)
    expect(
      text.startLines(report).suffix(1) + text.intervalLines(report.intervals[0]),
      """
      [ ID] Interval           Transfer     Bitrate         Retr  Cwnd
      [  1]   0.00-0.50   sec   286 MBytes  4.80 Gbits/sec    2    767 KBytes
      [  3]   0.00-0.50   sec   191 MBytes  3.20 Gbits/sec    2    767 KBytes
      [SUM]   0.00-0.50   sec   477 MBytes  8.00 Gbits/sec    4
      """)
    let summary = text.summaryLines(report)
    #expect(summary[1] == "[ ID] Interval           Transfer     Bitrate         Retr")
    #expect(summary.contains("[SUM]   0.00-1.00   sec   952 MBytes  7.99 Gbits/sec    8                sender"))
    #expect(summary.contains("[SUM]   0.00-1.03   sec   952 MBytes  7.79 Gbits/sec                     receiver"))
    #expect(summary.contains { $0.hasPrefix("        CPU: sender 43.1 %") && $0.contains("receiver 74.3 %") })
  }

  @Test("A raw stream stopped early is marked first and last, and its bounds are never printed as points")
  func partialRaw() {
    expect(
      TextReport(role: .server).summaryLines(ExampleRuns.partialRaw()),
      """
      - - - - - - - - - - - - - - - - - - - - - - - - -
      *** PARTIAL: interrupted by SIGINT ***
      [ ID] Interval           Transfer     Bitrate
      [  1]   0.00-1.03   sec   952 MBytes  7.79 Gbits/sec                     receiver

       copy bytes: 1938872 to 2000000
         ZC bytes: 996621880 to 996683008
      Total bytes: 998621880, nsec: 1025219375
             Rate: 7.79 Gb/s
              CPU: receiver 43.1 % (user 1.2, system 41.9), 0.475 CPU-s/GiB; machine unknown
             Cost: 463.9 us/MiB, 18.08 Gb/s per busy CPU
            Limit: unknown — the figures at hand do not tell: the sender tells nothing of its CPUs; \
      the receiver's CPUs were not measured
           Method: the kernel's copy counter leaves out linear parts
         Queue 20: 128 MiB of ordinary pages, buffers of 4096 bytes, 32768 refill and 32768 completion entries; \
      243804 completions, median 4096 bytes; at most 1024 in the refill ring; 0 flushes; events: ALLOC_FAIL 2, COPY 7; \
      the kernel counts 1938872 bytes copied out of 1339 fragments
          Arrival: queue 20 and its page pool io_uring's at begin and end, 689654 packets, 1046139720 bytes; \
      other queues: 25 packets, 2650 bytes
             Mode: receiving with zc (asked for -i eth1 -q 20)
             Host: receiver, Linux 6.18.44 x86_64, CPU AMD EPYC 9454, 2 online, zcrx-bench 1.2.3
              TCP: congestion control bbr (default cubic), MSS 1448 out and 1448 in, \
      buffers 16384 out and 131072 in, path MTU 1500, smallest round trip 51 us
             Note: the interval of 0.5 s was asked for
      *** PARTIAL: interrupted by SIGINT ***
      """)
  }

  @Test("Bytes that were discarded are labelled in every row and every total")
  func discard() {
    let report = ExampleRuns.discarding()
    let text = TextReport(role: .server, receiveMode: "discard")
    let label = "not received into user memory"
    #expect(text.startLines(report)[1].hasSuffix(label))
    for line in text.intervalLines(report.intervals[2]) where line.contains(" sec ") {
      #expect(line.hasSuffix("(\(label))"))
    }
    let summary = text.summaryLines(report)
    let totals = summary.filter {
      $0.contains(" receiver (") || $0.hasPrefix("Total bytes") || $0.hasPrefix("       Rate")
        || $0.hasPrefix("  Discarded")
    }
    #expect(totals.count == 6)
    for line in totals { #expect(line.contains(label), "\(line)") }
    #expect(!summary.contains { $0.hasSuffix(" receiver") })
  }

  @Test("The same is said of a run whose account alone shows that bytes were discarded")
  func discardByAccount() {
    var report = ExampleRuns.discarding()
    report.settings.mode = nil
    let total = TextReport(role: .client).summaryLines(report).filter { $0.hasPrefix("Total bytes") }
    #expect(total == ["Total bytes: 998621880, nsec: 1025219375 (not received into user memory)"])
  }

  @Test("A sender whose receiver never told shows its own account and says so")
  func receiverUnknown() {
    var report = ExampleRuns.client()
    report.outcome = Outcome(.failed, reason: "the server closed the control connection")
    report.received = nil
    report.copyAccount = nil
    for index in report.streams.indices { report.streams[index].received = nil }
    report.streams[1].failure = "connection reset by peer"
    let summary = TextReport(role: .client).summaryLines(report)
    let account = "the sender's account: the receiver's never arrived"
    for line in [
      "*** FAILED: the server closed the control connection ***",
      "[  3] the receiver's account never arrived",
      "[  3] *** FAILED: connection reset by peer ***",
      " copy bytes: unknown (the receiver did not tell)",
      "   ZC bytes: unknown (the receiver did not tell)",
      "Total bytes: 998621880, nsec: 1000200000 (\(account))",
      "       Rate: 7.99 Gb/s (\(account))",
    ] {
      #expect(summary.contains(line), "\(line)")
    }
    #expect(!summary.contains { $0.hasSuffix(" receiver") })
  }

  @Test("Nothing known is nothing printed: no account of either side, no connection's state")
  func nothingKnown() {
    var report = ExampleRuns.server()
    report.sent = nil
    report.received = nil
    report.copyAccount = CopyAccount(copied: nil, zeroCopied: nil, discarded: 0, method: "no counter on this kernel")
    report.streams = []
    report.peerCongestion = nil
    report.processor.machine = nil
    report.processor.peer = nil
    let summary = TextReport(role: .server).summaryLines(report)
    for line in [
      " copy bytes: unknown (no counter on this kernel)",
      "Total bytes: unknown (neither side's account is known)",
      "       Rate: unknown",
      "        CPU: receiver 43.1 % (user 1.2, system 41.9); machine unknown",
      "        TCP: no connection's state could be read; default congestion control cubic",
    ] {
      #expect(summary.contains(line), "\(line)")
    }
  }

  @Test("A wrong byte is told with its place and what looking for it cost")
  func wrongByte() {
    var report = ExampleRuns.server()
    report.verification = VerificationReport(
      checkedBytes: 4096, firstWrongOffset: 1234, wrongStream: 3, cpuSeconds: 0.5)
    #expect(
      TextReport(role: .server).summaryLines(report).contains(
        "     Verify: *** WRONG BYTE *** first at offset 1234 of stream [  3]; 4096 bytes checked; "
          + "0.500 CPU-s spent on comparing"))
  }

  @Test("Bytes that were sent and never received are told", arguments: [(400, "400 fewer"), (-7, "7 more")])
  func difference(missing: Int, words: String) {
    var report = ExampleRuns.client()
    report.received?.bytes = UInt64(Int(ExampleRuns.totalBytes) - missing)
    #expect(differences(in: report) == [" Difference: sent 998621880 bytes, received \(words)"])
    report.settings.omit = 1
    #expect(
      differences(in: report) == [
        " Difference: sent 998621880 bytes, received \(words): each side ended the omitted seconds by its own clock"
      ])
  }

  @Test("What a client does not count although it arrived is its account's, and no alarm")
  func undercount() {
    var report = ExampleRuns.server()
    report.settings.omit = 0
    report.sent?.bytes = ExampleRuns.totalBytes - 7
    #expect(
      differences(in: report) == [
        " Difference: sent 998621873 bytes, received 7 more: the client's account lacks them"
      ])
  }

  private func differences(in report: RunReport) -> [String] {
    TextReport(role: .client).summaryLines(report).filter { $0.hasPrefix(" Difference") }
  }

  private func expect(
    _ lines: some Sequence<String>, _ text: String, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let expected = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    let lines = Array(lines)
    #expect(lines.count == expected.count, sourceLocation: sourceLocation)
    for (line, expectation) in zip(lines, expected) { #expect(line == expectation, sourceLocation: sourceLocation) }
  }
}
