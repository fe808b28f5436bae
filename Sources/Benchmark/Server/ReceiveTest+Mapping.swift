import Glibc
import Report

/// Mapped or copied, for a test that receives with TCP_ZEROCOPY_RECEIVE.
extension ReceiveTest {
  /// - Parameter omitted: bytes per stream that do not count.
  func accountForMapping(omitted: [UInt64], in report: inout RunReport) {
    var total = ByteBounds(exactly: 0)
    for (index, stream) in streams.enumerated() {
      let bytes = MappedBytes(
        mapped: stream.proven, received: stream.bytes, omitted: index < omitted.count ? omitted[index] : 0,
        mappedBefore: index < provenBeforeOmission.count ? provenBeforeOmission[index] : 0,
        mappedAfter: index < provenAtOmission.count ? provenAtOmission[index] : 0, longestCall: longestMapping)
      let received = stream.bytes - min(stream.bytes, bytes.omitted)
      report.streams[index].copyAccount = ReceiveTest.account(mapped: bytes.counted, received: received)
      total = total + bytes.counted
    }
    let received = report.received?.bytes ?? 0
    report.copyAccount = ReceiveTest.account(mapped: total, received: received)
    report.notes += MappingNote.sentences(
      mapped: streams.reduce(0) { $0 + $1.proven }, received: streams.reduce(0) { $0 + $1.bytes },
      segments: Set(report.streams.compactMap { $0.tcp?.receiveMss }), page: sysconf(Int32(_SC_PAGESIZE)))
  }

  private static func account(mapped: ByteBounds, received: UInt64) -> CopyAccount {
    CopyAccount(
      copied: mapped.remainder(of: received), zeroCopied: mapped, discarded: 0,
      method: "TCP_ZEROCOPY_RECEIVE mapped whole pages into user memory, recv() copied the rest")
  }
}
