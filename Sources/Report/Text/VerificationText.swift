/// What comparing every byte found, and what it cost.
enum VerificationText {
  static func line(for verification: VerificationReport) -> TextLine {
    let cost = "\(verification.cpuSeconds.text(decimals: 3)) CPU-s spent on comparing"
    guard let offset = verification.firstWrongOffset else {
      return TextLine("     Verify: \(verification.checkedBytes.counted("byte")) checked, every byte right; \(cost)")
    }
    let stream = verification.wrongStream.map { " of stream \(TransferRow.label(of: $0))" } ?? ""
    return TextLine(
      "     Verify: *** WRONG BYTE *** first at offset \(offset)\(stream); "
        + "\(verification.checkedBytes.counted("byte")) checked; \(cost)", .alarm)
  }
}
